import asyncio

import pytest
from starlette.responses import PlainTextResponse

from deepdep.serving.listening import Guard

GUARD = Guard(PlainTextResponse("in"), ["dep.example.org"])


def asked(headers) -> tuple[int, str]:
    """Status and body of what a request with these headers gets."""
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": pairs}
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("nothing is read")

    asyncio.run(GUARD(scope, receive, send))
    start, body = sent
    return start["status"], body["body"].decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1"},
        {"Host": "LOCALHOST:8080"},
        {"Host": "[::1]:8080"},
        {"Host": "dep.example.org"},
        {"Host": "localhost", "Origin": "https://dep.example.org"},
    ],
)
def test_this_machine_and_named_hosts_are_let_in(headers):
    assert asked(headers) == (200, "in")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Host": "evil.example"}, "another host"),
        ({"Host": "evil.example:127"}, "another host"),
        ({"Host": "evil.example@127.0.0.1.evil"}, "another host"),
        ({"Host": "sub.dep.example.org"}, "another host"),
        ({"Host": ""}, "another host"),
        ({}, "another host"),
        ({"Host": "[::1"}, "another host"),
        ({"Host": "localhost", "Origin": "null"}, "another site"),
        ({"Host": "localhost", "Origin": "http://localhost.evil.example"}, "another site"),
    ],
)
def test_all_others_are_not(headers, said):
    status, body = asked(headers)
    assert status == 403
    assert said in body

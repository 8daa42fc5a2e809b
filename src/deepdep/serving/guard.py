"""Who may ask: a page of another site, open in a user's browser, may not."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Guard:
    """Answers 403 to requests for another host, or from another site's page.

    A page cannot choose the ``Host`` and ``Origin`` that a browser sends, even where its own name
    was made to lead here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed = {host.lower().strip("[]") for host in (*LOOPBACK, *allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and (problem := self._problem(scope)):
            await JSONResponse({"error": f"request: {problem}"}, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope) -> str | None:
        named = [(key, value.decode("latin-1")) for key, value in scope["headers"]]
        hosts = [value for key, value in named if key == b"host"]
        if len(hosts) != 1 or _hostname(f"//{hosts[0]}") not in self._allowed:
            return "is for another host; start the server with --allowed-host NAME to serve it."
        origins = [value for key, value in named if key == b"origin"]
        if any(_hostname(origin) not in self._allowed for origin in origins):
            return "comes from a page of another site, which may not ask."
        return None


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None

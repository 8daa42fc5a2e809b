"""Requests made at random: each is answered, or refused in a line; none fails inside."""

import asyncio
import json
import math

import pytest
from hypothesis import note
from hypothesis import strategies as st

from deepdep.models.artifacts import load_predictor
from deepdep.serving.app import build_app
from deepdep.serving.service import PredictorService
from fuzzing import fuzz

HOST = "127.0.0.1"
MOST_MB = 1


@pytest.fixture(scope="module")
def app(trusted_folder):
    service = PredictorService(load_predictor(trusted_folder), {"name": "fuzzed"})
    return build_app(service, [HOST], MOST_MB)


def ask(app, method, path, headers, body):
    """Send a request without a network; what the application raises is raised."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    given = [(b"host", HOST.encode()), *headers]
    scope = {"type": "http", "method": method, "path": path, "headers": given, "scheme": "http"}
    scope |= {"query_string": b"", "raw_path": path.encode(), "client": (HOST, 1)}
    scope |= {"server": (HOST, 80), "http_version": "1.1", "root_path": ""}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


ODD_NAMES = (
    "", " ", "a\0b", "\u202e", "\ud800", "=cmd()", "<script>", "x" * 201, "x" * 70_000, "nan", "1",
    "expression:", ":TP53", "expression:TP53:TP53", "expression:NO_SUCH_GENE", "TCGA-AA-0001-01",
    "ACH-000001", "_source", "samples",
)  # fmt: skip
ODD_NUMBERS = (
    0, -1, 0.5, -0.0, 1e39, 1e308, 1e-320, -1e30, 2**63, -(2**63) - 1, 10**400, math.inf, -math.inf,
    math.nan,
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.sampled_from(ODD_NUMBERS), st.sampled_from(ODD_NAMES)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
KINDS = ("application/json", "application/json; charset=utf-8", "application/json; charset=utf-7",
         "text/csv", "text/plain", "", "\xff", "application/json" * 999)  # fmt: skip


def mostly(usual, odd):
    """Draw what is usual four times of five."""
    return st.integers(0, 4).flatmap(lambda draw: usual if draw else odd)


def requests(table, genes):
    """Draw method, path, headers and body, most of them of a request that could be answered."""
    names = st.sampled_from([*table.index[:4], "A", "B"]) | st.sampled_from(ODD_NAMES)
    columns = mostly(st.sampled_from(list(table.columns)), st.sampled_from(ODD_NAMES))
    numbers = mostly(st.none() | st.floats(-5, 5), SCALARS)

    @st.composite
    def documents(draw):
        unique = draw(st.booleans())
        of_samples = draw(mostly(st.lists(names, min_size=1, max_size=3, unique=unique), ANYTHING))
        of_columns = draw(
            mostly(st.lists(columns, min_size=1, max_size=9, unique=unique), ANYTHING)
        )
        shape = [len(part) if isinstance(part, list) else 1 for part in (of_samples, of_columns)]
        row = st.lists(numbers, min_size=shape[1], max_size=shape[1])
        values = draw(mostly(st.lists(row, min_size=shape[0], max_size=shape[0]), ANYTHING))
        inputs = {"samples": of_samples, "columns": of_columns, "values": values}
        asked_genes = st.lists(st.sampled_from([*genes[:5], *ODD_NAMES]), max_size=3)
        sources = st.lists(st.sampled_from(["tumor", "cell_line", "", "x"]), max_size=3)
        params = {"genes": asked_genes, "sources": sources, "allow_unknown": st.booleans()}
        document = {
            "inputs": draw(mostly(st.just(inputs), ANYTHING)),
            "params": draw(mostly(st.fixed_dictionaries({}, optional=params), ANYTHING)),
        }
        return draw(mostly(st.just(document), ANYTHING))

    as_json = documents().map(lambda document: json.dumps(document).encode("utf-8"))
    as_csv = documents().map(lambda document: csv_of(document))
    bodies = mostly(as_json | as_csv, st.binary(max_size=50))
    kind = mostly(st.sampled_from(KINDS[:4]), st.sampled_from(KINDS))
    accepts = st.sampled_from(
        ["*/*", "text/csv", "application/json;q=0.1, text/csv;q=x", ",;=", ""]
    )
    header = st.tuples(
        st.sampled_from([b"content-encoding", b"origin", b"x-odd", b"range", b"cookie"]),
        st.binary(max_size=20),
    )
    return st.tuples(
        mostly(st.just("POST"), st.sampled_from(["GET", "PUT", "OPTIONS", "BREW"])),
        mostly(st.just("/invocations"), st.sampled_from(["/", "/model", "/docs", "//", "/\u00e9"])),
        st.tuples(kind, accepts, mostly(st.just([]), st.lists(header, max_size=2))),
        st.tuples(bodies, st.integers(0, 9), st.integers(0, 10**6)).map(lambda drawn: cut(*drawn)),
    )


def csv_of(document):
    """Write a table of what should be lists, however odd it is."""
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, dict):
        return repr(document).encode("utf-8", "replace")
    columns, samples, values = (inputs.get(key) for key in ("columns", "samples", "values"))
    header, rows = columns if isinstance(columns, list) else [columns], [[values]]
    if isinstance(values, list):
        rows = [row if isinstance(row, list) else [row] for row in values]
    first = samples if isinstance(samples, list) else [samples] * len(rows)
    lines = [["", *header], *([name, *row] for name, row in zip(first, rows, strict=False))]
    return "\n".join(",".join(map(str, line)) for line in lines).encode("utf-8", "replace")


def cut(body, how, place):
    """Leave most bodies as they are; else cut one, or put a byte into it."""
    at = place % (len(body) + 1)
    return {0: body[:at], 1: body[:at] + b"\xff" + body[at:]}.get(how, body)


def test_whatever_is_sent_is_answered_or_refused_in_a_line(app, table, predictor, print_figures):
    drawn = requests(table, list(predictor.gene_scale.screened.index))

    def check(data):
        method, path, (kind, accept, further), body = data.draw(drawn)
        headers = [(b"content-type", kind.encode("latin-1")), (b"accept", accept.encode())]
        status, answer = ask(app, method, path, headers + further, body)
        note((status, answer[:500]))
        assert status < 500
        if status >= 400:
            (error,) = json.loads(answer).values()
            assert len(error.splitlines()) == 1
            assert len(error) < 1000

    fuzz("requests", check, print_figures)

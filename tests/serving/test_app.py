"""The endpoint as clients meet it: in a process of its own."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from io import StringIO
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest

from deepdep.io.manifest import manifest_sha256
from deepdep.models.artifacts import load_predictor
from deepdep.serving.app import preferred_format
from deepdep.serving.description import (
    Health,
    ModelDescription,
    PredictionAnswer,
    PredictionRequest,
    Refusal,
    Versions,
)

# A server takes seconds to start; one serves all the tests that ask it.
needs_server = pytest.mark.slow


def request_of(table, **params):
    values = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    inputs = {"samples": list(table.index), "columns": list(table.columns), "values": values}
    return {"inputs": inputs, "params": params} if params else {"inputs": inputs}


@pytest.fixture(scope="module")
def good(table):
    """A request for two samples that is answered."""
    return request_of(table.iloc[:2])


@pytest.fixture(scope="module")
def expected(some, trusted_folder):
    return load_predictor(trusted_folder).predict(some)


def effects_of(answer):
    predictions = answer.json["predictions"]
    return pd.DataFrame(predictions["effect"], predictions["samples"], predictions["genes"]["gene"])


@needs_server
def test_answers_are_what_deepdep_predict_says_to_the_last_bit(server, table, some, expected):
    answer = server.ask(body=request_of(table, sources=list(some.obs["source"])))
    assert answer.status == 200
    effects = effects_of(answer)
    assert list(effects.index) == list(expected.effect.index)
    assert list(effects.columns) == list(expected.effect.columns)
    np.testing.assert_array_equal(effects.to_numpy(np.float32), expected.effect.to_numpy())


@needs_server
def test_answers_say_how_far_to_trust_each_gene_and_which_model_spoke(
    server, good, expected, trusted_folder
):
    said = server.ask(body=good).json["predictions"]
    genes = pd.DataFrame(said["genes"]).set_index("gene")
    pd.testing.assert_frame_equal(
        genes, expected.genes, check_names=False, check_dtype=False, check_exact=True
    )
    assert genes["trusted"].sum() == -(-len(genes) // 3)
    assert (genes["half_width"] == 0.25).all()
    assert said["model"] == {
        "name": "trusted",
        "version": None,
        "sha256": manifest_sha256(trusted_folder),
    }
    assert said["kind"] == str(expected.kind)
    assert said["notes"][-1].startswith(f"{genes['trusted'].sum()} of {len(genes)} screened genes")


@needs_server
def test_a_csv_is_answered_as_its_samples_in_json_are(server, table, some):
    text = table.assign(_source=some.obs["source"]).to_csv(index_label="sample")
    answer = server.ask(body=text.encode(), Content_Type="text/csv; charset=utf-8")
    asked = request_of(table, sources=list(some.obs["source"]))
    assert answer.json == server.ask(body=asked).json


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ([], "application/json"),
        (["*/*"], "application/json"),
        (["text/csv"], "text/csv"),
        (["TEXT/CSV; charset=utf-8"], "text/csv"),
        (["text/*"], "text/csv"),
        (["text/html"], "application/json"),
        (["text/csv, */*"], "text/csv"),
        (["application/json, text/plain, */*"], "application/json"),
        (["application/json, text/csv"], "application/json"),
        (["text/csv, application/json"], "text/csv"),
        (["text/csv;q=0.5, application/json"], "application/json"),
        (["text/csv;q=0.5, application/json;q=0.4"], "text/csv"),
        (["application/json;q=0.9,text/csv;q=0.95"], "text/csv"),
        (["application/json ; q = 0.1 , text/csv ; q = 0.2"], "text/csv"),
        (["text/csv;q=0"], "application/json"),
        (["application/json;q=0, */*"], "text/csv"),
        (["text/csv;q=0, */*"], "application/json"),
        (["*/*;q=0.1, text/*;q=0.3, application/*;q=0.2"], "text/csv"),
        (["application/json;q=0.1", "text/csv"], "text/csv"),
        (["text/csv;q=high, application/json;q=0.2"], "text/csv"),
        (["text/csv+xml"], "application/json"),
        ([", ;,"], "application/json"),
    ],
)
def test_the_format_is_the_one_that_the_client_would_rather_have(accept, kind):
    assert preferred_format(accept) == kind


@needs_server
def test_whoever_accepts_csv_gets_the_file_that_deepdep_predict_writes(
    server, good, table, some, trusted_folder, tmp_path
):
    names = some.obs.index[:2]
    two = replace(
        some,
        omics={o: t.loc[t.index.isin(names)] for o, t in some.omics.items()},
        obs=some.obs.loc[names],
    )
    predicted = load_predictor(trusted_folder).predict(two)
    to = tmp_path / "predicted.csv"
    predicted.write(to)
    answer = server.ask(body=good, Accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["deepdep-model-sha256"] == manifest_sha256(trusted_folder)
    # Few samples are predicted in blocks of always as many rows, which moves the last bit.
    answered, written = (pd.read_csv(t, index_col=0) for t in (StringIO(answer.body.decode()), to))
    pd.testing.assert_frame_equal(answered, written, atol=1e-5)


@needs_server
@pytest.mark.parametrize("omic", ["mutation", "expression", "methylation", "copy_number"])
def test_any_one_omic_will_do(server, table, omic):
    alone = table.filter(like=f"{omic}:").dropna(how="all").iloc[:3]
    answer = server.ask(body=request_of(alone))
    assert answer.status == 200
    assert answer.json["predictions"]["samples"] == list(alone.index)
    assert "3 of 3 samples have no" in answer.json["predictions"]["notes"][0]


@needs_server
def test_rows_and_columns_may_come_in_any_order(server, table, expected):
    shuffled = table.sample(frac=1, axis=1, random_state=0).sample(frac=1, random_state=0)
    effects = effects_of(server.ask(body=request_of(shuffled)))
    pd.testing.assert_frame_equal(
        effects, expected.effect.loc[shuffled.index], check_dtype=False, atol=1e-5
    )


@needs_server
def test_genes_may_be_chosen_screened_or_not(server, good, expected):
    known = expected.effect.columns[5]
    params = {"genes": ["NOWHERE", known], "allow_unknown": True}
    said = server.ask(body=good | {"params": params}).json["predictions"]
    assert said["genes"]["gene"] == ["NOWHERE", known]
    assert said["genes"]["screened"] == [False, True]
    assert said["genes"]["trusted"][0] is False
    assert said["genes"]["cv_r"][0] is None
    assert any("NOWHERE" in note for note in said["notes"])


@needs_server
def test_health_ping_and_the_model_tell_of_themselves(server, predictor):
    assert server.ask("/health").json["status"] == "ok"
    assert server.ask("/ping").status == 200
    known = server.ask("/model").json
    assert known["model"] == server.ask("/health").json["model"]
    assert known["genes"] == list(predictor.gene_scale.screened.index)
    features = {omic: list(space.table.index) for omic, space in predictor.features.items()}
    assert known["features"] == features
    assert known["units"]["mutation"] == "0/1"
    versions = server.ask("/version").json
    assert versions["model"] == known["model"]
    assert versions["libraries"]["deepdep"] == version("deepdep")


@needs_server
def test_answers_hold_the_ends_of_intervals(server, good):
    answer = server.ask(body=good).json["predictions"]
    low, effect, high = (np.array(answer[name]) for name in ("low", "effect", "high"))
    np.testing.assert_allclose(effect - low, 0.25, atol=1e-6)
    np.testing.assert_allclose(high - effect, 0.25, atol=1e-6)


@needs_server
def test_answers_are_as_the_document_declares_them(server, good):
    schemas = server.ask("/openapi.json").json["components"]["schemas"]
    for declared, answer in (
        (PredictionAnswer, server.ask(body=good)),
        (Health, server.ask("/health")),
        (ModelDescription, server.ask("/model")),
        (Versions, server.ask("/version")),
        (Refusal, server.ask(body=b"{}")),
    ):
        assert declared.__name__ in schemas
        read = declared.model_validate(answer.json, strict=True)
        assert read.model_dump(exclude_unset=True) == answer.json  # nothing is left undeclared
    PredictionRequest.model_validate(good, strict=True)


@needs_server
def test_the_documentation_needs_no_other_server(server):
    answer = server.ask("/docs")
    text = answer.body.decode()
    assert "POST /invocations" in text
    assert "://" not in text
    assert "<script" not in text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def figure(server, line: str) -> float:
    lines = server.ask("/metrics").body.decode().splitlines()
    return next((float(one.split()[-1]) for one in lines if one.startswith(line)), 0.0)


@needs_server
def test_requests_are_counted(server, good):
    ok, bad = (
        f'deepdep_requests_total{{path="/invocations",status="{status}"}}' for status in (200, 400)
    )
    other = 'deepdep_requests_total{path="other",status="404"}'
    lines = (ok, bad, other, "deepdep_samples_predicted_total", "deepdep_prediction_seconds_count")
    before = [figure(server, line) for line in lines]
    server.ask(body=good)
    server.ask(body=b"{}")
    server.ask("/nowhere/TCGA-A1")
    after = [figure(server, line) for line in lines]
    assert np.subtract(after, before).tolist() == [1, 1, 1, 2, 1]
    assert "TCGA" not in server.ask("/metrics").body.decode()


@needs_server
def test_many_clients_at_once_are_each_given_their_own_answer(server, table):
    requests = [request_of(table.iloc[row : row + 1 + row % 3]) for row in range(12)] * 2
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda body: server.ask(body=body), requests))
    for asked, answer in zip(requests, answers, strict=True):
        assert answer.status == 200
        assert answer.json["predictions"]["samples"] == asked["inputs"]["samples"]
        assert answer.json == server.ask(body=asked).json


# What is wrong with a request, by a change to a good one, and what is said of it.


def changed(**inputs):
    return lambda body: body | {"inputs": body["inputs"] | inputs}


def with_cell(value):
    def change(body):
        rows = [list(row) for row in body["inputs"]["values"]]
        rows[0][0] = value
        return changed(values=rows)(body)

    return change


def with_literal(literal):
    """A cell that ``json.dumps`` would not write."""
    return lambda body: json.dumps(with_cell("CELL")(body)).replace('"CELL"', literal).encode()


def with_column(name, value=0.5):
    def change(body):
        columns = [*body["inputs"]["columns"], name]
        rows = [[*row, value] for row in body["inputs"]["values"]]
        return changed(columns=columns, values=rows)(body)

    return change


def with_params(**params):
    return lambda body: body | {"params": params}


def sent(text):
    return lambda body: text if isinstance(text, bytes) else text.encode()


def without(key):
    return lambda body: {"inputs": {name: of for name, of in body["inputs"].items() if name != key}}


def ragged(body):
    first, *others = body["inputs"]["values"]
    return changed(values=[first[:-1], *others])(body)


def nested_cells(body):
    return changed(values=[[[cell] for cell in row] for row in body["inputs"]["values"]])(body)


def few_features(body):
    columns = body["inputs"]["columns"][-3:]
    return changed(columns=columns, values=[row[-3:] for row in body["inputs"]["values"]])(body)


def nothing_measured(body):
    return changed(values=[[None] * len(row) for row in body["inputs"]["values"]])(body)


def repeated_column(body):
    return with_column(body["inputs"]["columns"][0])(body)


MALFORMED = {
    "nothing": (sent(""), 400, "is not JSON"),
    "no JSON": (sent("samples=1"), 400, "is not JSON"),
    "half of it": (lambda body: json.dumps(body).encode()[:-5], 400, "is not JSON"),
    "two documents": (lambda body: json.dumps(body).encode() * 2, 400, "is not JSON"),
    "a list": (sent("[]"), 400, "the body is not an object of inputs, params"),
    "null": (sent("null"), 400, "the body is not an object"),
    "no inputs": (sent("{}"), 400, "inputs is not an object of samples, columns, values"),
    "inputs of a list": (sent('{"inputs": [1]}'), 400, "inputs is not an object"),
    "another key": (lambda body: body | {"instances": []}, 400, "the body has 'instances'"),
    "another input": (changed(rows=[]), 400, "inputs has 'rows'; there are samples, columns"),
    "a repeated key": (sent('{"inputs": {}, "inputs": {}}'), 400, "occurs more than once"),
    "other params": (with_params(model="x"), 400, "params has 'model'; there are genes, sources"),
    "params of a list": (lambda body: body | {"params": [1]}, 400, "params is not an object"),
    "Latin-1": (sent('{"inputs": "é"}'.encode("latin-1")), 400, "is not UTF-8 at byte 12"),
    "UTF-16": (lambda body: json.dumps(body).encode("utf-16"), 400, "is not UTF-8 at byte 0"),
    "deep lists": (sent("[" * 100_000), 400, "lists are nested too deeply"),
    "deep objects": (sent('{"inputs":' * 100_000), 400, "lists are nested too deeply"),
    "no samples": (without("samples"), 400, "samples is not a list of texts"),
    "no columns": (without("columns"), 400, "columns is not a list of texts"),
    "no values": (without("values"), 400, "values is not a list of rows"),
    "an empty list of samples": (changed(samples=[], values=[]), 400, "has no sample"),
    "an empty list of columns": (changed(columns=[], values=[[], []]), 400, "has no column"),
    "numbers as samples": (changed(samples=[1, 2]), 400, "samples is not a list of texts"),
    "a text as samples": (changed(samples="AB"), 400, "samples is not a list of texts"),
    "a repeated sample": (changed(samples=["A", "A"]), 400, "sample 'A' occurs more than once"),
    "an empty sample": (changed(samples=["A", ""]), 400, "sample '' is no name"),
    "a sample of control characters": (changed(samples=["A", "\0\n"]), 400, "is no name"),
    "a vast name": (changed(samples=["A", "B" * 10**6]), 400, "is no name"),
    "too few samples": (changed(samples=["A"]), 400, "values have 2 rows for 1 samples"),
    "ragged rows": (ragged, 400, "values for"),
    "a repeated column": (repeated_column, 400, "occurs more than once"),
    "an unknown omic": (with_column("proteome:TP53"), 400, "'proteome:TP53' is not <omic>:<fea"),
    "a column without omic": (with_column("TP53"), 400, "column 'TP53' is not <omic>:<feature>"),
    "a column without feature": (with_column("expression:"), 400, "'expression:' is not <omic>"),
    "an unknown feature": (with_column("mutation:NOWHERE"), 400, "does not know 1 of the columns"),
    "an unknown assay": (with_column("expression_rppa:TP53"), 400, "not learned to read 'expressi"),
    "a text": (with_cell("0.5"), 400, "is '0.5', not a number"),
    "a boolean": (with_cell(True), 400, "is 'True', not a number"),
    "a list in a cell": (nested_cells, 400, "not a number"),
    "an object in a cell": (with_cell({}), 400, "is '{}', not a number"),
    "values of one row": (lambda body: changed(values=[0.5, 1])(body), 400, "is not a list of row"),
    "NaN": (with_literal("NaN"), 400, "NaN is no number of JSON; give null"),
    "Infinity": (with_literal("-Infinity"), 400, "-Infinity is no number of JSON"),
    "NaN as a text": (with_cell("NaN"), 400, "is 'NaN', not a number"),
    "a number beyond floats": (with_literal("1e999"), 400, "is infinite"),
    "a vast integer": (with_literal("9" * 400), 400, "a number that is too large"),
    "an endless integer": (with_literal("9" * 10_000), 400, "is not JSON (Exceeds"),
    "a mutation of 0.5": (with_cell(0.5), 400, "is 0.5, no whole number, and 0/1 holds no other"),
    "a mutation of 2": (with_cell(2), 400, "is 2, and 0/1 lies in 0 to 1"),
    "a mutation below 0": (with_cell(-1), 400, "is -1, and 0/1 lies in 0 to 1"),
    "too few features": (few_features, 400, "lacks"),
    "nothing measured": (nothing_measured, 400, "has none of the model's omics"),
    "no gene of that name": (with_params(genes=[""]), 400, "gene '' is no name"),
    "a repeated gene": (with_params(genes=["A", "A"]), 400, "gene 'A' occurs more than once"),
    "an unknown gene": (with_params(genes=["NOWHERE"]), 400, "or set allow_unknown: an average"),
    "a text to allow": (with_params(allow_unknown="yes"), 400, "allow_unknown is no boolean"),
    "a text as genes": (with_params(genes="TP53"), 400, "genes is not a list of texts"),
    "numbers as genes": (with_params(genes=[1]), 400, "genes is not a list of texts"),
    "a source of no kind": (with_params(sources=["a", "b"]), 400, "source is 'a'; say tumor or"),
    "too few sources": (with_params(sources=["tumor"]), 400, "has 1 sources for 2 samples"),
    "far too many genes": (
        with_params(genes=[f"G{k}" for k in range(25_001)]),
        413,
        "asks for 25,001 genes",
    ),
    "megabytes": (sent(b" " * (5 << 20)), 413, "is larger than 4 MB"),
}


@needs_server
@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_request_is_refused_in_one_line(server, good, kind):
    change, status, message = MALFORMED[kind]
    answer = server.ask(body=change(good))
    assert (answer.status, list(answer.json)) == (status, ["error"])
    assert message in answer.json["error"]
    assert answer.json["error"].startswith("request: ")
    assert len(answer.json["error"].splitlines()) == 1
    assert len(answer.json["error"]) < 1000


CSV = {
    "nothing": (b"", "request"),
    "a header alone": (b"sample,mutation:TP53\n", "request"),
    "ragged rows": (b"sample,mutation:TP53\nA,1,2\n", "is too long"),
    "a repeated sample": (b"sample,mutation:TP53\nA,1\nA,0\n", "'A'"),
    "a repeated column": (b"sample,mutation:TP53,mutation:TP53\nA,1,0\n", "mutation:TP53"),
    "a text": (b"sample,mutation:TP53\nA,yes\n", "yes"),
    "Infinity": (b"sample,mutation:TP53\nA,inf\n", "inf"),
    "Latin-1": (b"sample,mutation:TP53\n\xe9,1\n", "UTF-8"),
    "semicolons": (b"sample;mutation:TP53\nA;1\n", "semicolons"),
    "an annotation": (b"sample,_age,mutation:TP53\nA,1,1\n", "column '_age' is not known"),
    "an unknown column": (b"sample,TP53\nA,1\n", "'TP53' is not <omic>:<feature>"),
    "open quotes": (b'sample,mutation:TP53\n"A,1\n', "request"),
    "NUL": (b"sample,mutation:TP53\nA\0,1\n", "request"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "request"),
    "Parquet": (b"PAR1\0\0PAR1", "request"),
}


@needs_server
@pytest.mark.parametrize("kind", CSV)
def test_a_malformed_csv_is_refused_in_one_line(server, kind):
    body, message = CSV[kind]
    answer = server.ask(body=body, Content_Type="text/csv")
    assert answer.status == 400
    assert message in answer.json["error"]
    assert answer.json["error"].startswith("request: ")
    assert "/tmp" not in answer.json["error"]
    assert len(answer.json["error"].splitlines()) == 1


@needs_server
@pytest.mark.parametrize(
    ("path", "options", "status", "message"),
    [
        ("/invocations", {"method": "GET"}, 405, "Method Not Allowed; there are POST /invocations"),
        ("/invocations", {"method": "PUT", "body": b"{}"}, 405, "PUT /invocations"),
        ("/health", {"method": "DELETE"}, 405, "DELETE /health"),
        ("/predict", {"body": b"{}"}, 404, "POST /predict: Not Found"),
        ("/../etc/passwd", {}, 404, "Not Found"),
        ("/redoc", {}, 404, "Not Found"),
        ("/invocations", {"body": b"{}", "Content_Type": "text/plain"}, 415, "is 'text/plain'"),
        ("/invocations", {"body": b"{}", "Content_Type": ""}, 415, "send application/json or"),
        ("/invocations", {"body": b"{}", "Content_Type": "application/x-pickle"}, 415, "send"),
        ("/invocations", {"body": b"{}", "Content_Type": "text/csv; charset=latin-1"}, 415, "UTF"),
        ("/invocations", {"body": b"{}", "Content_Encoding": "gzip"}, 415, "is compressed"),
        ("/invocations", {"body": b"{}", "Host": "evil.example"}, 403, "is for another host"),
        ("/health", {"Host": "evil.example:8080"}, 403, "--allowed-host"),
        ("/health", {"Host": "[::1"}, 403, "is for another host"),
        ("/health", {"Host": "127.0.0.1.evil.example"}, 403, "is for another host"),
        ("/invocations", {"body": b"{}", "Origin": "http://evil.example"}, 403, "another site"),
        ("/invocations", {"body": b"{}", "Origin": "null"}, 403, "another site"),
    ],
)
def test_what_is_not_served_is_refused_in_one_line(server, path, options, status, message):
    answer = server.ask(path, **options)
    assert answer.status == status
    assert message in answer.json["error"]


@needs_server
def test_pages_of_this_host_may_ask(server):
    assert server.ask("/health", Origin="http://localhost:3000", Host="localhost").status == 200


def raw(server, head, body=b""):
    """Send bytes, and return the status of what comes back."""
    address = urlsplit(server.address)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head + b"\r\n\r\n" + body)
        return int(connection.makefile("rb").readline().split()[1])


@needs_server
@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (b"nonsense", b"", 400),
        (b"GET /health HTTP/1.1", b"", 400),  # names no host
        (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example", b"", 400),
        (b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x", b"", 400),
        (b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1", b"", 400),
        (
            b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999999",
            b"",
            413,  # before any of it is sent
        ),
        (
            b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked",
            b"500000\r\n" + b" " * (5 << 20) + b"\r\n0\r\n\r\n",
            413,  # its length is not told
        ),
        (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * (1 << 17), b"", 400),
    ],
)
def test_what_is_hardly_http_is_refused_too(server, head, body, status):
    assert raw(server, head, body) == status


@needs_server
def test_the_server_is_none_the_worse_for_it(server, good):
    assert server.process.poll() is None
    assert server.ask(body=good).status == 200

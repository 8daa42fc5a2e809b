import json

import numpy as np
import pytest

from deepdep.serving.requests import RequestError, parse_csv, parse_json, parse_tensors

INPUTS = {
    "samples": ["A", "B"],
    "columns": ["mutation:NA", "expression:TP53"],
    "values": [[1, None], [0, 2.5]],
}
VALUES = np.array([[1, np.nan], [0, 2.5]])


def body(**params) -> bytes:
    return json.dumps({"inputs": INPUTS, "params": params}).encode()


def test_json_csv_and_tensors_ask_for_the_same():
    csv = b"id,mutation:NA,_source,expression:TP53\nA,1,tumor,\nB,0,cell_line,2.5\n"
    tensors = {name: np.array(INPUTS[name]) for name in ("samples", "columns")} | {"values": VALUES}
    sources = ["tumor", "cell_line"]
    for asked in (
        parse_json(body(sources=sources)),
        parse_csv(csv),
        parse_tensors(tensors, {"sources": np.array(sources)}),
    ):
        assert (asked.samples, asked.columns) == (INPUTS["samples"], INPUTS["columns"])
        np.testing.assert_array_equal(asked.values, VALUES)
        assert (asked.genes, asked.sources) == (None, sources)


def test_what_is_not_asked_for_is_none_and_genes_are_as_they_come():
    for asked in (parse_json(json.dumps({"inputs": INPUTS}).encode()), parse_json(body())):
        assert (asked.genes, asked.sources) == (None, None)
    assert parse_json(body(genes=["B", "A"])).genes == ["B", "A"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace(b"2.5", b"NaN"), "request: NaN is no number of JSON"),
        (lambda text: text.replace(b"2.5", b"1e400"), "column 'expression:TP53' is infinite"),
        (lambda text: text.replace(b"2.5", b'"2.5"'), "is '2.5', not a number"),
        (lambda text: text.replace(b"2.5", b"true"), "is 'True', not a number"),
        (lambda text: text.replace(b", 2.5", b""), "sample 'B' has 1 values for 2 columns"),
        (lambda text: text.replace(b'"B"', b'"A"'), "sample 'A' occurs more than once"),
        (lambda text: text.replace(b'"B"', b'"\\u0007"'), "is no name"),
        (lambda text: b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_odd_is_refused(spoil, message):
    with pytest.raises(RequestError, match=message):
        parse_json(spoil(body()))


def test_a_refusal_is_short_whatever_was_sent():
    with pytest.raises(RequestError) as raised:
        parse_json(
            body(sources=["tumor", "tumor"]).replace(b'"B"', b'"' + b"\\u0007" * 9999 + b'"')
        )
    assert len(str(raised.value)) < 1000

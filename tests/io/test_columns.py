import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from deepdep.errors import BadFileError
from deepdep.io import columns
from deepdep.io.columns import Choice, KeptRows, all_numbers_but, header_of, read_columns

GOOD = "id,TP53,KRAS\nA,1.5,-2\nB,,0.25\n"


@pytest.fixture(params=["fast", "in pieces", "strict"])
def reader(request, monkeypatch):
    """``read_columns`` as it is, with pieces of a line or two, and with PyArrow refusing all."""
    if request.param == "in pieces":
        monkeypatch.setattr(columns, "BLOCK", 24)
    if request.param == "strict":
        monkeypatch.setattr(columns, "_read_fast", lambda *_: None)
    return read_columns


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", GOOD.encode()),
        ("t.csv", GOOD.encode("utf-8-sig")),
        ("t.csv", GOOD.replace("\n", "\r\n").encode()),
        ("t.csv", GOOD.replace("\n", "\r").encode()),
        ("t.csv", GOOD.strip().encode()),
        ("t.csv", (GOOD + "\n\n").encode()),
        ("t.csv", b'"id","TP53","KRAS"\n"A","1.5","-2"\n"B","","0.25"\n'),
        ("t.csv", GOOD.replace("B,,", "B,NA,").encode()),
        ("t.csv", GOOD.replace("B,,", "B,NaN,").encode()),
        ("t.csv", GOOD.replace("1.5", " 1.5 ").encode()),
        ("t.csv", GOOD.replace("1.5", "15e-1").encode()),
        ("t.tsv", GOOD.replace(",", "\t").encode()),
        ("t.tsv", b'"id"\t"TP53"\t"KRAS"\n"A"\t1.5\t-2\n"B"\tNA\t0.25\n'),
        ("t.tsv", b'"id"\t"TP53"\t"KRAS"\r\n"A"\t"1.5"\t"-2"\r\n"B"\t""\t"0.25"\r\n'),
        ("t.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
        ("t.csv.gz", gzip.compress(GOOD.encode("utf-8-sig").replace(b"\n", b"\r\n"), mtime=0)),
    ],
)
def test_reads_the_same_columns_in_every_accepted_form(tmp_path, reader, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    read = reader(path, all_numbers_but(1))
    assert read.texts.to_dict("list") == {"id": ["A", "B"]}
    assert read.number_names == ["TP53", "KRAS"]
    np.testing.assert_array_equal(
        read.numbers, np.array([[1.5, -2], [np.nan, 0.25]], dtype=np.float32)
    )
    assert read.numbers.dtype == np.float32


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('id,A\n"x, y",1\n', ["x, y"]),
        ('id,A\n"x ""y""",1\n', ['x "y"']),
        ('id,A\n"x\ny",1\n', ["x\ny"]),
        ('"i\nd",A\nx,1\n', ["x"]),
        ("id,A\nNA,1\nnull,2\n", ["NA", "null"]),
        ("id,A\n,1\nx,2\n", ["", "x"]),
        ("id,A\nµ,1\n", ["µ"]),
    ],
)
def test_text_stays_as_it_is(tmp_path, reader, text, ids):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert list(reader(path, all_numbers_but(1)).texts.iloc[:, 0]) == ids


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        (['"x\t1', "y\t2", '"z\t3'], ['"x', "y", '"z']),
        (['x"\t1', "y\t2", 'z"\t3'], ['x"', "y", 'z"']),
        (['x"y\t1', 'x""z\t2'], ['x"y', 'x""z']),
        (['"\t1', "y\t2", '"\t3'], ['"', "y", '"']),
        (['""\t1', "y\t2"], ["", "y"]),
        (['"x"\t1', '"y ""z"""\t2'], ["x", 'y "z"']),
        (['"x" and "y"\t1', ' "y"\t2'], ['x" and "y', ' "y"']),
        (['"x, y"\t1', "5'-\"\t2"], ["x, y", "5'-\""]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_in_tab_separated_text_a_quote_is_a_character_unless_it_is_around_a_field(
    tmp_path, reader, lines, ids, end
):
    path = tmp_path / "t.tsv"
    path.write_bytes("".join(line + end for line in ["id\tA", *lines]).encode())
    read = reader(path, all_numbers_but(1))
    assert list(read.texts["id"]) == ids
    assert read.numbers[:, 0].tolist() == [*range(1, len(ids) + 1)]


@pytest.mark.parametrize("place", range(3))
def test_no_quote_in_tab_separated_text_hides_a_row_of_text(tmp_path, reader, place):
    rows = [[f"{letter}{k}" for letter in "abc"] for k in range(9)]
    for k in (2, 5):
        rows[k][place] = f'"{rows[k][place]}'
    path = tmp_path / "t.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in [["A", "B", "C"], *rows]))
    assert reader(path, lambda _: Choice([0, 1, 2], [])).texts.to_numpy().tolist() == rows


@pytest.mark.parametrize(
    "text",
    [
        'id,note,A\nx,"see,1\ny,no,2\nz,see",3\n',  # well-formed, and three rows by themselves
        'id,A,note\nx,1,"see\ny,2,no\nz,3,see"\n',
        'id,A,note\nx,1,"see\ny,2,no\n',
        'id,A,note\nx,1,"see"\ny,2,no\n'.replace('see"', 'see"s'),
        'id,A,note\nx,1,"see',
    ],
)
def test_in_comma_separated_text_a_field_that_would_swallow_rows_is_refused(tmp_path, reader, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(BadFileError, match=r"t\.csv: line 2: quotes do not match"):
        reader(path, lambda header: Choice([0, header.index("note")], [header.index("A")]))


def test_a_quote_within_a_field_of_comma_separated_text_is_a_character(tmp_path, reader):
    path = tmp_path / "t.csv"
    path.write_text('id,A\nx"y,1\n5",2\n"p ""q""",3\n"a, b",4\n')
    read = reader(path, all_numbers_but(1))
    assert list(read.texts["id"]) == ['x"y', '5"', 'p "q"', "a, b"]


def test_takes_chosen_columns_only_and_a_name_may_occur_twice(tmp_path, reader):
    path = tmp_path / "t.csv"
    path.write_text("A,kind,A,note,B\n1,x,2,high,3\n4,y,5,low,6\n")
    read = reader(path, lambda header: Choice([header.index("kind")], [4, 2]))
    assert read.texts.to_dict("list") == {"kind": ["x", "y"]}
    assert read.number_names == ["B", "A"]
    assert read.numbers.tolist() == [[3, 2], [6, 5]]


def test_a_table_may_have_text_only_or_numbers_only(tmp_path, reader):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    assert reader(path, lambda _: Choice([0, 1], [])).texts.to_dict("list") == {
        "a": ["1"],
        "b": ["2"],
    }
    assert reader(path, lambda _: Choice([], [0, 1])).numbers.tolist() == [[1, 2]]


def test_comments_before_the_header_are_skipped(tmp_path, reader):
    path = tmp_path / "t.tsv"
    path.write_text("# one, two\n#three\nid\tA\nx\t1\n")
    assert header_of(path, comment="#") == ["id", "A"]
    assert reader(path, all_numbers_but(1), comment="#").numbers.tolist() == [[1]]
    path.write_text("id\tA\nx\thigh\n")
    with pytest.raises(BadFileError, match="line 2, row 'x', column 'A': 'high' is not a number"):
        reader(path, all_numbers_but(1), comment="#")
    path.write_text("#id\tA\n#x\thigh\n")
    with pytest.raises(BadFileError, match=r"t\.tsv: holds comments only"):
        reader(path, all_numbers_but(1), comment="#")


BAD = {
    "text": (GOOD.replace("-2", "high"), "line 2, row 'A', column 'KRAS': 'high' is not a number"),
    "text of a missing value with a blank": (GOOD.replace("B,,", "B, NA,"), "' NA' is not a num"),
    "python's own number": (GOOD.replace("-2", "1_000"), "'1_000' is not a number"),
    "decimal comma": (GOOD.replace("-2", '"0,5"'), "'0,5' has a decimal comma or a thousands"),
    "thousands": (GOOD.replace("-2", '"12,345.6"'), "'12,345.6' has a decimal comma or a thous"),
    "short row": (GOOD.replace(",0.25", ""), "line 3, row 'B': is cut short: 2 fields where the"),
    "long row": (GOOD.replace("-2", "-2,3"), "line 2, row 'A': is too long: 4 fields where the"),
    "empty line": (GOOD.replace("B,", "\nB,"), "line 3: is empty"),
    "header only": ("id,TP53\n", "has a header and no row"),
    "header and blank lines": ("id,TP53\n\n\n", "has a header and no row"),
    "open quote": ('id,A\n"x,1\ny,2\n', "line 2: quotes do not match"),
    "infinity": (GOOD.replace("0.25", "-inf"), "row 'B', column 'KRAS': is infinite"),
    "too large": (GOOD.replace("0.25", "1e39"), "row 'B', column 'KRAS': is infinite"),
    "semicolons": (GOOD.replace(",", ";"), "line 1: fields are separated by semicolons"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_says_where_a_fault_is(tmp_path, reader, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(BadFileError) as error:
        reader(path, all_numbers_but(1))
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_infinite_number_without_a_name_is_found_by_its_row(tmp_path, reader):
    path = tmp_path / "t.csv"
    path.write_text("A\n1\ninf\n")
    with pytest.raises(BadFileError, match="row 2, column 'A': is infinite"):
        reader(path, lambda _: Choice([], [0]))


CELLS = st.sampled_from(
    [
        *("", "x", "1", "-0.5", "NA", "nan", " 2", "1_0", '"1"', '"a,b"', '"q""r"', "inf", "é"),
        *('"', '""', '"x', 'x"', 'x"y', '"x"y', '"x" ', ' "x"', '"x"y"', '"""', '""""'),
    ]
)


@seed(0)
@settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=4),
    end=st.sampled_from(["\n", "\r\n"]),
    n_texts=st.integers(0, 3),
    delimiter=st.sampled_from([",", "\t"]),
)
def test_what_pyarrow_reads_the_strict_reader_reads_alike(tmp_path, rows, end, n_texts, delimiter):
    path = tmp_path / "t.csv"
    lines = [*map(delimiter.join, [["id", "A", "B"], *rows])]
    path.write_bytes(end.join(lines).encode())
    header = columns._header(path, None)
    chosen = all_numbers_but(n_texts)(header.fields)
    fast = columns._read_fast(path, header, chosen, None, 1, KeptRows())
    if fast is None:
        return
    strict = columns._read_strictly(path, header, chosen, None, 1, KeptRows())
    assert fast[0].to_numpy().tolist() == strict[0].to_numpy().tolist()
    np.testing.assert_array_equal(fast[1], strict[1])


def wants_b_and_d() -> KeptRows:
    return KeptRows(lambda name: name in "BD")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "id,x,y\nA,1,2\nB,3,4\nC,5,oops\nD,7,\n"),
        ("t.csv", "id,x,y\r\nA,1,2\r\nB,3,4\r\nC,5,oops\r\nD,7,\r\n"),
        ("t.csv", "id,x,y\rA,1,2\rB,3,4\rD,7,\r"),
        ("t.csv", 'id,x,y\nA,1,2\n"B",3,4\n"D",7,'),
        ("t.tsv", 'id\tx\ty\n"B"\t3\t4\nC\tinf\t6\nD\t7\tNA\n'),
    ],
)
def test_rows_that_are_not_wanted_are_not_looked_at(tmp_path, reader, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    read = reader(path, all_numbers_but(1), rows=wants_b_and_d)
    assert read.texts["id"].tolist() == ["B", "D"]
    np.testing.assert_array_equal(read.numbers, np.array([[3, 4], [7, np.nan]], np.float32))


def test_rows_of_parquet_are_chosen_likewise(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"id": list("ABCD"), "x": [1.0, 3.0, np.inf, 7.0]}).to_parquet(path, index=False)
    read = read_columns(path, all_numbers_but(1), rows=wants_b_and_d)
    assert (read.texts["id"].tolist(), read.numbers.tolist()) == (["B", "D"], [[3.0], [7.0]])


def test_that_no_row_is_wanted_is_said(tmp_path, reader):
    path = tmp_path / "t.csv"
    path.write_text("id,x\nA,1\n")
    with pytest.raises(BadFileError, match="has none of the rows that were asked for"):
        reader(path, all_numbers_but(1), rows=wants_b_and_d)


@pytest.mark.parametrize("block", [64, 100, 1000])
def test_a_file_in_pieces_is_read_without_the_strict_reader(tmp_path, monkeypatch, block):
    monkeypatch.setattr(columns, "BLOCK", block)
    monkeypatch.setattr(columns, "_read_strictly", None)
    path = tmp_path / "t.csv"
    lines = [f"L{k},{k / 8},{-k},{'NA' if k % 3 else k}\n" for k in range(50)]
    path.write_text("id,TP53,KRAS,EGFR\n" + "".join(lines))
    read = read_columns(path, all_numbers_but(1))
    assert list(read.texts["id"]) == [f"L{k}" for k in range(50)]
    expected = [[k / 8, -k, np.nan if k % 3 else k] for k in range(50)]
    np.testing.assert_array_equal(read.numbers, np.array(expected, dtype=np.float32))


@pytest.mark.parametrize("is_fast", [True, False])
def test_further_lines_of_a_header_are_skipped(tmp_path, monkeypatch, is_fast):
    path = tmp_path / "t.tsv"
    path.write_text("# made by hand\nid\tA\tB\ngene_id\tcount\tcount\nTP53\t1\t2\nMYC\t3\t4\n")
    if not is_fast:
        monkeypatch.setattr(columns, "_read_fast", lambda *_: None)
    read = read_columns(path, all_numbers_but(1), comment="#", n_headers=2)
    assert list(read.texts["id"]) == ["TP53", "MYC"]
    assert read.numbers.tolist() == [[1, 2], [3, 4]]


def test_a_second_header_is_named(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("id\tA\tB\ngene_id\traw_count\traw_count\nTP53\t1\t2\n")
    with pytest.raises(BadFileError, match="line 2: is a second header: 'raw_count'"):
        read_columns(path, all_numbers_but(1))

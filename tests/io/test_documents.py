import pandas as pd
import pytest

from deepdep.errors import BadFileError
from deepdep.io.documents import (
    csv_text,
    read_csv,
    read_indexed_csv,
    read_json,
    read_numbered_csv,
    write_indexed_csv,
)


@pytest.fixture
def write(tmp_path):
    """Write a table and return its path."""

    def write_text(text):
        (tmp_path / "table.csv").write_text(text)
        return tmp_path / "table.csv"

    return write_text


def test_names_stay_text_and_an_empty_field_is_missing(write):
    table = read_indexed_csv(write("gene,patient_id,r\n1,7,0.5\nNA,8,\n"))
    assert list(table.index) == ["1", "NA"]
    assert list(table["patient_id"]) == ["7", "8"]
    assert table["r"].isna().tolist() == [False, True]


def test_numbered_rows_have_a_number(write):
    assert list(read_numbered_csv(write("epoch,loss\n0,0.5\n1,0.25\n"))["epoch"]) == [0, 1]


NAMES = ["=cmd()", "+1", "-2", "@SUM(A1)", "'quoted", "<script>", "TP53"]


def test_no_name_that_is_written_is_a_formula(tmp_path):
    table = pd.DataFrame({"=A1": NAMES, "r": -0.5}, index=NAMES)
    cells = csv_text(table, index_label="gene").replace("\n", ",").split(",")
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-2"))]
    assert csv_text(table).splitlines()[1] == "'=cmd(),-0.5"  # numbers stay numbers
    write_indexed_csv(table, tmp_path / "table.csv", "gene")
    pd.testing.assert_frame_equal(
        read_indexed_csv(tmp_path / "table.csv"), table.rename_axis("gene")
    )


def test_no_category_that_is_written_is_a_formula():
    table = pd.DataFrame({"drug": pd.Categorical(["=cmd()", None, "-x", "=cmd()"])})
    assert csv_text(table).split() == ["drug", "'=cmd()", '""', "'-x", "'=cmd()"]


@pytest.mark.parametrize("read", [read_csv, read_indexed_csv, read_numbered_csv])
@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "is not a table"), ("a,b\n1,2\n1,2,3,4\n", "is not a table")],
)
def test_what_is_no_table_is_refused(write, read, text, problem):
    with pytest.raises(BadFileError, match=rf"table\.csv: {problem}"):
        read(write(text))


@pytest.mark.parametrize("read", [read_csv, read_indexed_csv, read_numbered_csv])
def test_a_missing_file_is_refused(tmp_path, read):
    with pytest.raises(BadFileError, match=r"absent\.csv: there is no such file"):
        read(tmp_path / "absent.csv")


def test_a_column_that_is_needed_is_named(write):
    with pytest.raises(BadFileError, match=r"table\.csv: lacks the column 'r'"):
        read_csv(write("gene,model\nA,ridge\n"), ["gene", "r"])


def test_a_mapping_is_read_json(tmp_path):
    (tmp_path / "file").write_text('{"a": {"b": [1, 2]}}')
    assert read_json(tmp_path / "file") == {"a": {"b": [1, 2]}}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"a": [', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[1, 2]", "is not a mapping"),
        (b"null", "is not a mapping"),
    ],
)
def test_anything_else_is_refused(tmp_path, content, problem):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BadFileError, match=f"file: {problem}"):
        read_json(tmp_path / "file")


def test_mappings_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="there is no such file"):
        read_json(tmp_path / "file")

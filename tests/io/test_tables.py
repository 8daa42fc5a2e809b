import gzip
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepdep.errors import BadFileError
from deepdep.io.tables import (
    read_annotations,
    read_descriptions,
    read_feature_rows,
    read_table,
)

TEXT = "Hugo_Symbol\tEntrez_Gene_Id\tS1\tS2\nTP53\t7157\t1\t2\nTP53\t\t3\t\nKRAS\t3845\t5\t6\n"


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "data_mrna.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    return read_feature_rows(path, ["Hugo_Symbol", "Entrez_Gene_Id", "Cytoband"])


def test_ids_are_told_from_samples_by_name_and_may_repeat(rows):
    assert rows.ids.to_dict("list") == {
        "Hugo_Symbol": ["TP53", "TP53", "KRAS"],
        "Entrez_Gene_Id": ["7157", "", "3845"],
    }
    assert list(rows.samples) == ["S1", "S2"]
    np.testing.assert_array_equal(rows.values, [[1, 2], [3, np.nan], [5, 6]])


def test_chosen_rows_become_columns_of_samples(rows):
    table = rows.table([2, 0], ["KRAS", "TP53"])
    assert table.to_dict("index") == {
        "S1": {"KRAS": 5, "TP53": 1},
        "S2": {"KRAS": 6, "TP53": 2},
    }
    assert set(table.dtypes) == {np.dtype(np.float32)}


def test_ids_may_stand_anywhere(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("S1,sample, S2\n1,TP53,2\n")
    rows = read_feature_rows(path, ["sample"])
    assert list(rows.samples) == ["S1", "S2"]
    assert rows.values.tolist() == [[1, 2]]


def test_comments_before_the_header_are_skipped(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("# gene-model: GENCODE v36\ngene_id\tS1\nENSG1\t2\n")
    assert read_feature_rows(path, ["gene_id"], comment="#").values.tolist() == [[2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\tS1\nTP53\t1\n", "lacks the column 'sample'"),
        ("sample\tnote\nTP53\thigh\n", "line 2, row 'TP53', column 'note': 'high' is not a num"),
        ("sample\nTP53\n", "has no sample"),
        ("sample\tS1\tS1\nTP53\t1\t2\n", "column 'S1': occurs more than once"),
        ("sample\tS1\t\nTP53\t1\t2\n", "column 3: has no name"),
        ("sample\tS1\tS2\nTP53\t1\n", "line 2, row 'TP53': is cut short"),
        ("sample\tS1\nTP53\t-Infinity\n", "row 'TP53', column 'S1': is infinite"),
        ("sample\tS1\n", "has a header and no row"),
    ],
)
def test_refuses_what_is_no_table_of_features(tmp_path, text, message):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(BadFileError, match=message):
        read_feature_rows(path, ["sample"])


GOOD = "id,TP53,KRAS\nACH-000001,1.5,-2\nACH-000002,,0.25\n"
EXPECTED = pd.DataFrame(
    {"TP53": [1.5, np.nan], "KRAS": [-2, 0.25]},
    index=["ACH-000001", "ACH-000002"],
    dtype=np.float32,
)


def excel_workbook() -> bytes:
    return b"PK\x03\x04\x14\x00\x06\x00" + bytes(100)


def parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", GOOD.encode()),
        ("t.csv", GOOD.replace("id,", ",").encode()),
        ("t.csv", GOOD.encode("utf-8-sig")),
        ("t.csv", GOOD.replace("\n", "\r\n").encode()),
        ("t.csv", GOOD.strip().encode()),
        ("t.csv", (GOOD + "\n\n").encode()),
        ("t.csv", GOOD.replace("ACH-000002,,", "ACH-000002,NA,").encode()),
        ("t.csv", GOOD.replace("TP53", '"TP53"').replace("-2", '"-2"').encode()),
        ("t.csv", GOOD.replace("TP53", " TP53 ").encode()),
        ("t.tsv", GOOD.replace(",", "\t").encode()),
        ("t.txt", GOOD.replace(",", "\t").encode()),
        ("t.txt.gz", gzip.compress(GOOD.encode(), mtime=0)),
        ("t.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
        ("t.parquet", parquet(EXPECTED)),
        ("t.parquet", parquet(EXPECTED.rename_axis("ModelID").reset_index())),
        ("t.parquet", parquet(EXPECTED.astype("Float64"))),
        ("t.parquet", parquet(EXPECTED.assign(TP53=["1.5", None]))),
    ],
)
def test_reads_the_same_table_in_every_accepted_form(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    pd.testing.assert_frame_equal(read_table(path), EXPECTED, check_names=False)


def test_a_gene_and_a_sample_called_na_keep_their_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,NA,NAN,TRUE\nNA,1,2,3\nnull,4,5,6\n")
    table = read_table(path)
    assert list(table.columns) == ["NA", "NAN", "TRUE"]
    assert list(table.index) == ["NA", "null"]
    assert table.loc["null", "NAN"] == 5


def test_columns_that_begin_with_an_underscore_may_hold_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,TP53,_cohort,KRAS\nA,1,BRCA,2\nB,3,,4\n")
    table = read_table(path)
    assert list(table["_cohort"]) == ["BRCA", ""]
    assert table[["TP53", "KRAS"]].to_numpy().tolist() == [[1, 2], [3, 4]]
    assert table["KRAS"].dtype == np.float32


def test_numbers_that_are_all_the_names_are_ids_and_no_dates(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,7157,43891\nA,1,2\n")  # Entrez ids
    assert list(read_table(path).columns) == ["7157", "43891"]


def test_a_number_of_any_length_may_be_a_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"id,TP53,KRAS,{'9' * 5000}\nA,1,2,3\n")  # Python reads 4,300 digits
    assert list(read_table(path).columns) == ["TP53", "KRAS", "9" * 5000]


@pytest.mark.parametrize(
    ("studies", "expected"),
    [
        (pd.Categorical(["BRCA", None]), ["BRCA", ""]),
        ([1.5, np.nan], ["1.5", ""]),
        ([b"\xff", None], [r"b'\xff'", ""]),
        ([["BRCA"], None], ["['BRCA']", ""]),
    ],
)
def test_annotations_of_parquet_are_text_whatever_they_were(tmp_path, studies, expected):
    table = EXPECTED.assign(_cohort=studies)
    table.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["_cohort"].tolist() == expected


def test_integer_tables_of_parquet_stay_small(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"TP53": [0, 1]}, index=["A", "B"], dtype=np.int8).to_parquet(path)
    assert read_table(path)["TP53"].dtype == np.int8


TRUNCATED_GZIP = gzip.compress("".join(f"{i},{i}\n" for i in range(9999)).encode())[:2000]

BAD = {
    "empty": ("t.csv", b"", "is empty"),
    "only blank lines": ("t.csv", b"\n\n", "is empty"),
    "empty gzip": ("t.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
    "header only": ("t.csv", b"id,TP53\n", "header and no row"),
    "one column": ("t.csv", b"id\nA\n", "one column only"),
    "annotations only": ("t.csv", b"id,_cohort\nA,BRCA\n", "no feature"),
    "truncated gzip": ("t.csv.gz", TRUNCATED_GZIP, "truncated or damaged gzip"),
    "damaged gzip": ("t.csv.gz", b"\x1f\x8b\x08\x00damaged", "truncated or damaged gzip"),
    "text named gz": ("t.csv.gz", GOOD.encode(), "is not gzipped"),
    "gzip not named gz": ("t.csv", gzip.compress(GOOD.encode(), mtime=0), "end in .gz"),
    "html": ("t.csv", b"\n<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
    "html named parquet": ("t.parquet", b"<html></html>", "web page"),
    "git-lfs pointer": (
        "t.csv",
        b"version https://git-lfs.github.com/spec/v1\noid",
        "git lfs pull",
    ),
    "dvc pointer": ("t.csv", b"outs:\n- md5: 0a1b\n  path: t.csv\n", "dvc pull"),
    "workbook": ("t.csv", excel_workbook(), "Excel"),
    "workbook by name": ("t.xlsx", excel_workbook(), "Excel"),
    "unknown kind": ("t.rds", b"RDX3\n", "not a known kind of table"),
    "parquet named csv": ("t.csv", parquet(EXPECTED), "end in .parquet"),
    "csv named parquet": ("t.parquet", GOOD.encode(), "not a complete Parquet"),
    "truncated parquet": ("t.parquet", parquet(EXPECTED)[:200], "not a complete Parquet"),
    "utf-16": ("t.csv", GOOD.encode("utf-16"), "UTF-16"),
    "utf-16 without mark": ("t.csv", GOOD.encode("utf-16-le"), "UTF-16"),
    "latin-1": (
        "t.csv",
        GOOD.replace("ACH-000002", "Müller").encode("latin-1"),
        "line 3: is not U",
    ),
    "duplicate column": ("t.csv", b"id,TP53,TP53\nA,1,2\n", "column 'TP53': occurs more than once"),
    "duplicate sample": ("t.csv", b"id,TP53\nA,1\nB,1\nA,2\n", "row 'A': occurs more than once"),
    "duplicate index": (
        "t.parquet",
        parquet(pd.DataFrame({"TP53": [1, 2]}, index=["A", "A"])),
        "row 'A': occurs more than once",
    ),
    "unnamed column": ("t.csv", b"id,TP53,\nA,1,2\n", "column 3: has no name"),
    "unnamed sample": ("t.csv", b"id,TP53\nA,1\n,2\n", "row 3: has no name"),
    "no sample names": ("t.parquet", parquet(pd.DataFrame({"TP53": [1.0]})), "name its samples"),
    "short row": ("t.csv", b"id,TP53,KRAS\nA,1,2\nB,3\n", "line 3, row 'B': is cut short"),
    "extra field": ("t.csv", b"id,TP53,KRAS\nA,1,2,3\n", "line 2, row 'A': is too long"),
    "header lacks a field": ("t.tsv", b"TP53\tKRAS\nA\t1\t2\n", "3 fields where the header has 2"),
    "empty line inside": ("t.csv", b"id,TP53\nA,1\n\nB,2\n", "line 3: is empty"),
    "open quote": ("t.csv", b'id,TP53\n"A,1\nB,2\n', "quotes do not match"),
    "text": ("t.csv", b"id,TP53,KRAS\nA,1,2\nB,3,high\n", "line 3, row 'B', column 'KRAS': 'high'"),
    "text in parquet": (
        "t.parquet",
        parquet(pd.DataFrame({"TP53": ["1", "high"], "A1BG": [1, 2]}, index=["A", "B"])),
        "row 'B', column 'TP53': 'high' is not a number",
    ),
    "dates in parquet": (
        "t.parquet",
        parquet(pd.DataFrame({"TP53": pd.to_datetime(["2020-01-02"])}, index=["A"])),
        "row 'A', column 'TP53': '2020-01-02 00:00:00' is not a number",
    ),
    "nul in parquet": (
        "t.parquet",
        parquet(pd.DataFrame({"TP53": [1.0]}, index=["A\0"])),
        r"row 'A\x00': holds a NUL",
    ),
    "nul in an annotation of parquet": (
        "t.parquet",
        parquet(pd.DataFrame({"TP53": [1.0], "_cohort": ["\0"]}, index=["A"])),
        r"column '_cohort', cell '\x00': holds a NUL",
    ),
    "lists that name samples": (
        "t.parquet",
        parquet(pd.DataFrame({"id": [["A"], [None, "B"]], "TP53": [1.0, np.inf]})),
        "column 'TP53': is infinite",
    ),
    "true": ("t.csv", b"id,TP53\nA,True\n", "'True' is not a number"),
    "infinity": (
        "t.csv",
        b"id,TP53,KRAS\nA,1,2\nB,3,-inf\n",
        "row 'B', column 'KRAS': is infinite",
    ),
    "too large": ("t.csv", b"id,TP53\nA,1e60\n", "row 'A', column 'TP53': is infinite"),
    "infinity in parquet": (
        "t.parquet",
        parquet(pd.DataFrame({"TP53": [1, np.inf]}, index=["A", "B"])),
        "row 'B', column 'TP53': is infinite",
    ),
    "semicolons": (
        "t.csv",
        b"id;TP53;KRAS\nA;1,5;2\n",
        "line 1: fields are separated by semicolons",
    ),
    "decimal comma": (
        "t.tsv",
        b"id\tTP53\nA\t1,5\n",
        "row 'A', column 'TP53': '1,5' has a decimal",
    ),
    "thousands": (
        "t.csv",
        b'id,TP53\nA,"1,234.5"\n',
        "'1,234.5' has a decimal comma or a thousands",
    ),
    "date": ("t.csv", b"id,TP53,1-Mar\nA,1,2\n", "column '1-Mar': is a date"),
    "date backwards": ("t.csv", b"id,TP53,Sep-02\nA,1,2\n", "column 'Sep-02': is a date"),
    "date in full": ("t.csv", b"id,TP53,2020-09-02\nA,1,2\n", "column '2020-09-02': is a date"),
    "date as a number": ("t.csv", b"id,TP53,KRAS,43891\nA,1,2,3\n", "column '43891': is a date"),
    "transposed": ("t.csv", b"gene,ACH-000001,ACH-000002\nTP53,1,2\n", "Transpose"),
    "transposed tumors": ("t.tsv", b"gene\tTCGA-3C-AAAU-01\nTP53\t1\n", "Transpose"),
}


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD.keys())
def test_refuses_in_one_line_that_names_the_file(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFileError) as error:
        read_table(path)
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_refuses_rows_that_repeat_beyond_reason(tmp_path):
    """Ten million zeros take a few kilobytes."""
    zeros = pa.table({"id": pa.repeat("A", 10**7), "TP53": pa.repeat(0.0, 10**7)})
    pq.write_table(zeros, tmp_path / "t.parquet")
    with pytest.raises(BadFileError, match=r"t.parquet: unzips to more than 152 MB from \d+ kB"):
        read_table(tmp_path / "t.parquet")


def test_refuses_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadFileError, match="there is no such file"):
            read_table(path / "none.csv" if path == tmp_path else path)


def test_a_name_with_a_line_end_stays_on_one_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id,TP53\n"A\nB",high\n')
    with pytest.raises(BadFileError, match=r"row 'A\\nB', column 'TP53'") as error:
        read_table(path)
    assert "\n" not in str(error.value)


def test_annotations_are_text_even_where_they_look_like_numbers_or_nothing(tmp_path):
    path = tmp_path / "Model.csv"
    path.write_text('ModelID,Age,Comment\nACH-000001,061,NA\nACH-000002,,"two\nlines, quoted"\n')
    table = read_annotations(path)
    assert table["Age"].tolist() == ["061", ""]
    assert table["Comment"].tolist() == ["NA", "two\nlines, quoted"]


DESCRIBED = "line,age,medium,batch\nL1,60,R,1\nL2,NA, D/F12 ,\nL3,,,b\n"


@pytest.mark.parametrize("form", ["csv", "index", "column"])
def test_descriptions_are_numbers_or_text_by_column(tmp_path, form):
    if form == "csv":
        path = tmp_path / "clinical.csv"
        path.write_text(DESCRIBED)
    else:
        path = tmp_path / "clinical.parquet"
        columns = {
            "age": [60.0, None, None],
            "medium": ["R", "D/F12", None],
            "batch": ["1", None, "b"],
        }
        stored = pd.DataFrame(columns, pd.Index(["L1", "L2", "L3"], name="line"))
        (stored if form == "index" else stored.reset_index()).to_parquet(path)
    table = read_descriptions(path)
    assert table.index.tolist() == ["L1", "L2", "L3"]
    assert table["age"].tolist()[0] == 60
    assert table["age"].isna().tolist() == [False, True, True]
    assert table["medium"].astype(object).fillna("none").tolist() == ["R", "D/F12", "none"]
    assert table["batch"].cat.categories.tolist() == ["1", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("line,age\nL1,1\nL1,2\n", "'L1'"),
        ("line,age\nL1,inf\n", "row 'L1', column 'age': is infinite"),
        ("line,age,age\nL1,1,2\n", "'age'"),
        ("line,age\n,1\n", "no name"),
    ],
)
def test_descriptions_that_cannot_be_told_apart_are_refused(tmp_path, text, message):
    path = tmp_path / "clinical.csv"
    path.write_text(text)
    with pytest.raises(BadFileError, match=message):
        read_descriptions(path)

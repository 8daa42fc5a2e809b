from pathlib import Path

import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.segment_layout import SegmentColumns
from deepdep.io.segment_rows import read_segment_rows

COLUMNS = SegmentColumns(sample=0, chromosome=1, start=2, end=3, value=4, is_default=None)
WITH_DEFAULT = "sample chr start end value IsDefaultEntryForModel"
DEFAULT_IN_LAST = SegmentColumns(sample=0, chromosome=1, start=2, end=3, value=4, is_default=5)


@pytest.fixture
def source(tmp_path):
    """Write rows, fields separated by blanks, below a header; return where."""

    def write(*rows: str, header: str = "sample chr start end value") -> Path:
        path = tmp_path / "segments.csv"
        path.write_text("".join(",".join(line.split()) + "\n" for line in [header, *rows]))
        return path

    return write


def test_rows_are_named_by_line_and_hold_what_the_file_says(source):
    rows = read_segment_rows(
        source("A chr1 1 100 -1", "B 23 1e+05 200000.0 NA", "B X 7 9 2"), COLUMNS
    )
    assert rows.value.to_dict("index") == {
        2: {"sample": "A", "chromosome": "1", "start": 1, "end": 100, "value": -1.0},
        4: {"sample": "B", "chromosome": "X", "start": 7, "end": 9, "value": 2.0},
    }
    assert rows.notes == ("1 segment left out, without a value",)


def test_segments_on_no_chromosome_are_left_out_and_named(source):
    rows = read_segment_rows(
        source("A 1 1 9 -1", "A MT 1 9 1", "A chrUn_KI270302v1 1 9 1", "B MT 1 9 1"), COLUMNS
    )
    assert list(rows.value.index) == [2]
    assert rows.notes == (
        "3 segments left out, on no chromosome ('MT', 'chrUn_KI270302v1'); 1 sample thereby: 'B'",
    )


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("True", "False"), ("TRUE", "FALSE")])
def test_only_default_entries_are_kept_where_they_are_marked(source, yes, no):
    rows = read_segment_rows(
        source(f"A 1 1 9 1 {yes}", f"A 1 1 9 2 {no}", f"B 1 1 9 3 {yes}", header=WITH_DEFAULT),
        DEFAULT_IN_LAST,
    )
    assert rows.value["value"].tolist() == [1, 3]
    assert "is_default" not in rows.value
    assert rows.notes == ("1 segment left out, not of the default entry of their model",)


REFUSED = {
    "end before start": ("A 1 100 99 1", "line 3, sample 'A': starts at 100 but ends at 99"),
    "no base": ("A 1 0 0 1", "line 3, sample 'A': starts at 0 but ends at 0"),
    "text as start": ("A 1 x 99 1", "line 3, sample 'A': its start is 'x', no place"),
    "no end": ("A 1 1 NA 1", "line 3, sample 'A': its end is 'NA', no place"),
    "half a base": ("A 1 1.5 9 1", "its start is '1.5', no place"),
    "negative start": ("A 1 -1 9 1", "its start is '-1', no place"),
    "infinite end": ("A 1 1 inf 1", "its end is 'inf', no place"),
    "end far off": ("A 1 1 99999999999 1", "its end is '99999999999', no place"),
    "text as value": ("A 1 1 9 high", "line 3, row 'A', column 'value': 'high' is not a number"),
    "unknown chromosome": ("A 99 1 9 1", "line 3, sample 'A': '99' is no human chromosome"),
    "mouse's name of a place": ("A 1qA1 1 9 1", "'1qA1' is no human chromosome"),
    "a field too many": ("A 1 1 9 1 1", "line 3, row 'A': is too long"),
    "a field too few": ("A 1 1 9", "line 3, row 'A': is cut short"),
}


@pytest.mark.parametrize(("row", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_a_row_and_names_its_line(source, row, message):
    with pytest.raises(BadFileError, match=message):
        read_segment_rows(source("A 1 1 9 -1", row), COLUMNS)


def test_refuses_an_empty_chromosome_and_an_empty_sample(tmp_path):
    path = tmp_path / "segments.csv"
    path.write_text("sample,chr,start,end,value\nA,,1,9,-1\n")
    with pytest.raises(BadFileError, match="line 2, sample 'A': '' is no human chromosome"):
        read_segment_rows(path, COLUMNS)
    path.write_text("sample,chr,start,end,value\nA,1,1,9,-1\n ,1,1,9,-1\n")
    with pytest.raises(BadFileError, match="line 3, sample '': has no sample"):
        read_segment_rows(path, COLUMNS)


def test_refuses_a_default_entry_that_is_neither_yes_nor_no(source):
    path = source("A 1 1 9 1 Yes", "A 1 1 9 1 maybe", header=WITH_DEFAULT)
    with pytest.raises(BadFileError, match=r"line 3, sample 'A': .* 'maybe', not Yes or No"):
        read_segment_rows(path, DEFAULT_IN_LAST)


@pytest.mark.parametrize(
    ("row", "message"),
    [("A MT 1 9 1", "but those on no chromosome"), ("A 1 1 9 NA", "but those without a value")],
)
def test_refuses_a_file_of_which_nothing_is_left(source, row, message):
    with pytest.raises(BadFileError, match=message):
        read_segment_rows(source(row), COLUMNS)

import gzip
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import CHROMOSOME_LENGTHS, Assembly
from deepdep.domain.segments import Uncovered, bin_segments
from deepdep.io.bins import read_bins
from deepdep.io.segments import read_segments

SHARED = Path(__file__).parents[3] / "shared"
PEER = Path(os.environ.get("DEEPDEP_PEER_DATA", SHARED / "peers")) / "prep4deepdep"

XENA = "sample\tchr\tstart\tend\tvalue\n"
END_OF_1 = {build: CHROMOSOME_LENGTHS[build]["1"] for build in Assembly}
END_OF_17_IN_HG38 = CHROMOSOME_LENGTHS[Assembly.HG38]["17"]  # 2 million beyond that of hg19

# What every layout holds: two segments of A, one of B, counted from 1.
LOG2_ROWS = [("A", "1", 1, 100, -1.0), ("A", "X", 51, 80, 0.5), ("B", "2", 11, 20, 0.25)]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "segments.tsv"


def xena(*rows: str) -> str:
    """A table in Xena's layout; fields are separated by blanks, for the eye."""
    return XENA + "".join("\t".join(row.split()) + "\n" for row in rows)


def as_layout(header: str, *, linear: bool = False, chromosome: str = "{}", **others: str) -> str:
    """LOG2_ROWS under a header; columns it has besides are filled from ``others``, else 7."""
    lines = ["\t".join(header.split())]
    for sample, name, start, end, value in LOG2_ROWS:
        ratio = 2**value if linear else value
        cells = {"start": start, "end": end, "loc.start": start, "loc.end": end}
        cells |= dict.fromkeys(
            ("modelid", "depmap_id", "ccle_name", "id", "sample", "gdc_aliquot"), sample
        )
        cells |= dict.fromkeys(("chr", "chrom", "chromosome", "contig"), chromosome.format(name))
        cells |= dict.fromkeys(("value", "seg.mean", "segment_mean", "segment_copy_number"), ratio)
        cells |= others
        lines.append("\t".join(str(cells.get(column.lower(), 7)) for column in header.split()))
    return "\n".join(lines) + "\n"


LAYOUTS = [
    (as_layout("CCLE_name Chromosome Start End Num_Probes Segment_Mean"), None),
    (
        as_layout(
            "SequencingID ModelID IsDefaultEntryForModel CONTIG START END SEGMENT_COPY_NUMBER",
            linear=True,
            chromosome="chr{}",
            isdefaultentryformodel="Yes",
        ),
        None,
    ),
    (
        as_layout("DepMap_ID Chromosome Start End Num_Probes Segment_Mean", linear=True),
        Assembly.HG38,
    ),
    (as_layout("ID chrom loc.start loc.end num.mark seg.mean"), Assembly.HG19),
    (as_layout("sample chr start end value", chromosome="chr{}"), Assembly.HG19),
    (as_layout("GDC_Aliquot Chromosome Start End Num_Probes Segment_Mean"), None),
    (as_layout("Segment_Mean End Start Chromosome CCLE_name"), Assembly.HG19),
]


@pytest.mark.parametrize(("content", "assembly"), LAYOUTS)
def test_every_layout_gives_the_same_segments_counted_from_zero(path, content, assembly):
    path.write_text(content)
    table = read_segments(path, assembly).value.table
    assert table.drop(columns="value").to_numpy().tolist() == [
        ["A", "1", 0, 100],
        ["A", "X", 50, 80],
        ["B", "2", 10, 20],
    ]
    assert table["value"].tolist() == pytest.approx([-1.0, 0.5, 0.25])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_gzipped_tables_with_commas_bom_and_any_line_ends_are_read(tmp_path, newline):
    path = tmp_path / "segments.csv.gz"
    text = xena("A chr1 1 100 -1", "A 23 51 80 0.5").replace("\t", ",").replace("\n", newline)
    path.write_bytes(gzip.compress(text.encode("utf-8-sig")))
    table = read_segments(path, Assembly.HG19).value.table
    assert table["chromosome"].tolist() == ["1", "X"]


def test_the_first_note_says_what_was_read(path):
    path.write_text(as_layout("CCLE_name Chromosome Start End Num_Probes Segment_Mean"))
    notes = read_segments(path, None).notes
    assert notes == ("2 samples by CCLE_name, 3 segments, hg19, in the layout of Prep4DeepDEP",)


def test_the_build_is_told_by_the_ends_where_only_one_fits(path):
    path.write_text(xena(f"A 1 1 {END_OF_1[Assembly.HG19]} -1"))
    noted = read_segments(path, None)
    assert noted.value.assembly is Assembly.HG19
    assert "hg19: the only build whose chromosomes are long enough" in noted.notes
    path.write_text(xena(f"A 17 1 {END_OF_17_IN_HG38} -1"))
    assert read_segments(path, None).value.assembly is Assembly.HG38


def test_samples_keep_the_order_of_the_file_and_segments_are_sorted_by_place(path):
    path.write_text(
        xena("B X 1 9 -1", "A 2 50 60 -1", "B 10 1 9 0.1", "A 2 1 49 0.2", "B 2 5 9 0.3")
    )
    table = read_segments(path, Assembly.HG19).value.table
    places = table[["sample", "chromosome", "start"]].to_numpy().tolist()
    assert places == [["B", "2", 4], ["B", "10", 0], ["B", "X", 0], ["A", "2", 0], ["A", "2", 49]]


def test_a_base_that_ends_one_segment_and_begins_the_next_is_of_the_first(path):
    path.write_text(xena("A 1 0 100 -1", "A 1 100 200 1", "A 1 201 300 2", "B 1 100 200 0"))
    table = read_segments(path, Assembly.HG19).value.table
    assert table["start"].tolist() == [0, 100, 200, 99]
    assert table["end"].tolist() == [100, 200, 300, 200]


REFUSED = {
    "overlap": (
        xena("A 1 1 100 -1", "B 1 50 60 1", "A 1 99 200 1"),
        "line 4, sample 'A': starts at 99 on chromosome 1, where another segment",
    ),
    "one segment twice": (xena("A 1 1 100 -1", "A 1 1 100 -1"), "line 3, sample 'A': starts at 1"),
    "a base within a segment": (
        xena("A 1 1 100 -1", "A 1 100 100 1"),
        "line 3, sample 'A': starts at 100",
    ),
    "beyond the chromosome": (
        xena("A 1 1 100 -1", f"A 1 101 {END_OF_1[Assembly.HG19] + 1} 1"),
        "line 3, sample 'A': ends at 249,250,622, and chromosome 1 of hg19 before",
    ),
    "a column twice": (
        "sample\tchr\tstart\tend\tvalue\tvalue\nA\t1\t1\t9\t-1\t0\n",
        "column 'value': occurs more than once",
    ),
    "columns of something else": (
        "Gene\tA\tB\nTP53\t0\t1\n",
        "line 1: has the columns of no known",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_segments_that_cannot_be(path, content, message):
    path.write_text(content)
    with pytest.raises(BadFileError, match=message) as refused:
        read_segments(path, Assembly.HG19)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(str(path))


def test_a_build_that_cannot_be_told_must_be_given(path):
    path.write_text(xena("A 1 1 100 -1"))
    with pytest.raises(BadFileError, match=r"could be on hg19 or hg38\. Say which with --assembly"):
        read_segments(path, None)


def test_mixed_builds_are_refused_with_a_line_of_each(path):
    path.write_text(
        xena("A 2 1 9 -1", f"A 1 1 {END_OF_1[Assembly.HG19]} 1", f"A 17 1 {END_OF_17_IN_HG38} 1")
    )
    message = "of no one build: line 4 lies beyond chromosome 17 of hg19, line 3 .* 1 of hg38"
    with pytest.raises(BadFileError, match=message):
        read_segments(path, None)


def test_a_build_that_contradicts_the_layout_is_refused(path):
    path.write_text(as_layout("CCLE_name Chromosome Start End Num_Probes Segment_Mean"))
    with pytest.raises(BadFileError, match="layout of Prep4DeepDEP, which is on hg19, not hg38"):
        read_segments(path, Assembly.HG38)
    assert read_segments(path, Assembly.HG19).value.assembly is Assembly.HG19


@pytest.mark.skipif(not PEER.exists(), reason=f"needs {PEER}")
def test_published_bins_are_those_of_the_published_preparation():
    segments = read_segments(PEER / "input" / "cna.file.txt.gz", None).value
    bins = read_bins(PEER / "reference" / "feature_cna_bins_7460.csv")
    binned = bin_segments(segments, bins, uncovered=Uncovered.ZERO)
    expected = pd.read_csv(
        PEER / "expected" / "pred1298_cna_prediction.txt.gz", sep="\t", index_col=0
    ).T
    assert set(binned.columns) == set(expected.columns)
    assert set(binned.index) == set(expected.index)
    difference = binned - expected.loc[binned.index, binned.columns]
    assert difference.abs().to_numpy().max() <= 0.5e-4 + 1e-6  # they have four decimals


def test_a_million_fields_are_read_in_seconds(path):
    """500 samples x 500 segments; a thousand fuller ones take 2 s on a quiet machine."""
    n_samples, n_segments = 500, 500
    start = np.tile(np.arange(n_segments) * 100 + 1, n_samples)
    sample = np.repeat([f"S{k}" for k in range(n_samples)], n_segments)
    table = {"sample": sample, "chr": "chr7", "start": start, "end": start + 99}
    value = np.random.default_rng(0).normal(size=len(start)).round(4)
    pd.DataFrame(table | {"value": value}).to_csv(path, sep="\t", index=False)
    started = time.perf_counter()
    segments = read_segments(path, Assembly.HG38).value
    assert time.perf_counter() - started < 5
    np.testing.assert_allclose(segments.table["value"], value, atol=1e-6)

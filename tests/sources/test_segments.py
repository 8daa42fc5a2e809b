import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.genome import CHROMOSOME_LENGTHS, Assembly, Uncovered
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.feature_lists import read_bins
from deepdep.sources.segments import (
    LAYOUTS,
    SegmentColumns,
    log2_values,
    read_segment_rows,
    read_segments,
    segment_layout,
)

HEADERS = {
    "Prep4DeepDEP": "CCLE_name Chromosome Start End Num_Probes Segment_Mean",
    "DepMap 25Q2 or later": "SequencingID ModelID IsDefaultEntryForModel CONTIG START END "
    "NUM_POINTS_COPY_RATIO CALL SEGMENT_COPY_NUMBER",
    "DepMap before 25Q2": "DepMap_ID Chromosome Start End Num_Probes Segment_Mean Source",
    "SEG": "ID chrom loc.start loc.end num.mark seg.mean",
    "UCSC Xena": "sample chr start end value",
    "GDC": "GDC_Aliquot Chromosome Start End Num_Probes Segment_Mean",
}


@pytest.mark.parametrize(("name", "header"), HEADERS.items())
def test_a_layout_is_told_by_its_columns_in_any_order(name, header):
    for columns in (header.split(), header.split()[::-1]):
        layout = segment_layout(columns)
        assert layout is not None
        assert layout.name == name


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("DepMap before 25Q2", "ProfileID Chromosome Start End NumProbes SegmentMean Status"),
        ("DepMap 25Q2 or later", "ProfileID CONTIG START END SEGMENT_COPY_NUMBER"),
        ("UCSC Xena", "sample Chrom Start End value"),
        ("SEG", "Sample Chromosome Start End Num_Probes Segment_Mean"),
        ("SEG", "'ID chrom loc.start loc.end num.mark seg.mean"),
    ],
)
def test_other_spellings_of_a_layout_are_known(name, header):
    layout = segment_layout(header.split())
    assert layout is not None
    assert layout.name == name


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Gene CCL_A CCL_B",
        "Hugo_Symbol Chromosome Start_Position End_Position Tumor_Sample_Barcode",
        "sample chr start value",
        "gene_id gene_name chromosome start end copy_number min_copy_number max_copy_number",
        "Sample Chromosome Start End my.ratio",
        "CNA Chr Start End",
    ],
)
def test_other_tables_are_no_segments(header):
    assert segment_layout(header.split()) is None


def test_only_some_layouts_tell_the_build():
    builds = {name: segment_layout(header.split()).assembly for name, header in HEADERS.items()}
    assert builds == {
        "Prep4DeepDEP": Assembly.HG19,
        "DepMap 25Q2 or later": Assembly.HG38,
        "DepMap before 25Q2": None,
        "SEG": None,
        "UCSC Xena": None,
        "GDC": Assembly.HG38,
    }


def test_columns_are_found_by_name_and_the_model_before_the_sequencing():
    header = "SEGMENT_COPY_NUMBER SequencingID END START CONTIG ModelID IsDefaultEntryForModel"
    layout = segment_layout(header.split())
    columns = layout.columns(header.split())
    assert columns == SegmentColumns(sample=5, chromosome=4, start=3, end=2, value=0, is_default=6)


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
    rows = collected(
        read_segment_rows, source("A chr1 1 100 -1", "B 23 1e+05 200000.0 NA", "B X 7 9 2"), COLUMNS
    )
    assert rows.value.to_dict("index") == {
        2: {"sample": "A", "chromosome": "1", "start": 1, "end": 100, "value": -1.0},
        4: {"sample": "B", "chromosome": "X", "start": 7, "end": 9, "value": 2.0},
    }
    assert rows.notes == ("1 segment left out, without a value",)


def test_segments_on_no_chromosome_are_left_out_and_named(source):
    rows = collected(
        read_segment_rows,
        source("A 1 1 9 -1", "A MT 1 9 1", "A chrUn_KI270302v1 1 9 1", "B MT 1 9 1"),
        COLUMNS,
    )
    assert list(rows.value.index) == [2]
    assert rows.notes == (
        "3 segments left out, on no chromosome ('MT', 'chrUn_KI270302v1'); 1 sample thereby: 'B'",
    )


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("True", "False"), ("TRUE", "FALSE")])
def test_only_default_entries_are_kept_where_they_are_marked(source, yes, no):
    rows = collected(
        read_segment_rows,
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
        read_segment_rows(source("A 1 1 9 -1", row), COLUMNS, notes=Notes())


def test_refuses_an_empty_chromosome_and_an_empty_sample(tmp_path):
    path = tmp_path / "segments.csv"
    path.write_text("sample,chr,start,end,value\nA,,1,9,-1\n")
    with pytest.raises(BadFileError, match="line 2, sample 'A': '' is no human chromosome"):
        read_segment_rows(path, COLUMNS, notes=Notes())
    path.write_text("sample,chr,start,end,value\nA,1,1,9,-1\n ,1,1,9,-1\n")
    with pytest.raises(BadFileError, match="line 3, sample '': has no sample"):
        read_segment_rows(path, COLUMNS, notes=Notes())


def test_refuses_a_default_entry_that_is_neither_yes_nor_no(source):
    path = source("A 1 1 9 1 Yes", "A 1 1 9 1 maybe", header=WITH_DEFAULT)
    with pytest.raises(BadFileError, match=r"line 3, sample 'A': .* 'maybe', not Yes or No"):
        read_segment_rows(path, DEFAULT_IN_LAST, notes=Notes())


@pytest.mark.parametrize(
    ("row", "message"),
    [("A MT 1 9 1", "but those on no chromosome"), ("A 1 1 9 NA", "but those without a value")],
)
def test_refuses_a_file_of_which_nothing_is_left(source, row, message):
    with pytest.raises(BadFileError, match=message):
        read_segment_rows(source(row), COLUMNS, notes=Notes())


OF_NAME = {layout.name: layout for layout in LAYOUTS}
LINEAR, LOG2 = OF_NAME["DepMap 25Q2 or later"], OF_NAME["SEG"]


def rows(*values: float) -> pd.DataFrame:
    """Segments of one sample, from line 2 on."""
    lines = range(2, len(values) + 2)
    return pd.DataFrame({"sample": "A", "value": np.array(values, float)}, index=lines)


def log2_of(layout, *values: float):
    return collected(log2_values, rows(*values), layout, Path("segments.csv"))


def test_log2_ratios_are_taken_as_they_are():
    noted = log2_of(LOG2, -1.5, 0.0, 0.25, 8)
    assert noted.value["value"].tolist() == [-1.5, 0, 0.25, 8]
    assert noted.notes == ()


def test_linear_ratios_are_turned_to_log2():
    noted = log2_of(LINEAR, 1, 0.5, 4, 1)
    assert noted.value["value"].tolist() == [0, -1, 2, 0]
    assert noted.notes == ("linear ratios turned to log2",)


def test_no_copy_left_becomes_the_lowest_value():
    noted = log2_of(LINEAR, 0, 0, 2**-11, 1, 1)
    assert noted.value["value"].tolist() == [-10, -10, -10, 0, 0]
    note = "3 segments, 2 of them without any copy left, set to -10, the lowest value"
    assert noted.notes == ("linear ratios turned to log2", note)


def test_log2_ratios_below_the_lowest_become_it():
    noted = log2_of(LOG2, -26, -np.inf, 0.5)
    assert noted.value["value"].tolist() == [-10, -10, 0.5]
    assert noted.notes[0].startswith("2 segments, 1 of them without any copy left, set to -10")


@pytest.mark.parametrize(
    ("layout", "values", "message"),
    [
        (LOG2, (0.9, 1.0, 1.1, 3.0), "no negative value and centres on 1.1: linear copy number"),
        (LOG2, (1, 2, 2, 2), "centres on 2: linear copy number"),
        (LOG2, (-1, 57), "line 3, sample 'A': is 57, beyond the range of log2"),
        (LOG2, (-1, np.inf), "line 3, sample 'A': is inf"),
        (LINEAR, (1, 1, -0.3), "line 4, sample 'A': is -0.3, where this layout holds linear"),
        (LINEAR, (1, 2, 2, 3), "centres on 2: absolute copy numbers"),
        (LINEAR, (1, 1, 2000), "line 4, sample 'A': is 2000, beyond"),
    ],
)
def test_refuses_values_that_are_not_what_the_layout_holds(layout, values, message):
    with pytest.raises(BadFileError, match=message):
        log2_of(layout, *values)


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


LAYOUTS_SEGMENTS = [
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


@pytest.mark.parametrize(("content", "assembly"), LAYOUTS_SEGMENTS)
def test_every_layout_gives_the_same_segments_counted_from_zero(path, content, assembly):
    path.write_text(content)
    table = read_segments(path, assembly, notes=Notes()).table
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
    table = read_segments(path, Assembly.HG19, notes=Notes()).table
    assert table["chromosome"].tolist() == ["1", "X"]


def test_the_first_note_says_what_was_read(path):
    path.write_text(as_layout("CCLE_name Chromosome Start End Num_Probes Segment_Mean"))
    notes = collected(read_segments, path, None).notes
    assert notes == ("2 samples by CCLE_name, 3 segments, hg19, in the layout of Prep4DeepDEP",)


def test_the_build_is_told_by_the_ends_where_only_one_fits(path):
    path.write_text(xena(f"A 1 1 {END_OF_1[Assembly.HG19]} -1"))
    noted = collected(read_segments, path, None)
    assert noted.value.assembly is Assembly.HG19
    assert "hg19: the only build whose chromosomes are long enough" in noted.notes
    path.write_text(xena(f"A 17 1 {END_OF_17_IN_HG38} -1"))
    assert read_segments(path, None, notes=Notes()).assembly is Assembly.HG38


def test_samples_keep_the_order_of_the_file_and_segments_are_sorted_by_place(path):
    path.write_text(
        xena("B X 1 9 -1", "A 2 50 60 -1", "B 10 1 9 0.1", "A 2 1 49 0.2", "B 2 5 9 0.3")
    )
    table = read_segments(path, Assembly.HG19, notes=Notes()).table
    places = table[["sample", "chromosome", "start"]].to_numpy().tolist()
    assert places == [["B", "2", 4], ["B", "10", 0], ["B", "X", 0], ["A", "2", 0], ["A", "2", 49]]


def test_a_base_that_ends_one_segment_and_begins_the_next_is_of_the_first(path):
    path.write_text(xena("A 1 0 100 -1", "A 1 100 200 1", "A 1 201 300 2", "B 1 100 200 0"))
    table = read_segments(path, Assembly.HG19, notes=Notes()).table
    assert table["start"].tolist() == [0, 100, 200, 99]
    assert table["end"].tolist() == [100, 200, 300, 200]


REFUSED_SEGMENTS = {
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


@pytest.mark.parametrize(("content", "message"), REFUSED_SEGMENTS.values(), ids=REFUSED_SEGMENTS)
def test_refuses_segments_that_cannot_be(path, content, message):
    path.write_text(content)
    with pytest.raises(BadFileError, match=message) as refused:
        read_segments(path, Assembly.HG19, notes=Notes())
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(str(path))


def test_a_build_that_cannot_be_told_must_be_given(path):
    path.write_text(xena("A 1 1 100 -1"))
    with pytest.raises(BadFileError, match=r"could be on hg19 or hg38\. Say which with --assembly"):
        read_segments(path, None, notes=Notes())


def test_mixed_builds_are_refused_with_a_line_of_each(path):
    path.write_text(
        xena("A 2 1 9 -1", f"A 1 1 {END_OF_1[Assembly.HG19]} 1", f"A 17 1 {END_OF_17_IN_HG38} 1")
    )
    message = "of no one build: line 4 lies beyond chromosome 17 of hg19, line 3 .* 1 of hg38"
    with pytest.raises(BadFileError, match=message):
        read_segments(path, None, notes=Notes())


def test_a_build_that_contradicts_the_layout_is_refused(path):
    path.write_text(as_layout("CCLE_name Chromosome Start End Num_Probes Segment_Mean"))
    with pytest.raises(BadFileError, match="layout of Prep4DeepDEP, which is on hg19, not hg38"):
        read_segments(path, Assembly.HG38, notes=Notes())
    assert read_segments(path, Assembly.HG19, notes=Notes()).assembly is Assembly.HG19


@pytest.mark.skipif(not PEER.exists(), reason=f"needs {PEER}")
def test_published_bins_are_those_of_the_published_preparation():
    segments = read_segments(PEER / "input" / "cna.file.txt.gz", None, notes=Notes())
    bins = read_bins(PEER / "reference" / "feature_cna_bins_7460.csv")
    binned = segments.binned(bins, uncovered=Uncovered.ZERO)
    expected = pd.read_csv(
        PEER / "expected" / "pred1298_cna_prediction.txt.gz", sep="\t", index_col=0
    ).T
    assert set(binned.columns) == set(expected.columns)
    assert set(binned.index) == set(expected.index)
    difference = binned - expected.loc[binned.index, binned.columns]
    assert difference.abs().to_numpy().max() <= 0.5e-4 + 1e-6  # they have four decimals


def test_a_million_fields_are_read(path):
    """500 samples x 500 segments."""
    n_samples, n_segments = 500, 500
    start = np.tile(np.arange(n_segments) * 100 + 1, n_samples)
    sample = np.repeat([f"S{k}" for k in range(n_samples)], n_segments)
    table = {"sample": sample, "chr": "chr7", "start": start, "end": start + 99}
    value = np.random.default_rng(0).normal(size=len(start)).round(4)
    pd.DataFrame(table | {"value": value}).to_csv(path, sep="\t", index=False)
    segments = read_segments(path, Assembly.HG38, notes=Notes())
    np.testing.assert_allclose(segments.table["value"], value, atol=1e-6)


TOOLS = {
    "DNAcopy": "ID chrom loc.start loc.end num.mark seg.mean",
    "GISTIC": "Sample Chromosome Start.bp End.bp Num.Markers Seg.CN",
    "GISTIC, in words": "Sample Chromosome Start_Position End_Position Num_Markers Seg.CN",
    "FACETS": "ID chrom loc.start loc.end seg num.mark nhet cnlr.median tcn.em",
    "TITAN": "Sample Chromosome Start_Position.bp. End_Position.bp. Length.snp. Median_logR",
    "ichorCNA": "ID chrom start end num.mark seg.median.logR copy.number call",
    "CNVkit": "sample chromosome start end gene log2 probes",
    "GATK": "SAMPLE CONTIG START END NUM_POINTS_COPY_RATIO MEAN_LOG2_COPY_RATIO",
    "R's GRanges": "seqnames start end width strand Sample seg.mean",
    "MAF-like": "Tumor_Sample_Barcode Chromosome Start_Position End_Position Segment_Mean",
    "Xena": "sampleID chr start end value",
}


@pytest.mark.parametrize("header", TOOLS.values(), ids=TOOLS.keys())
def test_segments_are_read_under_the_names_of_every_tool(path, header):
    names = header.split()
    layout = segment_layout(names)
    columns = layout.columns(names)
    cells = ["9"] * len(names)
    for position, cell in zip(
        (columns.sample, columns.chromosome, columns.start, columns.end, columns.value),
        ("A", "chr1", "1", "100", "-0.5"),
        strict=True,
    ):
        cells[position] = cell
    path.write_text(f"{chr(9).join(names)}\n{chr(9).join(cells)}\n")
    read = read_segments(path, Assembly.HG19, notes=Notes()).table
    assert read.to_numpy().tolist() == [["A", "1", 0, 100, -0.5]]


COPIES = {
    "GDC, ASCAT": "GDC_Aliquot Chromosome Start End {} Major_Copy_Number Minor_Copy_Number",
    "ASCAT": "sample chr startpos endpos nMajor nMinor {}",
}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (COPIES["GDC, ASCAT"], "Copy_Number"),
        (COPIES["ASCAT"], "nTotal"),
        (COPIES["ASCAT"], "total_cn"),
        (COPIES["ASCAT"], "tcn.em"),
    ],
)
def test_copies_become_log2_of_their_ratio_to_the_mean_by_length(path, header, name):
    names = header.format(name).split()
    layout = segment_layout(names)
    columns = layout.columns(names)
    rows = [("A", 1, 300, 2), ("A", 301, 400, 6), ("B", 1, 100, 4), ("B", 101, 200, 0)]
    lines = ["\t".join(names)]
    for sample, start, end, copies in rows:
        cells = ["9"] * len(names)
        cells[columns.sample], cells[columns.chromosome] = sample, "1"
        cells[columns.start], cells[columns.end], cells[columns.value] = map(
            str, (start, end, copies)
        )
        lines.append("\t".join(cells))
    path.write_text("\n".join(lines) + "\n")
    noted = collected(read_segments, path, Assembly.HG38)
    expected = [np.log2(2 / 3), 1, 1, -10]
    np.testing.assert_allclose(noted.value.table["value"], expected, atol=1e-6)
    assert "copies turned to log2 of their ratio to the sample's mean" in noted.notes


def test_a_column_of_copies_with_negative_values_holds_logarithms(path):
    path.write_text("sample\tchr\tstart\tend\tcopy_number\nA\t1\t1\t9\t-0.5\nA\t2\t1\t9\t1\n")
    read = read_segments(path, Assembly.HG38, notes=Notes()).table
    assert read["value"].tolist() == [-0.5, 1]


def test_segments_under_a_name_that_nobody_knows_are_told_what_to_do(path):
    path.write_text("Sample\tChromosome\tStart.bp\tEnd.bp\tmine\nA\t1\t1\t9\t-1\n")
    with pytest.raises(BadFileError, match=r"no known table of segments.*value .a log2 ratio. or"):
        read_segments(path, Assembly.HG38, notes=Notes())

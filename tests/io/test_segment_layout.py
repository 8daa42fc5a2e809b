import pytest

from deepdep.domain.genome import Assembly
from deepdep.io.segment_layout import SegmentColumns, segment_columns, segment_layout

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
        "GDC_Aliquot Chromosome Start End Copy_Number Major_Copy_Number Minor_Copy_Number",
        "sample chr start value",
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
    columns = segment_columns(header.split(), layout)
    assert columns == SegmentColumns(sample=5, chromosome=4, start=3, end=2, value=0, is_default=6)

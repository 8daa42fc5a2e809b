from dataclasses import replace
from pathlib import Path

import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly
from deepdep.io.sources.tcga.segments import read_binned_segments

SEG = "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n"
WHOLE_1 = 249_250_621  # bases of chromosome 1 in hg19
A, B = "TCGA-AA-0001-01", "TCGA-AA-0002-01"


@pytest.fixture
def write(tmp_path):
    def write_seg(name: str, *rows: tuple[object, ...], header: str = SEG) -> Path:
        text = header + "".join("\t".join(map(str, row)) + "\n" for row in rows)
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write_seg


def test_segments_are_averaged_over_bins_of_a_megabase(write, options):
    file = write(
        "data_cna_hg19.seg",
        (A, 1, 1, 1_500_000, 9, 0.5),
        (A, 1, 1_500_001, 2_000_000, 9, -0.5),
        (B, "X", 1, 1_000_000, 9, 1.0),
    )
    table = read_binned_segments([file], {}, options).value
    assert table.assembly is Assembly.HG19
    values = table.values
    assert values.loc[A, "hg19:chr1:0-1000000"] == 0.5
    assert values.loc[A, "hg19:chr1:1000000-2000000"] == 0  # half of it 0.5, half -0.5
    assert values.loc[B, "hg19:chrX:0-1000000"] == 1.0
    assert values.loc[[A, B], "hg19:chr2:0-1000000"].isna().all()


def test_the_width_of_bins_and_the_build_are_the_users_to_say(write, options):
    file = write("x.seg", (A, 1, 1, 20_000_000, 9, 0.5))
    asked = replace(options, bins=10_000_000, assembly=Assembly.HG38)
    values = read_binned_segments([file], {}, asked).value.values
    assert values.columns[:2].tolist() == ["hg38:chr1:0-10000000", "hg38:chr1:10000000-20000000"]
    assert values.loc[A].dropna().tolist() == [0.5, 0.5]


def test_the_gdcs_aliquots_are_named_by_the_sample_sheet(write, options):
    header = "GDC_Aliquot\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"
    uuid = "0c27cdc4-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
    file = write("a.grch38.seg.v2.txt", (uuid, 1, 1, 1_000_000, 9, 0.5), header=header)
    table = read_binned_segments([file], {file.name: "TCGA-AA-0001-01A"}, options).value
    assert table.values.index.tolist() == ["TCGA-AA-0001-01A"]
    assert table.assembly is Assembly.HG38
    with pytest.raises(BadFileError, match=r"is no TCGA barcode.*sample sheet"):
        read_binned_segments([file], {}, options)


def test_files_are_put_together(write, options):
    files = [
        write(f"{k}_hg19.seg", (name, 1, 1, 9_000_000, 9, -k)) for k, name in enumerate([A, B])
    ]
    values = read_binned_segments(files, {}, options).value.values
    assert values["hg19:chr1:0-1000000"].to_dict() == {A: 0, B: -1}


def test_refuses_segments_of_two_builds(write, options):
    files = [write(f"x_{b}.seg", (A, 1, 1, 9_000_000, 9, 0)) for b in ("hg19", "hg38")]
    with pytest.raises(BadFileError, match=r"x_hg38.seg: is on hg38, not as x_hg19.seg"):
        read_binned_segments(files, {}, options)


def test_refuses_a_sample_in_two_files(write, options):
    files = [write(f"{k}_hg19.seg", (A, 1, 1, 9_000_000, 9, 0)) for k in range(2)]
    with pytest.raises(BadFileError, match=f"sample {A!r} is in two files"):
        read_binned_segments(files, {}, options)


REFUSED = {
    "beyond the chromosome": ([(A, 1, 1, WHOLE_1 + 1, 9, 0)], "line 2.*chromosome 1"),
    "overlap": ([(A, 1, 1, 90, 9, 0), (A, 1, 50, 120, 9, 0)], "line 3"),
    "start after end": ([(A, 1, 90, 1, 9, 0)], "line 2"),
    "no chromosome": ([(A, "one", 1, 90, 9, 0)], "'one'"),
    "mixed lengths": (
        [(A, 1, 1, 90, 9, 0), ("TCGA-AA-0002", 1, 1, 90, 9, 0)],
        "barcodes of mixed length",
    ),
}


@pytest.mark.parametrize(("rows", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(write, options, rows, message):
    with pytest.raises(BadFileError, match=message):
        read_binned_segments([write("data_cna_hg19.seg", *rows)], {}, options)


def test_refuses_a_build_that_the_name_contradicts(write, options):
    file = write("data_cna_hg19.seg", (A, 1, 1, 90, 9, 0))
    with pytest.raises(BadFileError, match="its name says hg19, and --assembly hg38"):
        read_binned_segments([file], {}, replace(options, assembly=Assembly.HG38))

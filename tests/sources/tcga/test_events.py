from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from collecting import collected

from deepdep.domain.genome import Assembly
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.tcga.events import assembly_of_name, read_binned_segments, read_mutations

MAF = "#version 2.4\nHugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n"
A, B = "TCGA-AA-0001-01A-11D", "TCGA-AA-0002-01A-11D"


@pytest.fixture
def write(tmp_path):
    def write_maf(name: str, *rows: tuple[str, str, str]) -> Path:
        (tmp_path / name).write_text(MAF + "".join("\t".join(row) + "\n" for row in rows))
        return tmp_path / name

    return write_maf


def test_any_non_silent_mutation_counts_once_and_silent_ones_do_not(write):
    file = write(
        "x.maf",
        ("TP53", "Missense_Mutation", A),
        ("TP53", "Nonsense_Mutation", A),
        ("MYC", "Silent", A),
        ("MYC", "Splice_Site", B),
        ("TTN", "Intron", B),
    )
    noted = collected(read_mutations, [file], NO_GENE_TABLE)
    assert noted.value.values.to_dict("index") == {
        A: {"MYC": 0, "TP53": 1},
        B: {"MYC": 1, "TP53": 0},
    }
    assert noted.value.values.dtypes.unique().tolist() == [np.uint8]
    assert noted.notes == ("x.maf: one mutation per row: 5 mutations, non-silent in 2 genes",)


def test_a_sample_with_silent_mutations_only_is_a_row_of_zeros(write):
    file = write("x.maf", ("TP53", "Missense_Mutation", A), ("TTN", "Silent", B))
    values = read_mutations([file], NO_GENE_TABLE, notes=Notes()).values
    assert values.to_dict("index") == {A: {"TP53": 1}, B: {"TP53": 0}}


def test_files_of_several_samples_are_put_together(write):
    files = [
        write("a.maf", ("TP53", "Missense_Mutation", A)),
        write("b.maf", ("MYC", "In_Frame_Del", B)),
    ]
    noted = collected(read_mutations, files, NO_GENE_TABLE)
    assert noted.value.values.to_numpy().tolist() == [[0, 1], [1, 0]]
    assert noted.notes == (
        "2 files of mutations: one mutation per row: 2 mutations, non-silent in 2 genes",
    )


def test_xenas_table_with_terms_of_the_sequence_ontology(tmp_path):
    file = tmp_path / "TCGA-UVM.mutect2_snv.tsv"
    file.write_text(
        "Sample_ID\tgene\tchrom\tstart\tend\tref\talt\teffect\n"
        "TCGA-AA-0001-01A\tTP53\tchr17\t7\t7\tA\tC\tmissense_variant;splice_region_variant\n"
        "TCGA-AA-0002-01A\tMYC\tchr8\t7\t7\tA\tC\tsynonymous_variant\n"
    )
    values = read_mutations([file], NO_GENE_TABLE, notes=Notes()).values
    assert values["TP53"].to_dict() == {"TCGA-AA-0001-01A": 1, "TCGA-AA-0002-01A": 0}


def test_former_symbols_of_one_gene_are_joined(write):
    genes = GeneTable(frozenset({"KMT2D"}), {}, {}, {"MLL2": "KMT2D"})
    file = write("x.maf", ("MLL2", "Splice_Site", A), ("KMT2D", "Splice_Site", B))
    assert read_mutations([file], genes, notes=Notes()).values.to_dict() == {"KMT2D": {A: 1, B: 1}}


def test_mutations_between_genes_and_unknown_classes_are_noted(write):
    file = write(
        "x.maf",
        ("TP53", "Missense_Mutation", A),
        ("Unknown", "Missense_Mutation", A),
        ("TTN", "Wild_Guess", B),
    )
    notes = collected(read_mutations, [file], NO_GENE_TABLE).notes
    assert "x.maf: 1 mutation of no gene left out" in notes
    assert "x.maf: 1 consequence not known, taken as silent: 'wild_guess'" in notes


REFUSED = {
    "samples by another name": (
        [("TP53", "Splice_Site", "tumor-7")],
        "'tumor-7' is no TCGA barcode",
    ),
    "mixed lengths": (
        [("TP53", "Splice_Site", A), ("TP53", "Splice_Site", "TCGA-AA-0002-01")],
        "sample 'TCGA-AA-0002-01': has TCGA barcodes of mixed length",
    ),
    "no known class": ([("TP53", "yes", A)], "names no known consequence, but 'yes'"),
    "silent mutations only": ([("TP53", "Silent", A)], "has no non-silent mutation in a gene"),
    "an Excel date": ([("1-Mar", "Splice_Site", A)], "'1-Mar': is a date"),
    "no row": ([], "has a header and no row"),
}


@pytest.mark.parametrize(("rows", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(write, rows, message):
    with pytest.raises(BadFileError, match=message):
        read_mutations([write("x.maf", *rows)], NO_GENE_TABLE, notes=Notes())


def test_refuses_a_sample_in_two_files(write):
    files = [write(name, ("TP53", "Splice_Site", A)) for name in ("mutect.maf", "varscan.maf")]
    with pytest.raises(BadFileError, match=r"varscan.maf: sample .*is in mutect.maf too"):
        read_mutations(files, NO_GENE_TABLE, notes=Notes())


SEG = "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n"
WHOLE_1 = 249_250_621  # bases of chromosome 1 in hg19
A_SEGMENTS, B_SEGMENTS = "TCGA-AA-0001-01", "TCGA-AA-0002-01"


@pytest.fixture
def write_segments(tmp_path):
    def write_seg(name: str, *rows: tuple[object, ...], header: str = SEG) -> Path:
        text = header + "".join("\t".join(map(str, row)) + "\n" for row in rows)
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write_seg


def test_segments_are_averaged_over_bins_of_a_megabase(write_segments, options):
    file = write_segments(
        "data_cna_hg19.seg",
        (A_SEGMENTS, 1, 1, 1_500_000, 9, 0.5),
        (A_SEGMENTS, 1, 1_500_001, 2_000_000, 9, -0.5),
        (B_SEGMENTS, "X", 1, 1_000_000, 9, 1.0),
    )
    table = read_binned_segments([file], {}, options, notes=Notes())
    assert table.assembly is Assembly.HG19
    values = table.values
    assert values.loc[A_SEGMENTS, "hg19:chr1:0-1000000"] == 0.5
    assert values.loc[A_SEGMENTS, "hg19:chr1:1000000-2000000"] == 0  # half of it 0.5, half -0.5
    assert values.loc[B_SEGMENTS, "hg19:chrX:0-1000000"] == 1.0
    assert values.loc[[A_SEGMENTS, B_SEGMENTS], "hg19:chr2:0-1000000"].isna().all()


def test_the_width_of_bins_and_the_build_are_the_users_to_say(write_segments, options):
    file = write_segments("x.seg", (A_SEGMENTS, 1, 1, 20_000_000, 9, 0.5))
    asked = replace(options, bins=10_000_000, assembly=Assembly.HG38)
    values = read_binned_segments([file], {}, asked, notes=Notes()).values
    assert values.columns[:2].tolist() == ["hg38:chr1:0-10000000", "hg38:chr1:10000000-20000000"]
    assert values.loc[A_SEGMENTS].dropna().tolist() == [0.5, 0.5]


def test_the_gdcs_aliquots_are_named_by_the_sample_sheet(write_segments, options):
    header = "GDC_Aliquot\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"
    uuid = "0c27cdc4-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
    file = write_segments("a.grch38.seg.v2.txt", (uuid, 1, 1, 1_000_000, 9, 0.5), header=header)
    table = read_binned_segments([file], {file.name: "TCGA-AA-0001-01A"}, options, notes=Notes())
    assert table.values.index.tolist() == ["TCGA-AA-0001-01A"]
    assert table.assembly is Assembly.HG38
    with pytest.raises(BadFileError, match=r"is no TCGA barcode.*sample sheet"):
        read_binned_segments([file], {}, options, notes=Notes())


def test_files_are_put_together(write_segments, options):
    files = [
        write_segments(f"{k}_hg19.seg", (name, 1, 1, 9_000_000, 9, -k))
        for k, name in enumerate([A_SEGMENTS, B_SEGMENTS])
    ]
    values = read_binned_segments(files, {}, options, notes=Notes()).values
    assert values["hg19:chr1:0-1000000"].to_dict() == {A_SEGMENTS: 0, B_SEGMENTS: -1}


def test_refuses_segments_of_two_builds(write_segments, options):
    files = [
        write_segments(f"x_{b}.seg", (A_SEGMENTS, 1, 1, 9_000_000, 9, 0)) for b in ("hg19", "hg38")
    ]
    with pytest.raises(BadFileError, match=r"x_hg38.seg: is on hg38, not as x_hg19.seg"):
        read_binned_segments(files, {}, options, notes=Notes())


def test_segments_refuses_a_sample_in_two_files(write_segments, options):
    files = [write_segments(f"{k}_hg19.seg", (A_SEGMENTS, 1, 1, 9_000_000, 9, 0)) for k in range(2)]
    with pytest.raises(BadFileError, match=f"sample {A_SEGMENTS!r} is in two files"):
        read_binned_segments(files, {}, options, notes=Notes())


REFUSED_SEGMENTS = {
    "beyond the chromosome": ([(A_SEGMENTS, 1, 1, WHOLE_1 + 1, 9, 0)], "line 2.*chromosome 1"),
    "overlap": ([(A_SEGMENTS, 1, 1, 90, 9, 0), (A_SEGMENTS, 1, 50, 120, 9, 0)], "line 3"),
    "start after end": ([(A_SEGMENTS, 1, 90, 1, 9, 0)], "line 2"),
    "no chromosome": ([(A_SEGMENTS, "one", 1, 90, 9, 0)], "'one'"),
    "mixed lengths": (
        [(A_SEGMENTS, 1, 1, 90, 9, 0), ("TCGA-AA-0002", 1, 1, 90, 9, 0)],
        "barcodes of mixed length",
    ),
}


@pytest.mark.parametrize(
    ("rows", "message"), REFUSED_SEGMENTS.values(), ids=REFUSED_SEGMENTS.keys()
)
def test_segments_refuses(write_segments, options, rows, message):
    with pytest.raises(BadFileError, match=message):
        read_binned_segments(
            [write_segments("data_cna_hg19.seg", *rows)], {}, options, notes=Notes()
        )


def test_refuses_a_build_that_the_name_contradicts(write_segments, options):
    file = write_segments("data_cna_hg19.seg", (A_SEGMENTS, 1, 1, 90, 9, 0))
    with pytest.raises(BadFileError, match="its name says hg19, and --assembly hg38"):
        read_binned_segments([file], {}, replace(options, assembly=Assembly.HG38), notes=Notes())


def test_the_name_of_a_file_tells_the_build():
    assert assembly_of_name("brca_tcga_data_cna_hg19.seg") is Assembly.HG19
    assert assembly_of_name("a.nocnv_grch38.seg.v2.txt") is Assembly.HG38
    assert assembly_of_name("data_cna.seg") is None

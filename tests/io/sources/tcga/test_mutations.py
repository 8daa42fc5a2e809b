from pathlib import Path

import numpy as np
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import NO_GENE_TABLE, GeneTable
from deepdep.io.sources.tcga.mutations import read_mutations

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
    noted = read_mutations([file], NO_GENE_TABLE)
    assert noted.value.values.to_dict("index") == {
        A: {"MYC": 0, "TP53": 1},
        B: {"MYC": 1, "TP53": 0},
    }
    assert noted.value.values.dtypes.unique().tolist() == [np.uint8]
    assert noted.notes == ("x.maf: one mutation per row: 5 mutations, non-silent in 2 genes",)


def test_a_sample_with_silent_mutations_only_is_a_row_of_zeros(write):
    file = write("x.maf", ("TP53", "Missense_Mutation", A), ("TTN", "Silent", B))
    values = read_mutations([file], NO_GENE_TABLE).value.values
    assert values.to_dict("index") == {A: {"TP53": 1}, B: {"TP53": 0}}


def test_files_of_several_samples_are_put_together(write):
    files = [
        write("a.maf", ("TP53", "Missense_Mutation", A)),
        write("b.maf", ("MYC", "In_Frame_Del", B)),
    ]
    noted = read_mutations(files, NO_GENE_TABLE)
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
    values = read_mutations([file], NO_GENE_TABLE).value.values
    assert values["TP53"].to_dict() == {"TCGA-AA-0001-01A": 1, "TCGA-AA-0002-01A": 0}


def test_former_symbols_of_one_gene_are_joined(write):
    genes = GeneTable(frozenset({"KMT2D"}), {}, {}, {"MLL2": "KMT2D"})
    file = write("x.maf", ("MLL2", "Splice_Site", A), ("KMT2D", "Splice_Site", B))
    assert read_mutations([file], genes).value.values.to_dict() == {"KMT2D": {A: 1, B: 1}}


def test_mutations_between_genes_and_unknown_classes_are_noted(write):
    file = write(
        "x.maf",
        ("TP53", "Missense_Mutation", A),
        ("Unknown", "Missense_Mutation", A),
        ("TTN", "Wild_Guess", B),
    )
    notes = read_mutations([file], NO_GENE_TABLE).notes
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
        read_mutations([write("x.maf", *rows)], NO_GENE_TABLE)


def test_refuses_a_sample_in_two_files(write):
    files = [write(name, ("TP53", "Splice_Site", A)) for name in ("mutect.maf", "varscan.maf")]
    with pytest.raises(BadFileError, match=r"varscan.maf: sample .*is in mutect.maf too"):
        read_mutations(files, NO_GENE_TABLE)

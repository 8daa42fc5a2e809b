from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import GeneTable
from deepdep.domain.omics import Omic
from deepdep.io.sources.tcga.matrix import read_matrix

HGNC = GeneTable(
    frozenset({"TP53", "SEPTIN9", "TSPY8"}),
    by_entrez={"728403": "TSPY8", "7157": "TP53"},
    by_ensembl={"ENSG00000141510": "TP53"},
    by_previous={"SEPT9": "SEPTIN9"},
)


@pytest.fixture
def write(tmp_path):
    def write_rows(name: str, *rows: str) -> Path:
        file = tmp_path / name
        file.write_text("".join("\t".join(row.split()) + "\n" for row in rows))
        return file

    return write_rows


def test_rows_become_columns_by_name(write, options):
    file = write(
        "HiSeqV2",
        "sample TCGA-AA-0002-01 TCGA-AA-0001-01",
        "TP53 1.5 2.5",
        "MYC 10.25 NA",
    )
    table = read_matrix(file, options).value
    assert (table.omic, table.unit) == (Omic.EXPRESSION, "log2(norm_count+1)")
    assert table.values.loc["TCGA-AA-0001-01", "TP53"] == 2.5
    assert table.values.loc["TCGA-AA-0002-01", "MYC"] == 10.25
    assert np.isnan(table.values.loc["TCGA-AA-0001-01", "MYC"])


def test_numbers_and_repeats_among_the_row_names_of_xena_are_noted(write, options):
    rows = ("SLC35E2 1.5 10", "728403 2 5", "SEPT9 3 2", "SLC35E2 9 9", "MYC 4 0")
    file = write("geneExp.xena", "sample TCGA-AA-0001-01 TCGA-AA-0002-01", *rows)
    plain = read_matrix(file, options)
    assert list(plain.value.values.columns) == ["SLC35E2", "SEPT9", "MYC"]
    assert plain.value.values.loc["TCGA-AA-0001-01", "SLC35E2"] == 1.5
    assert any("1 id of no known gene left out: '728403'" in note for note in plain.notes)
    assert any("'SLC35E2'" in note and "another row" in note for note in plain.notes)
    mapped = read_matrix(file, replace(options, genes=HGNC)).value
    assert list(mapped.values.columns) == ["SLC35E2", "TSPY8", "SEPTIN9", "MYC"]


def test_entrez_ids_of_cbioportal_name_genes_without_a_symbol(write, tmp_path, options):
    file = tmp_path / "data_mrna_seq_v2_rsem.txt"
    file.write_text(
        "Hugo_Symbol\tEntrez_Gene_Id\tTCGA-AA-0001-01\n\t728403\t7\nP53\t7157\t1023\nMYC\t0\t0\n"
    )
    table = read_matrix(file, replace(options, genes=HGNC)).value
    assert table.values.loc["TCGA-AA-0001-01"].to_dict() == {"TSPY8": 3, "TP53": 10, "MYC": 0}
    assert table.release == "cBioPortal"
    plain = read_matrix(file, options).value
    assert list(plain.values.columns) == ["P53", "MYC"]


def test_an_entrez_id_of_any_length_is_text(write, tmp_path, options):
    file = tmp_path / "data_mrna_seq_v2_rsem.txt"
    file.write_text(
        f"Hugo_Symbol\tEntrez_Gene_Id\tTCGA-AA-0001-01\nTP53\t{'9' * 5000}\t1023\nMYC\t000\t1.5\n"
    )
    assert list(read_matrix(file, options).value.values.columns) == ["TP53", "MYC"]


def test_columns_that_describe_a_gene_are_left_out(write, options):
    file = write(
        "all_data_by_genes.txt", "Gene Locus Cytoband TCGA-AA-0001-01", "TP53 7157 17p13.1 -0.2"
    )
    noted = read_matrix(file, options)
    assert noted.value.omic is Omic.COPY_NUMBER
    assert f"{file.name}: columns left out: 'Locus', 'Cytoband'" in noted.notes


def test_barcodes_that_r_changed_are_restored(write, options):
    file = write("mutation.tsv", "sample TCGA.AA.0001.01 TCGA.AA.0002.01", "TP53 1 0")
    noted = read_matrix(file, options)
    assert noted.value.values["TP53"].to_dict() == {"TCGA-AA-0001-01": 1, "TCGA-AA-0002-01": 0}
    assert any("points that R left" in note for note in noted.notes)


def test_probes_of_single_nucleotide_polymorphisms_are_left_out(write, options):
    file = write(
        "betas.txt",
        "Composite TCGA-AA-0001-01A-11D-A12B-05",
        "cg00000029 0.5",
        "cg00000108 NA",
        "rs10033147 0.9",
    )
    noted = read_matrix(file, options)
    assert list(noted.value.values.columns) == ["cg00000029", "cg00000108"]
    assert f"{file.name}: 1 row of no CpG probe left out: 'rs10033147'" in noted.notes


REFUSED = {
    "a sample that is not TCGA's": (
        ("sample TCGA-AA-0001-01 GTEX-1117F-0226", "TP53 1 0"),
        "column 'GTEX-1117F-0226': is among the samples and no TCGA barcode",
    ),
    "mixed lengths": (
        ("sample TCGA-AA-0001-01 TCGA-AA-0002-01A", "TP53 1 0"),
        "column 'TCGA-AA-0001-01': has TCGA barcodes of mixed length",
    ),
    "a sample twice": (
        ("sample TCGA-AA-0001-01 TCGA-AA-0001-01", "TP53 1 0"),
        "column 'TCGA-AA-0001-01': occurs more than once",
    ),
    "a sample twice, once by R": (
        ("sample TCGA-AA-0001-01 TCGA.AA.0001.01", "TP53 1 0"),
        "column 'TCGA-AA-0001-01': occurs more than once",
    ),
    "rows without a name": (
        ("TCGA-AA-0001-01 TCGA-AA-0002-01", "1 0"),
        "has no column that names the features",
    ),
    "a short row": (
        ("sample TCGA-AA-0001-01 TCGA-AA-0002-01", "TP53 1"),
        "line 2, row 'TP53': is cut short",
    ),
    "a long row": (
        ("sample TCGA-AA-0001-01", "TP53 1 0"),
        "line 2, row 'TP53': is too long",
    ),
    "text in a cell": (
        ("sample TCGA-AA-0001-01", "TP53 wt"),
        "row 'TP53', column 'TCGA-AA-0001-01': 'wt' is not a number",
    ),
    "an infinite value": (("sample TCGA-AA-0001-01", "TP53 inf"), "is infinite"),
    "an Excel date": (("sample TCGA-AA-0001-01", "2-Sep 1"), "'2-Sep': is a date that Excel made"),
    "Entrez ids only": (
        ("sample TCGA-AA-0001-01", "7157 1", "672 0"),
        "genes are named by Entrez id.*--genes-table",
    ),
    "Ensembl ids only": (
        ("sample TCGA-AA-0001-01", "ENSG00000141510.18 1"),
        "genes are named by Ensembl id.*--genes-table",
    ),
    "mouse genes": (("sample TCGA-AA-0001-01", "Trp53 1"), "genes are not human"),
    "a probe twice": (
        ("sample TCGA-AA-0001-01", "cg00000029 .1", "cg00000029 .2"),
        "row 'cg00000029': occurs more than once",
    ),
}


@pytest.mark.parametrize(("rows", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(write, rows, message, options):
    with pytest.raises(BadFileError, match=message):
        read_matrix(write("mutation.tsv", *rows), options)


def test_linear_copy_number_is_turned_where_the_user_says_so(write, options):
    file = write("copy_number.tsv", "sample TCGA-AA-0001-01 TCGA-AA-0002-01", "TP53 0.5 1.0")
    asked = replace(options, copy_number_unit="linear")
    values = read_matrix(file, asked).value.values
    assert values["TP53"].to_dict() == {"TCGA-AA-0001-01": -1, "TCGA-AA-0002-01": 0}


def test_refuses_a_table_without_a_known_gene(write, options):
    file = write("mutation.tsv", "sample TCGA-AA-0001-01", "101 1", "102 0")
    with pytest.raises(BadFileError, match="none of its genes is known: '101', '102'"):
        read_matrix(file, replace(options, genes=HGNC))


def test_refuses_a_table_of_another_molecule(write, options):
    file = write("TCGA-RPPA-pancan-clean.xena", "sample TCGA-AA-0001-01", "AKT_pS473 0.2")
    with pytest.raises(BadFileError, match="its name speaks of what is no omic here"):
        read_matrix(file, options)

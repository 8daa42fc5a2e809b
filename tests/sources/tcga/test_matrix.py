from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from collecting import collected

from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, UnusableUnitError
from deepdep.sources.tcga.matrix import are_probes, log_expression, omic_of_matrix, read_matrix
from deepdep.sources.units import StatedUnits

EB = Path("EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena")
RSEM = Path("data_mrna_seq_v2_rsem.txt")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)[:, None]


def test_log_counts_are_taken_as_they_are():
    noted = collected(log_expression, column(0, 3.5, np.nan), Path("HiSeqV2"))
    np.testing.assert_array_equal(noted.value.values, column(0, 3.5, np.nan))
    assert (noted.value.unit, noted.notes) == ("log2(norm_count+1)", ())


def test_rsem_of_cbioportal_are_put_on_a_log_scale():
    noted = collected(log_expression, column(0, 1, 1023, np.nan), RSEM)
    np.testing.assert_array_equal(noted.value.values, column(0, 1, 10, np.nan))
    assert noted.notes == ("counts (RSEM) turned to log2(x+1)",)


def test_rsem_of_cbioportal_may_be_on_a_log_scale():
    noted = collected(log_expression, column(0, 1, 10), RSEM)
    np.testing.assert_array_equal(noted.value.values, column(0, 1, 10))
    assert noted.notes == ()


def test_a_unit_that_neither_name_nor_values_tell_remains_open():
    assert log_expression(column(0, 3.5), Path("expression.tsv"), Notes()).unit is None


def test_a_few_values_below_zero_are_left_by_the_batch_correction():
    values = column(*[5.0] * 99, -0.02)
    noted = collected(log_expression, values, EB)
    np.testing.assert_array_equal(noted.value.values, column(*[5.0] * 99, 0))
    assert noted.notes == ("1 value below 0, left by the batch correction, set to 0",)
    counts = collected(log_expression, column(*[127.0] * 99, -0.4), RSEM)
    np.testing.assert_array_equal(counts.value.values, column(*[7.0] * 99, 0))


@pytest.mark.parametrize("source", [EB, RSEM], ids=["EB++", "RSEM"])
def test_many_values_below_zero_are_z_scores(source):
    with pytest.raises(BadFileError, match="25% of its values are negative: z-scores, or centred"):
        log_expression(column(30, 2, 1, -1), source, notes=Notes())


def test_tpm_are_named_so():
    noted = collected(log_expression, column(0, 5), Path("TCGA-BRCA.star_tpm.tsv.gz"))
    assert (noted.value.unit, noted.notes) == ("log2(TPM+1)", ())


def test_toils_offset_is_replaced():
    lowest = np.log2(0.001)
    noted = collected(log_expression, column(lowest, np.log2(7.001)), Path("tcga_RSEM_gene_tpm.gz"))
    np.testing.assert_allclose(noted.value.values, column(0, 3), atol=1e-6)
    assert noted.notes == ("log2(TPM+0.001) turned to log2(TPM+1)",)


def test_refuses_fpkm():
    with pytest.raises(BadFileError, match=r"holds FPKM.*Bring TPM"):
        log_expression(column(1), Path("TCGA-BRCA.htseq_fpkm.tsv.gz"), notes=Notes())


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
    table = read_matrix(file, options, notes=Notes())
    assert (table.omic, table.unit) == (Omic.EXPRESSION, "log2(norm_count+1)")
    assert table.values.loc["TCGA-AA-0001-01", "TP53"] == 2.5
    assert table.values.loc["TCGA-AA-0002-01", "MYC"] == 10.25
    assert np.isnan(table.values.loc["TCGA-AA-0001-01", "MYC"])


def test_numbers_and_repeats_among_the_row_names_of_xena_are_noted(write, options):
    rows = ("SLC35E2 1.5 10", "728403 2 5", "SEPT9 3 2", "SLC35E2 9 9", "MYC 4 0")
    file = write("geneExp.xena", "sample TCGA-AA-0001-01 TCGA-AA-0002-01", *rows)
    plain = collected(read_matrix, file, options)
    assert list(plain.value.values.columns) == ["SLC35E2", "SEPT9", "MYC"]
    assert plain.value.values.loc["TCGA-AA-0001-01", "SLC35E2"] == 1.5
    assert any("1 id of no known gene left out: '728403'" in note for note in plain.notes)
    assert any("'SLC35E2'" in note and "another row" in note for note in plain.notes)
    mapped = read_matrix(file, replace(options, genes=HGNC), notes=Notes())
    assert list(mapped.values.columns) == ["SLC35E2", "TSPY8", "SEPTIN9", "MYC"]


def test_entrez_ids_of_cbioportal_name_genes_without_a_symbol(write, tmp_path, options):
    file = tmp_path / "data_mrna_seq_v2_rsem.txt"
    file.write_text(
        "Hugo_Symbol\tEntrez_Gene_Id\tTCGA-AA-0001-01\n\t728403\t7\nP53\t7157\t1023\nMYC\t0\t0\n"
    )
    table = read_matrix(file, replace(options, genes=HGNC), notes=Notes())
    assert table.values.loc["TCGA-AA-0001-01"].to_dict() == {"TSPY8": 3, "TP53": 10, "MYC": 0}
    assert table.release == "cBioPortal"
    plain = read_matrix(file, options, notes=Notes())
    assert list(plain.values.columns) == ["P53", "MYC"]


def test_an_entrez_id_of_any_length_is_text(write, tmp_path, options):
    file = tmp_path / "data_mrna_seq_v2_rsem.txt"
    file.write_text(
        f"Hugo_Symbol\tEntrez_Gene_Id\tTCGA-AA-0001-01\nTP53\t{'9' * 5000}\t1023\nMYC\t000\t1.5\n"
    )
    assert list(read_matrix(file, options, notes=Notes()).values.columns) == ["TP53", "MYC"]


def test_columns_that_describe_a_gene_are_left_out(write, options):
    file = write(
        "all_data_by_genes.txt", "Gene Locus Cytoband TCGA-AA-0001-01", "TP53 7157 17p13.1 -0.2"
    )
    noted = collected(read_matrix, file, options)
    assert noted.value.omic is Omic.COPY_NUMBER
    assert f"{file.name}: columns left out: 'Locus', 'Cytoband'" in noted.notes


def test_barcodes_that_r_changed_are_restored(write, options):
    file = write("mutation.tsv", "sample TCGA.AA.0001.01 TCGA.AA.0002.01", "TP53 1 0")
    noted = collected(read_matrix, file, options)
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
    noted = collected(read_matrix, file, options)
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
        read_matrix(write("mutation.tsv", *rows), options, notes=Notes())


def test_linear_copy_number_is_turned_where_the_user_says_so(write, options):
    file = write("copy_number.tsv", "sample TCGA-AA-0001-01 TCGA-AA-0002-01", "TP53 0.5 1.0")
    asked = replace(options, units=StatedUnits({"copy_number": "linear"}))
    values = read_matrix(file, asked, notes=Notes()).values
    assert values["TP53"].to_dict() == {"TCGA-AA-0001-01": -1, "TCGA-AA-0002-01": 0}


def test_refuses_a_table_without_a_known_gene(write, options):
    file = write("mutation.tsv", "sample TCGA-AA-0001-01", "101 1", "102 0")
    with pytest.raises(BadFileError, match="none of its genes is known: '101', '102'"):
        read_matrix(file, replace(options, genes=HGNC), notes=Notes())


def test_refuses_a_table_of_another_molecule(write, options):
    file = write("TCGA-RPPA-pancan-clean.xena", "sample TCGA-AA-0001-01", "AKT_pS473 0.2")
    with pytest.raises(BadFileError, match="holds proteins, which are no omic here"):
        read_matrix(file, options, notes=Notes())


GENES = [f"GENE{k}" for k in range(50)]
rng = np.random.default_rng(0)


def values(kind: str) -> np.ndarray:
    """Values (50 features, 40 samples) as tables of this kind have them, one of them missing."""
    shape = (50, 40)
    drawn = {
        "mutations": rng.random(shape) < 0.1,
        "mutated copies": rng.integers(0, 3, shape),
        "calls": rng.integers(-2, 3, shape),
        "log expression": np.clip(rng.normal(7, 4, shape), 0, 18),
        "counts": rng.poisson(500, shape),
        "copies": rng.poisson(2, shape) + 3 * (rng.random(shape) < 0.05),
        "log2 ratios": rng.normal(0, 0.2, shape),
        "z-scores": rng.normal(0, 1, shape),
        "betas": rng.beta(0.5, 0.5, shape),
        "linear ratios": np.exp2(rng.normal(0, 0.2, shape)),
        "M-values": rng.normal(0, 3, shape),
    }[kind].astype(np.float32)
    drawn[3, 5] = np.nan
    return drawn


@pytest.mark.parametrize(
    ("kind", "omic"),
    [
        ("mutations", Omic.MUTATION),
        ("calls", Omic.COPY_NUMBER),
        ("log expression", Omic.EXPRESSION),
        ("counts", Omic.EXPRESSION),  # refused when their range is checked
        ("log2 ratios", Omic.COPY_NUMBER),
    ],
)
def test_values_alone_tell_the_omic(kind, omic):
    assert omic_of_matrix(values(kind), GENES, Path("matrix.tsv")) is omic


@pytest.mark.parametrize(
    ("kind", "name", "omic"),
    [
        ("mutated copies", "mutation.tsv", Omic.MUTATION),
        ("betas", "methylation_of_genes.tsv", Omic.METHYLATION),
        ("M-values", "methylation_of_genes.tsv", Omic.METHYLATION),  # refused by their range
        ("linear ratios", "copy_number.tsv", Omic.COPY_NUMBER),  # refused by their unit
        ("z-scores", "expression.tsv", Omic.EXPRESSION),  # refused by their range
        ("log2 ratios", "gistic.tsv", Omic.COPY_NUMBER),
        ("mutations", "gistic_thresholded.tsv", Omic.COPY_NUMBER),  # gains only
    ],
)
def test_the_name_settles_what_values_leave_open(kind, name, omic):
    assert omic_of_matrix(values(kind), GENES, Path(name)) is omic


@pytest.mark.parametrize(
    "kind", ["mutated copies", "copies", "z-scores", "betas", "linear ratios", "M-values"]
)
def test_refuses_what_remains_open(kind):
    with pytest.raises(BadFileError, match=r"neither these nor its name tell.*one of methylation"):
        omic_of_matrix(values(kind), GENES, Path("matrix.tsv"))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mutations", "expression.tsv"),
        ("betas", "expression.tsv"),
        ("calls", "methylation.tsv"),
        ("counts", "copy_number.tsv"),
        ("copies", "copy_number.tsv"),
    ],
)
def test_refuses_values_that_contradict_the_name(kind, name):
    with pytest.raises(BadFileError, match=f"its name speaks of {Path(name).stem}"):
        omic_of_matrix(values(kind), GENES, Path(name))


def test_probes_are_methylation_whatever_the_values():
    assert are_probes(["cg00000029", "ch.1.1024R", "rs10033147"])
    assert not are_probes(["TP53", "CHEK2", "cg00000029"])
    found = omic_of_matrix(values("M-values"), ["cg00000029"] * 50, Path("x.tsv"))
    assert found is Omic.METHYLATION


def test_refuses_a_table_without_values():
    with pytest.raises(BadFileError, match="no sample with a value left"):
        omic_of_matrix(np.full((2, 2), np.nan, dtype=np.float32), ["A", "B"], Path("x.tsv"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TCGA-BRCA.star_counts.tsv", ""),
        ("tcga_gene_expected_count.gz", ""),
        ("data_mrna_seq_cpm.txt", ""),
        ("data_mrna_seq_rpkm.txt", ""),
        ("BRCA.rnaseq__gene_expression.txt", "rpkm"),
        ("BRCA.rnaseqv2__RSEM_genes__data.txt", "raw_count"),
        ("data_mine.txt", "mRNA expression (RNA Seq RPKM)"),
    ],
)
def test_refuses_what_is_not_normalised_by_its_name(name, said):
    with pytest.raises(UnusableUnitError, match="which differ from sample to sample in sum"):
        log_expression(column(1, 5), Path(name), Notes(), said)


@pytest.mark.parametrize("name", ["data_mrna_seq_tpm.txt", "my_TPM_table.tsv"])
def test_tpm_that_are_no_logarithms_become_them(name):
    noted = collected(log_expression, column(0, 7, 1023, np.nan), Path(name))
    np.testing.assert_array_equal(noted.value.values, column(0, 3, 10, np.nan))
    assert (noted.value.unit, noted.notes) == ("log2(TPM+1)", ("TPM turned to log2(x+1)",))


TWO = "Hybridization\tTCGA-AA-0001-01\tTCGA-AA-0002-01\n"
THREE_EACH = "Hybridization" + "\tTCGA-AA-0001-01" * 2 + "\tTCGA-AA-0002-01" * 2 + "\n"


@pytest.mark.parametrize(
    ("name", "text", "omic", "unit", "expected"),
    [
        (
            "rnaseqv2__RSEM_genes_normalized.txt",
            f"{TWO}gene_id\tnormalized_count\tnormalized_count\nTP53|7157\t1023\t7\n",
            Omic.EXPRESSION,
            "log2(norm_count+1)",
            [10, 3],
        ),
        (
            "rnaseqv2__RSEM_genes.txt",
            f"{THREE_EACH}gene_id" + "\traw_count\tscaled_estimate" * 2 + "\n"
            "TP53|7157\t9\t0.000063\t9\t0.000007\n",
            Omic.EXPRESSION,
            "log2(TPM+1)",
            [6, 3],
        ),
        (
            "humanmethylation450.txt",
            f"{THREE_EACH}Composite Element REF" + "\tBeta_value\tGene_Symbol" * 2 + "\n"
            "cg00000029\t0.5\tRBL2\t0.25\tRBL2\n",
            Omic.METHYLATION,
            None,
            [0.5, 0.25],
        ),
    ],
)
def test_a_second_header_tells_which_columns_to_read(
    tmp_path, options, name, text, omic, unit, expected
):
    (tmp_path / name).write_text(text)
    noted = collected(read_matrix, tmp_path / name, options)
    assert (noted.value.omic, noted.value.unit) == (omic, unit)
    np.testing.assert_allclose(noted.value.values.iloc[:, 0], expected, rtol=1e-5)
    assert any("line 2 is a second header" in note for note in noted.notes)


def test_refuses_raw_counts_under_a_second_header(tmp_path, options):
    (tmp_path / "genes.txt").write_text(f"{TWO}gene_id\traw_counts\traw_counts\nTP53\t90\t7\n")
    with pytest.raises(UnusableUnitError, match="holds raw counts"):
        read_matrix(tmp_path / "genes.txt", options, notes=Notes())


@pytest.mark.parametrize(
    ("kind", "omic"),
    [("MRNA_EXPRESSION", Omic.EXPRESSION), ("COPY_NUMBER_ALTERATION", Omic.COPY_NUMBER)],
)
def test_the_meta_file_of_cbioportal_tells_the_omic(write, options, kind, omic):
    file = write("data_mine.txt", "Hugo_Symbol TCGA-AA-0001-01 TCGA-AA-0002-01", "TP53 0.5 0.75")
    (file.parent / "meta_mine.txt").write_text(
        f"genetic_alteration_type: {kind}\ndata_filename: data_mine.txt\n"
    )
    assert read_matrix(file, options, notes=Notes()).omic is omic


def test_symbols_may_stand_behind_entrez_ids(write, options):
    file = write("mutation.txt", "Entrez_Gene_Id Hugo_Symbol TCGA-AA-0001-01", "7157 TP53 1")
    noted = collected(read_matrix, file, options)
    assert list(noted.value.values) == ["TP53"]
    assert not any("columns left out" in note for note in noted.notes)


def test_copies_of_ascat_are_turned_by_the_name_of_the_file(write, options):
    rows = ("sample TCGA-AA-0001-01 TCGA-AA-0002-01", "TP53 2 4", "MYC 4 4", "KRAS 0 4")
    noted = collected(read_matrix, write("TCGA-BRCA.gene-level_ascat3.tsv", *rows), options)
    assert noted.value.unit == "log2(CN/2)"
    expected = [[0, 1, -10], [0, 0, 0]]
    np.testing.assert_allclose(noted.value.values.to_numpy(), expected, atol=1e-6)


def test_refuses_chromosome_arms_under_whatever_name(write, options):
    rows = ("gene TCGA-AA-0001-01 TCGA-AA-0002-01", "1p 0.5 -0.2", "1q 0.1 0", "Xp 0.1 0.3")
    with pytest.raises(BadFileError, match="genes are chromosome arms: '1p', '1q', 'Xp'"):
        read_matrix(write("copy_number.tsv", *rows), options, notes=Notes())


def test_a_whole_number_that_is_no_call_is_named_by_its_cell(write, options):
    file = write("data_cna.txt", "Hugo_Symbol TCGA-AA-0001-01 TCGA-AA-0002-01", "TP53 -1 7")
    assert read_matrix(file, options, notes=Notes()).omic is Omic.COPY_NUMBER  # refused as a call

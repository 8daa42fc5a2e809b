from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.tcga.gdc import read_betas, read_copies, read_star_counts

HEADER = "gene_id\tgene_name\tgene_type\tunstranded\ttpm_unstranded\n"
SUMMARY = "N_unmapped\t\t\t99\t\nN_multimapping\t\t\t99\t\n"
SHEET = {"a.tsv": "TCGA-AA-0001-01A", "b.tsv": "TCGA-AA-0002-01A"}


def rows(**tpm: float) -> str:
    return "".join(
        f"ENSG{k:011d}.1\t{gene.split('__')[0]}\tprotein_coding\t5\t{value}\n"
        for k, (gene, value) in enumerate(tpm.items(), start=1)
    )


@pytest.fixture
def write(tmp_path):
    def write_file(name: str, text: str, *, before: str = "# gene-model: GENCODE v36\n") -> Path:
        file = tmp_path / f"id-of-{name}" / name
        file.parent.mkdir()
        file.write_text(before + HEADER + SUMMARY + text)
        return file

    return write_file


def test_each_file_is_a_sample_of_the_sheet(write):
    files = [write("b.tsv", rows(TP53=3, MYC=0)), write("a.tsv", rows(TP53=7, MYC=1023))]
    table = read_star_counts(files, SHEET, NO_GENE_TABLE, notes=Notes())
    expected = {"TCGA-AA-0001-01A": [3, 10], "TCGA-AA-0002-01A": [2, 0]}
    np.testing.assert_allclose(
        table.values, pd.DataFrame.from_dict(expected, "index", columns=["TP53", "MYC"])
    )
    assert list(table.values.columns) == ["TP53", "MYC"]
    assert table.unit == "log2(TPM+1)"


def test_genes_that_code_for_no_protein_are_left_out(write):
    more = "ENSG00000251562.8\tMALAT1\tlncRNA\t5\t900\n"
    file = write("a.tsv", rows(TP53=7) + more)
    assert list(read_star_counts([file], SHEET, NO_GENE_TABLE, notes=Notes()).values) == ["TP53"]


def test_tpm_of_rows_of_one_gene_are_added(write):
    file = write("a.tsv", rows(TBCE=1, TP53=7, TBCE__2=2))
    noted = collected(read_star_counts, [file], SHEET, NO_GENE_TABLE)
    assert noted.value.values.loc["TCGA-AA-0001-01A"].to_dict() == {"TBCE": 2, "TP53": 3}
    assert "STAR counts of 1 file: 1 row added to another of the same gene, as TPM" in noted.notes


def test_ensembl_ids_lead_to_current_symbols(write):
    genes = GeneTable(frozenset({"KMT2D"}), {}, {"ENSG00000000001": "KMT2D"}, {})
    file = write("a.tsv", rows(MLL2=1))
    assert list(read_star_counts([file], SHEET, genes, notes=Notes()).values) == ["KMT2D"]


def test_files_that_the_sheet_does_not_name_are_left_out(write):
    files = [write(name, rows(TP53=7, MYC=1)) for name in ("a.tsv", "c.tsv")]
    noted = collected(read_star_counts, files, SHEET, NO_GENE_TABLE)
    assert list(noted.value.values.index) == ["TCGA-AA-0001-01A"]
    assert "STAR counts of 1 file: 1 file left out, not in the sample sheet: 'c.tsv'" in noted.notes


def test_of_two_files_of_a_sample_the_first_by_name_is_taken(write):
    files = [
        write("b.tsv", rows(TP53=3)),
        write("a.tsv", rows(TP53=7)),
        write("c.tsv", rows(TP53=1)),
    ]
    sheet = dict.fromkeys(SHEET, "TCGA-AA-0001-01A") | {"c.tsv": "TCGA-AA-0002-01A"}
    noted = collected(read_star_counts, files, sheet, NO_GENE_TABLE)
    assert noted.value.values.loc["TCGA-AA-0002-01A", "TP53"] == 1
    assert noted.value.values.loc["TCGA-AA-0001-01A", "TP53"] == 3  # log2(7+1)
    assert any("of a sample with another file: 'b.tsv'" in note for note in noted.notes)


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ({}, "a.tsv: no sample sheet tells which sample it is of.*gdc_sample_sheet"),
        ({"z.tsv": "TCGA-AA-0001-01A"}, "a.tsv: is not in the sample sheet"),
    ],
)
def test_refuses_files_of_nobody(write, sheet, message):
    with pytest.raises(BadFileError, match=message):
        read_star_counts([write("a.tsv", rows(TP53=7))], sheet, NO_GENE_TABLE, notes=Notes())


def test_refuses_barcodes_of_mixed_length_in_the_sheet(write):
    sheet = SHEET | {"b.tsv": "TCGA-AA-0002"}
    files = [write(name, rows(TP53=7)) for name in sheet]
    with pytest.raises(BadFileError, match=r"sample 'TCGA-AA-0002': .*mixed length"):
        read_star_counts(files, sheet, NO_GENE_TABLE, notes=Notes())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rows(TP53=3), "b.tsv: has other genes than the other files.*each of them whole"),
        (rows(MYC=1, TP53=3).replace("00000000002", "00000000003"), "other genes"),
        (rows(TP53=3, MYC=-1), "row 'ENSG00000000002.1': tpm_unstranded is missing or negative"),
        (rows(TP53=3, MYC=""), "row 'ENSG00000000002.1': tpm_unstranded is missing or negative"),
        (rows(TP53=3, MYC="high"), "'high' is not a number"),
        (rows(TP53=3) + "ENSG00000000002.1\tMY", "line 6, row 'ENSG00000000002.1': is cut short"),
    ],
)
def test_refuses_a_file_that_does_not_fit(write, text, message):
    files = [write("a.tsv", rows(TP53=7, MYC=1)), write("b.tsv", text)]
    with pytest.raises(BadFileError, match=message):
        read_star_counts(files, SHEET, NO_GENE_TABLE, notes=Notes())


def test_refuses_a_file_without_protein_coding_genes(write):
    file = write("a.tsv", "ENSG00000251562.8\tMALAT1\tlncRNA\t5\t900\n")
    with pytest.raises(BadFileError, match="gene_type: has no gene of type protein_coding"):
        read_star_counts([file], SHEET, NO_GENE_TABLE, notes=Notes())


def put(folder: Path, name: str, text: str) -> Path:
    file = folder / f"id-of-{name}" / name
    file.parent.mkdir()
    file.write_text(text)
    return file


def test_betas_have_no_header_and_the_first_line_is_a_probe(tmp_path):
    files = [
        put(tmp_path, "a.tsv", "cg01\t0.5\ncg02\tNA\nrs03\t1\n"),
        put(tmp_path, "b.tsv", "cg01\tNA\ncg02\t0.25\nrs03\t0\n"),
    ]
    noted = collected(read_betas, files, SHEET)
    expected = {"TCGA-AA-0001-01A": [0.5, np.nan], "TCGA-AA-0002-01A": [np.nan, 0.25]}
    frame = pd.DataFrame.from_dict(expected, "index", columns=["cg01", "cg02"])
    pd.testing.assert_frame_equal(noted.value.values, frame, check_dtype=False)
    assert "betas of 2 files: 1 row of no CpG probe left out: 'rs03'" in noted.notes


def test_betas_of_different_arrays_are_united(tmp_path):
    files = [put(tmp_path, "a.tsv", "cg01\t0.5\n"), put(tmp_path, "b.tsv", "cg01\t0\ncg02\t1\n")]
    files[0].write_text("cg01\t0.5\ncg03\t0.75\n")
    noted = collected(read_betas, files, SHEET)
    assert set(noted.value.values) == {"cg01", "cg02", "cg03"}
    assert np.isnan(noted.value.values.loc["TCGA-AA-0002-01A", "cg03"])
    assert "betas of 2 files: 2 arrays with different probes, united" in noted.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cg01\t0.5\ncg01\t0.5\n", "row 'cg01': occurs more than once"),
        ("cg01\t0.5\ncg02\thigh\n", "'high' is not a number"),
        ("cg01\t0.5\ncg02\n", "is cut short"),
    ],
)
def test_refuses_betas_that_are_damaged(tmp_path, text, message):
    with pytest.raises(BadFileError, match=message):
        read_betas([put(tmp_path, "a.tsv", text)], SHEET, notes=Notes())


COPIES = "gene_id\tgene_name\tchromosome\tstart\tend\tcopy_number\tmin_copy_number\n"


def copies(*numbers: object) -> str:
    rows = [
        f"ENSG{k:011d}.1\tGENE{k}\tchr1\t{k}\t{k + 9}\t{number}\t0\n"
        for k, number in enumerate(numbers, start=1)
    ]
    return COPIES + "".join(rows)


def test_copies_of_ascat_become_log2_of_their_ratio_to_the_mean(tmp_path):
    files = [
        put(tmp_path, "a.tsv", copies(2, 4, 2, 0)),
        put(tmp_path, "b.tsv", copies(3, 3, "", 3)),
    ]
    noted = collected(read_copies, files, SHEET, NO_GENE_TABLE)
    found = noted.value
    expected = [[0, 1, 0, -10], [0, 0, np.nan, 0]]
    np.testing.assert_allclose(found.values.to_numpy(), expected, atol=1e-6)
    assert list(found.values) == ["GENE1", "GENE2", "GENE3", "GENE4"]
    assert (found.unit, found.kind) == ("log2(CN/2)", "log2(CN/2)")
    assert any("copies turned to log2" in note for note in noted.notes)


def test_refuses_copies_of_other_genes_than_the_first_file_has(tmp_path):
    files = [put(tmp_path, "a.tsv", copies(2, 4)), put(tmp_path, "b.tsv", copies(2, 4, 1))]
    with pytest.raises(BadFileError, match=r"b\.tsv: has other genes than the other"):
        read_copies(files, SHEET, NO_GENE_TABLE, notes=Notes())


@pytest.mark.parametrize("text", ["cg01\t0.5\ncg02\t1\n", copies(2, 4)])
def test_refuses_betas_and_copies_of_nobody(tmp_path, text):
    file = put(tmp_path, "a.tsv", text)
    of_nobody = (read_betas, {}) if text.startswith("cg") else (read_copies, {}, NO_GENE_TABLE)
    read, *options = of_nobody
    with pytest.raises(BadFileError, match="no sample sheet tells which sample it is of"):
        read([file], *options, notes=Notes())

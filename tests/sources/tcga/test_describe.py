import pytest

from deepdep.domain.omics import Omic


def test_barcodes_are_named_with_their_length(given, inspect):
    name = "xena/EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena"
    found = inspect(given.folder / name)
    assert (found.source, found.release) == ("TCGA", "UCSC Xena")
    assert found.tables[0].samples.identifiers == "TCGA barcode of 15 characters"


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("cbioportal/data_cna.txt", "cBioPortal"),
        ("cbioportal/data_mutations.txt", "MAF"),
        ("seg/some.seg", "segments in the layout of SEG"),
        ("gdc/id-0/0-aaaa.rna_seq.augmented_star_gene_counts.tsv", "GDC"),
    ],
)
def test_the_source_of_a_file_is_named(given, inspect, name, release):
    assert inspect(given.folder / name).release == release


def test_lengths_of_mixed_barcodes_are_named(inspect, tmp_path):
    rows = "sample\tTCGA-AA-0001\tTCGA-AA-0002-01\nTP53\t1.5\t9\nMYC\t3\t4.5\n"
    (tmp_path / "expression.tsv").write_text(rows)
    found = inspect(tmp_path / "expression.tsv")
    assert found.tables[0].samples.identifiers == "TCGA barcode of 12 and 15 characters"
    assert "mixed length" in found.problems[0]


def test_rows_that_count_reads_of_no_gene_are_no_features(given, inspect):
    path = given.folder / "gdc/id-0/0-aaaa.rna_seq.augmented_star_gene_counts.tsv"
    (table,) = inspect(path).tables
    assert table.features.identifiers == "Ensembl id"
    assert not any(name.startswith("N_") for name in table.features.examples)


def test_mutations_are_counted_by_sample_and_gene(given, inspect, small):
    (table,) = inspect(given.folder / "cbioportal/data_mutations.txt").tables
    mutations = small["tumors"][Omic.MUTATION]
    assert table.n_rows == mutations.to_numpy().sum() + 6  # a silent one of each sample
    assert table.samples.n == 6
    assert table.features.n == mutations.any().sum() + 1  # TTN is silent only


def test_tables_beside_the_omics_bring_nothing_themselves(given, inspect):
    sheet = inspect(given.folder / "gdc/gdc_sample_sheet.2024-05-01.tsv")
    assert (sheet.content, sheet.problems) == ("GDC sample sheet", ())
    assert "names the sample of 1 file" in sheet.plans[0].says
    clinical = inspect(given.folder / "cbioportal/data_clinical_patient.txt")
    assert clinical.content == "studies of samples or patients"
    assert clinical.plans[0].brings == ()
    assert "6 patients, of 'ACC'" in clinical.plans[0].says


def test_an_omic_in_a_unit_that_is_refused_is_still_named(inspect, small, tmp_path):
    tpm = 2 ** small["tumors"][Omic.EXPRESSION].astype(float) * 100
    path = tmp_path / "TCGA.HiSeqV2.tsv"
    path.write_text(tpm.T.rename_axis("sample").to_csv(sep="\t"))
    found = inspect(path)
    assert (found.content, found.tables[0].unit) == ("expression", None)
    assert "Raw TPM or counts" in found.problems[0]

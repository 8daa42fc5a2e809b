import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.lineages import LINEAGE_BY_STUDY
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, UnknownOmicError, UnusableUnitError
from deepdep.simulation.settings import TINY
from deepdep.sources.tcga.read import read_tcga

EXPRESSION = "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena"
MUTATION = "mc3.v0.2.8.PUBLIC.nonsilentGene.xena.gz"
METHYLATION = "jhu-usc.edu_PANCAN_HumanMethylation450.betaValue_whitelisted.xena"
COPY_NUMBER = "broad.mit.edu_PANCAN_Genome_Wide_SNP_6_whitelisted.gene.xena"
PHENOTYPE = "TCGA_phenotype_denseDataOnlyDownload.tsv"


def assert_equal(read: pd.DataFrame, simulated: pd.DataFrame, tolerance: float = 0) -> None:
    """Compare by name, in whatever order."""
    assert set(read.index) == set(simulated.index)
    assert set(read.columns) == set(simulated.columns)
    aligned = read.loc[simulated.index, simulated.columns]
    np.testing.assert_allclose(aligned, simulated, rtol=0, atol=tolerance)


def mutated(mutations: pd.DataFrame) -> pd.DataFrame:
    """Genes that a table of mutations can name: those mutated in any sample."""
    return mutations.loc[:, mutations.any()]


def assert_studies(obs: pd.DataFrame, studies: pd.Series) -> None:
    for patient, study in obs["cohort"].items():
        assert study == studies.get(patient, "unknown")
        assert obs.loc[patient, "lineage"] == LINEAGE_BY_STUDY.get(study, "unknown")
    assert (obs["patient_id"] == obs.index).all()
    assert (obs["source"] == "tumor").all()


def test_tables_of_xena_equal_the_simulated_ones(xena, tumors, studies, options):
    read = read_tcga(xena, options, notes=Notes()).tumors
    assert list(read.omics) == list(TINY.n_features)
    for omic, table in tumors.omics.items():
        assert_equal(read.omics[omic], table)
    assert read.units == {
        Omic.MUTATION: "0/1",
        Omic.EXPRESSION: "log2(norm_count+1)",
        Omic.METHYLATION: "beta",
        Omic.COPY_NUMBER: "log2(CN/2)",
    }
    assert read.release == "UCSC Xena"
    assert read.assembly is None
    assert_studies(read.obs, studies)


def test_star_counts_and_maf_of_the_gdc_equal_the_simulated_tables(gdc, tumors, studies, options):
    noted = collected(read_tcga, gdc, options)
    read = noted.value.tumors
    assert_equal(read.omics[Omic.EXPRESSION], tumors.omics[Omic.EXPRESSION], 1e-5)
    assert_equal(read.omics[Omic.MUTATION], mutated(tumors.omics[Omic.MUTATION]))
    assert read.units == {Omic.MUTATION: "0/1", Omic.EXPRESSION: "log2(TPM+1)"}
    named = read.obs.replace({"cohort": {"CPTAC-3": "unknown"}})
    assert_studies(named, studies)
    assert read.release == "GDC; MAF"


def test_a_study_of_cbioportal_equals_the_simulated_tables(cbioportal, tumors, studies, options):
    noted = collected(read_tcga, cbioportal, options)
    read = noted.value.tumors
    assert_equal(read.omics[Omic.EXPRESSION], tumors.omics[Omic.EXPRESSION], 1e-5)
    assert_equal(read.omics[Omic.MUTATION], mutated(tumors.omics[Omic.MUTATION]))
    assert_equal(read.omics[Omic.METHYLATION], tumors.omics[Omic.METHYLATION])
    assert_equal(read.omics[Omic.COPY_NUMBER], tumors.omics[Omic.COPY_NUMBER])
    elsewhere = read.obs.index.difference(studies.index)  # the folder is of one study
    assert_studies(read.obs, pd.concat([studies, pd.Series("ACC", index=elsewhere)]))
    for note in (
        "data_mrna_seq_v2_rsem.txt: counts (RSEM) turned to log2(x+1)",
        "data_cna.txt: calls left out, log2(CN/2) being there",
        "segments left out, copy number by gene being there (--bin-width): 'data_cna_hg19.seg'",
        "tumors: 1 file of z-scores left out: 'data_mrna_seq_v2_rsem_zscores_ref_all_samples.txt'",
    ):
        assert note in noted.notes
    assert noted.notes[-1] == "tumors: 1 other file left out: 'data_timeline_treatment.txt'"


def test_calls_are_taken_where_nothing_finer_is_there(cbioportal, tumors, options):
    (cbioportal / "data_log2_cna.txt").unlink()
    read = read_tcga(cbioportal, options, notes=Notes()).tumors
    assert read.units[Omic.COPY_NUMBER] == "call"
    gains = tumors.omics[Omic.COPY_NUMBER] >= 0.9
    assert_equal(read.omics[Omic.COPY_NUMBER] == 2, gains)


def test_segments_are_binned_where_bins_are_asked_for(cbioportal, options):
    noted = collected(read_tcga, cbioportal, replace(options, bins=50_000_000))
    read = noted.value.tumors
    assert read.omics[Omic.COPY_NUMBER].loc["TCGA-S1-0001"].tolist() == [0.25] * 5
    assert read.omics[Omic.COPY_NUMBER].columns[0] == "hg19:chr1:0-50000000"
    assert read.assembly == "hg19"


def test_segments_in_bins_equal_the_simulated_copy_number(tumors, options, tmp_path):
    """One segment per simulated gene, each as wide as a bin, along chromosome 1."""
    simulated = tumors.omics[Omic.COPY_NUMBER]
    bins = [f"hg38:chr1:{k * 1_000_000}-{(k + 1) * 1_000_000}" for k in range(simulated.shape[1])]
    rows = [
        f"{patient}-01\tchr1\t{k * 1_000_000 + 1}\t{(k + 1) * 1_000_000}\t9\t{value}\n"
        for patient, values in simulated.iterrows()
        for k, value in enumerate(values)
    ]
    file = tmp_path / "all_hg38.seg"
    file.write_text("ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n" + "".join(rows))
    read = read_tcga(file, options, notes=Notes()).tumors
    assert_equal(read.omics[Omic.COPY_NUMBER], simulated.set_axis(bins, axis=1), 1e-5)


def test_one_file_is_a_cohort_of_one_omic(xena, tumors, options):
    noted = collected(read_tcga, xena / EXPRESSION, options)
    read = noted.value.tumors
    assert list(read.omics) == [Omic.EXPRESSION]
    assert_equal(read.omics[Omic.EXPRESSION], tumors.omics[Omic.EXPRESSION])
    assert set(read.obs["lineage"]) == {"unknown"}
    assert any("of unknown study and lineage" in note for note in noted.notes)


def test_normal_tissue_and_further_samples_are_left_out_and_said_so(options, tmp_path):
    names = ("02-06", "01-11", "01-01", "02-01")
    header = "\t".join(["sample", *(f"TCGA-AA-00{name}" for name in names)])
    file = tmp_path / "TCGA.UVM.sampleMap_HiSeqV2"
    file.write_text(f"{header}\nTP53\t1.5\t2\t3\t4\nMYC\t5\t6\t7\t8\n")
    noted = collected(read_tcga, file, options)
    read = noted.value.tumors
    assert read.omics[Omic.EXPRESSION]["TP53"].to_dict() == {"TCGA-AA-0001": 3, "TCGA-AA-0002": 4}
    assert read.obs["cohort"].tolist() == ["UVM", "UVM"]
    assert read.obs["barcode"].tolist() == ["TCGA-AA-0001-01", "TCGA-AA-0002-01"]
    assert any("normal tissue or control" in n and "'TCGA-AA-0001-11'" in n for n in noted.notes)
    assert any("a further sample" in n and "'TCGA-AA-0002-06'" in n for n in noted.notes)


def test_omics_of_different_patients_are_united(options, tmp_path):
    (tmp_path / "mutation.tsv").write_text("sample\tTCGA-AA-0001-01\tTCGA-AA-0002-01\nTP53\t1\t0\n")
    (tmp_path / "HiSeqV2").write_text("sample\tTCGA-AA-0003-01\nTP53\t1.5\n")
    read = read_tcga(tmp_path, options, notes=Notes()).tumors
    assert list(read.obs.index) == ["TCGA-AA-0001", "TCGA-AA-0002", "TCGA-AA-0003"]
    assert list(read.omics[Omic.EXPRESSION].index) == ["TCGA-AA-0003"]


def test_files_that_are_no_tables_are_named_in_a_note(xena, options):
    (xena / "notes.txt").write_text("Dear colleague,\n\nplease find\n")
    (xena / "table_S1.xlsx").write_bytes(b"PK\x03\x04")
    (xena / ".hidden").write_bytes(b"\0")
    noted = collected(read_tcga, xena, options)
    assert noted.notes[-1] == "tumors: 2 other files left out: 'notes.txt', 'table_S1.xlsx'"


def edit(old: str, new: str):
    """Replace the first ``old`` in a file."""

    def spoil(file: Path) -> None:
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return spoil


def values(function):
    """Put other values into a matrix."""

    def spoil(file: Path) -> None:
        table = pd.read_csv(file, sep="\t", index_col=0)
        function(table).to_csv(file, sep="\t", na_rep="NA")

    return spoil


def text(content: str | bytes):
    return lambda file: file.write_bytes(content.encode() if isinstance(content, str) else content)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def mutations(function):
    """Put other values into the gzipped table of mutations."""

    def spoil(file: Path) -> None:
        table = pd.read_csv(file, sep="\t", index_col=0)
        file.write_bytes(gzip.compress(function(table).to_csv(sep="\t").encode()))

    return spoil


FIRST = "TCGA-S1-0001-01"
BAD_XENA = {
    "truncated gzip": (MUTATION, truncated, "truncated or damaged gzip"),
    "cut off in a row": (EXPRESSION, truncated, "is cut short"),
    "web page": (EXPRESSION, text("<!doctype html><html>Sign in</html>"), "is a web page"),
    "empty": (EXPRESSION, text(""), "is empty"),
    "header only": (COPY_NUMBER, text(f"sample\t{FIRST}\n"), "has a header and no row"),
    "UTF-16": (EXPRESSION, text("sample\t".encode("utf-16")), "UTF-16"),
    "latin-1": (PHENOTYPE, lambda f: f.write_bytes(f.read_bytes() + b"\xe9"), "not UTF-8"),
    "git-lfs pointer": (EXPRESSION, text("version https://git-lfs.github.com/spec/v1\n"), "lfs"),
    "semicolons": (EXPRESSION, text(f"sample;{FIRST}\nTP53;1,5\n"), "separated by semicolons"),
    "transposed": (EXPRESSION, values(lambda t: t.T), "is transposed: samples are in rows"),
    "a sample twice": (
        EXPRESSION,
        lambda f: edit(f.read_text().split("\t")[2], f.read_text().split("\t")[1])(f),
        "occurs more than once",
    ),
    "one barcode longer": (EXPRESSION, edit("-01\t", "-01A\t"), "barcodes of mixed length"),
    "a cell line": (EXPRESSION, edit("\tTCGA-S1-0005-01\t", "\tACH-000001\t"), "'ACH-000001'"),
    "an infinite value": (
        EXPRESSION,
        values(lambda t: t.mask(t == t.iloc[2, 1], np.inf)),
        "is infinite",
    ),
    "raw counts": (EXPRESSION, values(lambda t: 2**t - 1), "Raw TPM or counts"),
    "z-scores": (
        EXPRESSION,
        values(lambda t: t.sub(t.mean(axis=1), axis=0)),
        "of its values are negative: z-scores, or centred",
    ),
    "betas in per cent": (METHYLATION, values(lambda t: 100 * t), "M-values or per cent"),
    "M-values": (METHYLATION, values(lambda t: 8 * t - 4), "M-values or per cent"),
    "three mutations": (
        MUTATION,
        mutations(lambda t: t.mask(t == 1, 3)),
        "is 3, neither 0 nor 1",
    ),
    "linear ratios": (COPY_NUMBER, values(lambda t: 2**t), "no negative value and centres on 1"),
    "copies": (COPY_NUMBER, values(lambda t: (2 * 2**t).round()), "its name speaks of copy_number"),
    "2-Sep": (EXPRESSION, edit("\nBRAF\t", "\n2-Sep\t"), "'2-Sep': is a date"),
    "two studies": (
        PHENOTYPE,
        lambda f: f.write_text(f.read_text() + f"{FIRST}\t1\tx\tthymoma\n{FIRST}\t1\tx\tsarcoma\n"),
        "is of two studies",
    ),
}


@pytest.mark.parametrize(("name", "spoil", "message"), BAD_XENA.values(), ids=BAD_XENA.keys())
def test_refuses_a_spoiled_table_of_xena(xena, options, name, spoil, message):
    spoil(xena / name)
    with pytest.raises(BadFileError) as error:
        read_tcga(xena, options, notes=Notes())
    assert message in str(error.value)
    assert str(xena / name) in str(error.value)
    assert "\n" not in str(error.value)


def only_normal(folder: Path) -> Path:
    (folder / "HiSeqV2").write_text("sample\tTCGA-AA-0001-11\nTP53\t1.5\n")
    return folder


def counts_without_sheet(folder: Path) -> Path:
    header = "gene_id\tgene_name\tgene_type\ttpm_unstranded\n"
    (folder / "a.tsv").write_text(f"# x\n{header}ENSG1\tTP53\tprotein_coding\t3\n")
    return folder


def same_omic_twice(folder: Path) -> Path:
    for name in ("HiSeqV2", "HiSeqV2_again"):
        (folder / name).write_text("sample\tTCGA-AA-0001-01\nTP53\t1.5\n")
    return folder


def wrong_header(folder: Path) -> Path:
    (folder / "table.tsv").write_text("gene\tvalue\nTP53\t1\n")
    return folder / "table.tsv"


REFUSED = {
    "no such folder": (lambda folder: folder / "none", "there is no such file or folder"),
    "empty folder": (lambda folder: folder, "holds no table of TCGA's tumours"),
    "wrong header": (wrong_header, "is no table of TCGA's tumours; its columns are 'gene'"),
    "normal tissue only": (only_normal, "has no sample with a value left"),
    "no sample sheet": (counts_without_sheet, "no sample sheet tells"),
    "one omic in two files": (
        same_omic_twice,
        "has a tumour in HiSeqV2 too, both tables of expression",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(tmp_path, options, make, message):
    path = make(tmp_path)
    with pytest.raises(BadFileError) as error:
        read_tcga(path, options, notes=Notes())
    assert message in str(error.value)
    assert str(path) in str(error.value)


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


def test_expression_that_cannot_be_used_is_left_out_where_there_is_other(options, tmp_path):
    header = "sample\tTCGA-AA-0001-01\nTP53\t"
    for name, value in (("star_tpm", "3.5"), ("star_counts", "9"), ("star_fpkm", "2.5")):
        (tmp_path / f"TCGA-BRCA.{name}.tsv").write_text(f"{header}{value}\n")
    noted = collected(read_tcga, tmp_path, options)
    assert noted.value.tumors.units == {Omic.EXPRESSION: "log2(TPM+1)"}
    for name, unit in (("star_counts", "raw counts"), ("star_fpkm", "FPKM")):
        assert any(f"{name}.tsv: left out: holds {unit}" in note for note in noted.notes)


def test_an_import_of_nothing_else_names_the_file_and_the_unit(options, tmp_path):
    (tmp_path / "TCGA-BRCA.star_counts.tsv").write_text("sample\tTCGA-AA-0001-01\nTP53\t9\n")
    with pytest.raises(UnusableUnitError, match=r"star_counts\.tsv: holds raw counts"):
        read_tcga(tmp_path, options, notes=Notes())


def test_a_folder_without_a_table_says_of_each_file_why(options, tmp_path):
    (tmp_path / "a.txt").write_text("gene\tvalue\nTP53\t1\n")
    (tmp_path / "broad_values_by_arm.txt").write_text("Arm\tTCGA-AA-0001-01\n1p\t1\n")
    (tmp_path / "README.md").write_text("Nothing here.\n")
    message = (
        r"holds no table of TCGA's tumours \(a\.txt: its columns are 'gene', 'value'; "
        r"broad_values_by_arm\.txt: holds chromosome arms, which are no omic here\)"
    )
    with pytest.raises(BadFileError, match=message):
        read_tcga(tmp_path, options, notes=Notes())


@pytest.mark.parametrize("rows", [1, 2])
def test_segments_with_names_of_their_own_are_not_called_transposed(options, tmp_path, rows):
    header = "Sample\tChromosome\tStart.bp\tEnd.bp\tmine\n"
    (tmp_path / "x.seg").write_text(header + "TCGA-AA-0001-01\t1\t1\t9\t0.5\n" * rows)
    with pytest.raises(BadFileError, match=r"x\.seg: line 1: has the columns of no known table"):
        read_tcga(tmp_path, options, notes=Notes())


def test_segments_of_ascat_are_of_the_tumor_of_their_sheet(options, tmp_path, studies):
    (tmp_path / "a.seg.txt").write_text(
        "GDC_Aliquot\tChromosome\tStart\tEnd\tCopy_Number\tMajor_Copy_Number\n"
        "f00-ba4\tchr1\t1\t100000000\t2\t1\nf00-ba4\tchr1\t100000001\t200000000\t4\t2\n"
    )
    (tmp_path / "gdc_sample_sheet.tsv").write_text(
        "File Name\tProject ID\tSample ID\n"
        "a.seg.txt\tTCGA-UVM, TCGA-UVM\tTCGA-AA-0001-01A, TCGA-AA-0001-10A\n"
    )
    read = read_tcga(tmp_path, replace(options, bins=50_000_000), notes=Notes()).tumors
    values = read.omics[Omic.COPY_NUMBER].loc["TCGA-AA-0001"].dropna()
    np.testing.assert_allclose(values, np.log2([2 / 3, 2 / 3, 4 / 3, 4 / 3]), atol=1e-6)
    assert read.obs.loc["TCGA-AA-0001", "lineage"] == "Eye"


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [
        ("x.sesame.level3betas.txt", "cg01\t0.5\ncg02\t0.1\n", "methylation"),
        (
            "x.gene_level_copy_number.v36.tsv",
            "gene_id\tgene_name\tcopy_number\nENSG1\tTP53\t2\n",
            "copy number",
        ),
    ],
)
def test_files_of_one_sample_are_described(inspect, tmp_path, name, text, content):
    (tmp_path / name).write_text(text)
    (tmp_path / "gdc_sample_sheet.tsv").write_text(
        f"File Name\tProject ID\tSample ID\n{name}\tTCGA-UVM\tTCGA-AA-0001-01A\n"
    )
    found = inspect(tmp_path / name)
    assert (found.source, found.release, found.problems) == ("TCGA", "GDC", ())
    assert found.content.replace("_", " ") == content


def test_a_table_of_no_omic_is_described_and_imported_by_nothing(inspect, tmp_path):
    (tmp_path / "all_lesions.conf_99.txt").write_text("Unique Name\tTCGA-AA-0001-01\nPeak\t1\n")
    found = inspect(tmp_path / "all_lesions.conf_99.txt")
    assert (found.content, found.plans) == ("GISTIC's lesions", ())
    assert "holds GISTIC's lesions, which are no omic here" in found.problems[0]


def test_other_assays_of_a_study_of_cbioportal_are_left_out(cbioportal, options):
    rows = "".join(f"AFR{k}\t0.{k}\n" for k in range(1, 9))
    (cbioportal / "data_genetic_ancestry.txt").write_text(f"NAME\tTCGA-S1-0001-01\n{rows}")
    noted = collected(read_tcga, cbioportal, options)
    assert any("data_genetic_ancestry.txt: left out: holds values" in n for n in noted.notes)
    (cbioportal / "meta_study.txt").unlink()
    with pytest.raises(UnknownOmicError, match="neither these nor its name tell"):
        read_tcga(cbioportal, options, notes=Notes())


def test_a_unit_that_neither_name_nor_values_tell_is_a_question(options, tmp_path):
    (tmp_path / "expression.tsv").write_text("sample\tTCGA-AA-0001-01\nTP53\t3.5\nMYC\t9\n")
    noted = collected(read_tcga, tmp_path, options)
    assert noted.value.tumors.units == {Omic.EXPRESSION: "log2(norm_count+1)"}
    assert noted.value.tumors.guesses == {Omic.EXPRESSION}
    assert any("is it? Else say --unit 'expression=log2(TPM+1)'" in note for note in noted.notes)
    (tmp_path / "HiSeqV2").write_text("sample\tTCGA-AA-0002-01\nTP53\t3.5\nMYC\t9\n")
    united = read_tcga(tmp_path, options, notes=Notes()).tumors
    assert united.omics[Omic.EXPRESSION].shape == (2, 2)


def test_a_file_that_its_name_leaves_out_is_not_opened(xena, options):
    (xena / "TCGA-RPPA-pancan-clean.xena").write_bytes(b"\xff\xfe\x00 no text")
    noted = collected(read_tcga, xena, options)
    assert "tumors: 1 file of proteins left out: 'TCGA-RPPA-pancan-clean.xena'" in noted.notes

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.genome import Assembly
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.tcga.tumors import (
    TumorTable,
    one_table_per_omic,
    read_sample_sheets,
    read_studies,
    study_of_folder,
    study_of_name,
)


def table(omic: Omic, name: str, values: dict, unit=None, assembly=None) -> TumorTable:
    frame = pd.DataFrame.from_dict(values, orient="index").astype(np.float32)
    return TumorTable(omic, frame, Path("folder") / name, "test", unit, assembly)


CALLS = table(Omic.COPY_NUMBER, "calls.tsv", {"TCGA-AA-0001-01": {"TP53": -1, "MYC": 2}})
RATIOS = table(Omic.COPY_NUMBER, "ratios.tsv", {"TCGA-AA-0001-01": {"TP53": -0.4, "MYC": 1.5}})
BINS = table(Omic.COPY_NUMBER, "x.seg", {"TCGA-AA-0001-01": {"bin": 0.5}}, assembly=Assembly.HG19)


def test_copy_number_by_gene_comes_first_and_ratios_before_calls():
    noted = collected(one_table_per_omic, [CALLS, BINS, RATIOS], bins_requested=False)
    assert noted.value == {Omic.COPY_NUMBER: RATIOS}
    assert noted.notes == (
        "calls.tsv: calls left out, log2(CN/2) being there",
        "x.seg: bins left out, log2(CN/2) being there",
    )


def test_bins_come_first_where_they_were_asked_for():
    noted = collected(one_table_per_omic, [CALLS, BINS, RATIOS], bins_requested=True)
    assert noted.value == {Omic.COPY_NUMBER: BINS}


def test_refuses_copy_number_by_gene_alone_where_bins_were_asked_for():
    with pytest.raises(BadFileError, match=r"ratios.tsv: is by gene, but bins were asked for"):
        one_table_per_omic([RATIOS], bins_requested=True, notes=Notes())


def test_tables_of_different_tumors_are_united():
    noted = collected(
        one_table_per_omic,
        [
            table(Omic.EXPRESSION, "brca.tsv", {"TCGA-AA-0001-01": {"TP53": 1, "MYC": 2}}),
            table(Omic.EXPRESSION, "luad.tsv", {"TCGA-AA-0002-01": {"MYC": 3, "KRAS": 4}}),
        ],
        bins_requested=False,
    )
    values = noted.value[Omic.EXPRESSION].values
    assert values["MYC"].to_dict() == {"TCGA-AA-0001-01": 2, "TCGA-AA-0002-01": 3}
    assert np.isnan(values.loc["TCGA-AA-0001-01", "KRAS"])
    assert noted.notes == ("expression: 2 files united, 3 features of which 1 are in all",)


def test_refuses_two_tables_of_the_same_tumor():
    one = table(Omic.EXPRESSION, "a.tsv", {"TCGA-AA-0001-01": {"TP53": 1}})
    other = table(Omic.EXPRESSION, "b.tsv", {"TCGA-AA-0001-01A-11R": {"TP53": 1}})
    with pytest.raises(
        BadFileError, match=r"b.tsv: patient 'TCGA-AA-0001': has a tumour in a.tsv too"
    ):
        one_table_per_omic([one, other], bins_requested=False, notes=Notes())


def test_refuses_tables_of_two_units():
    one = table(Omic.EXPRESSION, "a.tsv", {"TCGA-AA-0001-01": {"TP53": 1}}, "log2(TPM+1)")
    other = table(Omic.EXPRESSION, "b.tsv", {"TCGA-AA-0002-01": {"TP53": 1}}, "log2(norm_count+1)")
    with pytest.raises(BadFileError, match=r"b.tsv: is in log2\(norm_count\+1\), and a.tsv in"):
        one_table_per_omic([one, other], bins_requested=False, notes=Notes())


HEADER = "File ID\tFile Name\tProject ID\tCase ID\tSample ID\n"


def write(folder: Path, name: str, *rows: tuple[str, str]) -> Path:
    text = "".join(f"id\t{file}\tTCGA-UVM\tcase\t{sample}\n" for file, sample in rows)
    (folder / name).write_text(HEADER + text)
    return folder / name


def test_sheets_name_the_sample_of_each_file(tmp_path):
    first = write(tmp_path, "1.tsv", ("a.tsv", "TCGA-AA-0001-01A"), ("b.tsv", "TCGA-AA-0002-01A"))
    second = write(tmp_path, "2.tsv", ("a.tsv", "TCGA-AA-0001-01A"), ("c.tsv", "TCGA-AA-0003-01A"))
    assert read_sample_sheets([first, second]) == {
        "a.tsv": "TCGA-AA-0001-01A",
        "b.tsv": "TCGA-AA-0002-01A",
        "c.tsv": "TCGA-AA-0003-01A",
    }


def test_a_file_of_a_tumor_and_its_normal_is_of_the_tumor(tmp_path):
    rows = ("a.seg.txt", "TCGA-AA-0001-10A, TCGA-AA-0001-01A"), ("b.seg.txt", "TCGA-AA-0002-11A")
    sheet = write(tmp_path, "1.tsv", *rows)
    expected = {"a.seg.txt": "TCGA-AA-0001-01A", "b.seg.txt": "TCGA-AA-0002-11A"}
    assert read_sample_sheets([sheet]) == expected


def test_a_file_of_two_tumors_has_no_one_sample(tmp_path):
    sheet = write(tmp_path, "1.tsv", ("a.maf.gz", "TCGA-AA-0001-01A, TCGA-AA-0001-06A"))
    assert read_sample_sheets([sheet]) == {}


def test_refuses_a_file_of_two_samples(tmp_path):
    rows = ("a.tsv", "TCGA-AA-0001-01A"), ("a.tsv", "TCGA-AA-0002-01A")
    with pytest.raises(BadFileError, match=r"File Name 'a.tsv': is of two samples"):
        read_sample_sheets([write(tmp_path, "1.tsv", *rows)])


@pytest.fixture
def write_studies(tmp_path):
    def write_text(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write_text


def table_studies(source: Path, *names: str) -> TumorTable:
    values = pd.DataFrame({"TP53": 1}, index=list(names))
    return TumorTable(Omic.MUTATION, values, source, "test")


@pytest.mark.parametrize(
    "text",
    [
        "sample\tsample_type_id\t_primary_disease\nTCGA-AA-0001-01\t1\tuveal melanoma\n",
        "sample\t_PATIENT\tcancer type abbreviation\nTCGA-AA-0001-01\tTCGA-AA-0001\tUVM\n",
        "File Name\tProject ID\tCase ID\tSample ID\nf\tTCGA-UVM\tTCGA-AA-0001\tTCGA-AA-0001-01A\n",
        "#a\n#b\n#c\n#d\nPATIENT_ID\tCANCER_TYPE_ACRONYM\nTCGA-AA-0001\tUVM\n",
        "submitter_id.samples\tproject_id.project\nTCGA-AA-0001-01A\tTCGA-UVM\n",
    ],
    ids=["phenotype", "survival", "sample sheet", "cBioPortal", "GDC hub"],
)
def test_clinical_tables_name_the_study_of_a_patient(write_studies, text):
    assert read_studies([write_studies("clinical.tsv", text)], [], Notes()).to_dict() == {
        "TCGA-AA-0001": "UVM"
    }


def test_a_code_is_better_than_words_and_words_than_nothing(write_studies):
    words = "SAMPLE_ID\tCANCER_TYPE\nTCGA-AA-0001-01\tEye Cancer\nTCGA-AA-0002-01\tEye Cancer\n"
    codes = "PATIENT_ID\tCANCER_TYPE_ACRONYM\nTCGA-AA-0001\tUVM\nTCGA-AA-0003\t\n"
    files = [
        write_studies("data_clinical_sample.txt", words),
        write_studies("data_clinical_patient.txt", codes),
    ]
    assert read_studies(files, [], Notes()).to_dict() == {
        "TCGA-AA-0001": "UVM",
        "TCGA-AA-0002": "Eye Cancer",
    }


def test_the_name_of_a_file_and_of_its_folder_may_tell(write_studies, tmp_path):
    write_studies(
        "meta_study.txt", "type_of_cancer: mixed\ncancer_study_identifier: ucec_tcga_pub\n"
    )
    tables = [
        table_studies(tmp_path / "TCGA-BRCA.star_tpm.tsv.gz", "TCGA-AA-0001-01"),
        table_studies(tmp_path / "data_mutations.txt", "TCGA-AA-0002-01"),
    ]
    assert read_studies([], tables, Notes()).to_dict() == {
        "TCGA-AA-0001": "BRCA",
        "TCGA-AA-0002": "UCEC",
    }


def test_a_folder_of_cbioportal_names_its_cancer(write_studies, tmp_path):
    assert study_of_folder(tmp_path) is None
    write_studies("meta_study.txt", "type_of_cancer: brca\nname: Breast\n")
    assert study_of_folder(tmp_path) == "BRCA"


def test_refuses_a_patient_in_two_studies(write_studies):
    text = "sample\t_primary_disease\nTCGA-AA-0001-01\tuveal melanoma\nTCGA-AA-0001-06\tsarcoma\n"
    with pytest.raises(BadFileError, match="patient 'TCGA-AA-0001': is of two studies, UVM and"):
        read_studies([write_studies("phenotype.tsv", text)], [], Notes())


def test_tpm_come_before_normalised_counts_of_the_same_tumors():
    one = {"TCGA-AA-0001-01": {"TP53": 1}}
    counts = table(Omic.EXPRESSION, "rsem.tsv", one, "log2(norm_count+1)")
    tpm = table(Omic.EXPRESSION, "tpm.tsv", one, "log2(TPM+1)")
    noted = collected(one_table_per_omic, [counts, tpm], bins_requested=False)
    assert noted.value == {Omic.EXPRESSION: tpm}
    assert noted.notes == ("rsem.tsv: log2(norm_count+1) left out, log2(TPM+1) being there",)


def test_a_larger_array_comes_before_that_of_27000_probes_for_the_same_tumors():
    first, second = {"TCGA-AA-0001-01": {"cg01": 1}}, {"TCGA-AA-0002-01": {"cg01": 0}}
    small = table(Omic.METHYLATION, "data_methylation_hm27.txt", first)
    large = table(Omic.METHYLATION, "data_methylation_hm450.txt", first)
    noted = collected(one_table_per_omic, [small, large], bins_requested=False)
    assert noted.value == {Omic.METHYLATION: large}
    assert noted.notes == ("data_methylation_hm27.txt: 27k betas left out, betas being there",)
    others = table(Omic.METHYLATION, "HumanMethylation27", second)
    united = one_table_per_omic([others, large], bins_requested=False, notes=Notes())
    assert len(united[Omic.METHYLATION].values) == 2


def test_codes_of_oncotree_give_way_to_those_of_tcga_and_are_better_than_nothing(write_studies):
    words = (
        "SAMPLE_ID\tONCOTREE_CODE\n"
        "TCGA-AA-0001-01\tDIFG\nTCGA-AA-0002-01\tCCRCC\nTCGA-AA-0003-01\tIDC\n"
    )
    codes = "PATIENT_ID\tCANCER_TYPE_ACRONYM\nTCGA-AA-0001\tGBM\n"
    files = [
        write_studies("data_clinical_sample.txt", words),
        write_studies("data_clinical_patient.txt", codes),
    ]
    assert read_studies(files, [], Notes()).to_dict() == {
        "TCGA-AA-0001": "GBM",
        "TCGA-AA-0002": "KIRC",
        "TCGA-AA-0003": "IDC",
    }


def test_a_joint_study_contradicts_none_of_its_own(write_studies):
    joint = "PATIENT_ID\tCANCER_TYPE_ACRONYM\nTCGA-AA-0001\tCOADREAD\nTCGA-AA-0002\tCOADREAD\n"
    own = "sample\tcancer type abbreviation\nTCGA-AA-0001-01\tREAD\n"
    files = [write_studies("a.txt", joint), write_studies("b.txt", own)]
    found = read_studies(files, [], Notes()).to_dict()
    assert found == {"TCGA-AA-0001": "READ", "TCGA-AA-0002": "COADREAD"}


@pytest.mark.parametrize(
    ("meta", "study"),
    [
        ("type_of_cancer: ccrcc\ncancer_study_identifier: ccrcc_tcga_gdc\n", "KIRC"),
        ("type_of_cancer: mixed\ncancer_study_identifier: um_tcga_gdc\n", "UVM"),
        ("type_of_cancer: coadread\ncancer_study_identifier: coadread_tcga\n", "COADREAD"),
        ("type_of_cancer: soft_tissue\ncancer_study_identifier: soft_tissue_tcga_gdc\n", "SARC"),
    ],
)
def test_a_folder_of_cbioportal_may_name_its_cancer_as_oncotree_does(
    write_studies, tmp_path, meta, study
):
    write_studies("meta_study.txt", meta)
    assert study_of_folder(tmp_path) == study


def test_the_name_of_a_file_tells_the_study():
    assert study_of_name("TCGA-BRCA.star_tpm.tsv.gz") == "BRCA"
    assert study_of_name("TCGA.LUAD.sampleMap_HiSeqV2.gz") == "LUAD"
    assert study_of_name("TCGA.PANCAN.sampleMap_HiSeqV2.gz") is None
    assert study_of_name("expression.tsv") is None

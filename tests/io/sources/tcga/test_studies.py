from pathlib import Path

import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.sources.tcga.studies import read_studies, study_of_folder
from deepdep.io.sources.tcga.tumor_table import TumorTable


@pytest.fixture
def write(tmp_path):
    def write_text(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write_text


def table(source: Path, *names: str) -> TumorTable:
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
def test_clinical_tables_name_the_study_of_a_patient(write, text):
    assert read_studies([write("clinical.tsv", text)], []).to_dict() == {"TCGA-AA-0001": "UVM"}


def test_a_code_is_better_than_words_and_words_than_nothing(write):
    words = "SAMPLE_ID\tCANCER_TYPE\nTCGA-AA-0001-01\tEye Cancer\nTCGA-AA-0002-01\tEye Cancer\n"
    codes = "PATIENT_ID\tCANCER_TYPE_ACRONYM\nTCGA-AA-0001\tUVM\nTCGA-AA-0003\t\n"
    files = [write("data_clinical_sample.txt", words), write("data_clinical_patient.txt", codes)]
    assert read_studies(files, []).to_dict() == {
        "TCGA-AA-0001": "UVM",
        "TCGA-AA-0002": "Eye Cancer",
    }


def test_the_name_of_a_file_and_of_its_folder_may_tell(write, tmp_path):
    write("meta_study.txt", "type_of_cancer: mixed\ncancer_study_identifier: ucec_tcga_pub\n")
    tables = [
        table(tmp_path / "TCGA-BRCA.star_tpm.tsv.gz", "TCGA-AA-0001-01"),
        table(tmp_path / "data_mutations.txt", "TCGA-AA-0002-01"),
    ]
    assert read_studies([], tables).to_dict() == {"TCGA-AA-0001": "BRCA", "TCGA-AA-0002": "UCEC"}


def test_a_folder_of_cbioportal_names_its_cancer(write, tmp_path):
    assert study_of_folder(tmp_path) is None
    write("meta_study.txt", "type_of_cancer: brca\nname: Breast\n")
    assert study_of_folder(tmp_path) == "BRCA"


def test_refuses_a_patient_in_two_studies(write):
    text = "sample\t_primary_disease\nTCGA-AA-0001-01\tuveal melanoma\nTCGA-AA-0001-06\tsarcoma\n"
    with pytest.raises(BadFileError, match="patient 'TCGA-AA-0001': is of two studies, UVM and"):
        read_studies([write("phenotype.tsv", text)], [])

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.io.tcga import one_tumor_per_patient, patient_of


def table(*barcodes: str) -> pd.DataFrame:
    """One feature that numbers the rows."""
    return pd.DataFrame({"TP53": range(len(barcodes))}, index=list(barcodes))


def test_a_patient_is_the_first_twelve_characters_of_a_barcode():
    assert patient_of("TCGA-3C-AAAU-01A-11R-A41B-07") == "TCGA-3C-AAAU"
    assert patient_of("TCGA-3C-AAAU") == "TCGA-3C-AAAU"
    assert patient_of("TCGA-3C-AAAUX") == "TCGA-3C-AAAUX"
    assert patient_of("patient-17-left") == "patient-17-left"


def test_normal_tissue_and_controls_are_left_out():
    expression = table(
        "TCGA-AA-0001-11A", "TCGA-AA-0001-01A", "TCGA-AA-0002-20A", "TCGA-AA-0003-06"
    )
    noted = one_tumor_per_patient({Omic.EXPRESSION: expression})
    kept = noted.value.tables[Omic.EXPRESSION]
    assert kept["TP53"].to_dict() == {"TCGA-AA-0001": 1, "TCGA-AA-0003": 3}
    assert noted.notes == (
        "2 samples left out, normal tissue or control (sample type 10 to 29): "
        "'TCGA-AA-0001-11A', 'TCGA-AA-0002-20A'",
    )


def test_the_first_aliquot_in_order_is_kept_wherever_it_stands():
    expression = table("TCGA-AA-0001-01B-11R", "TCGA-AA-0002-01A-11R", "TCGA-AA-0001-01A-21R")
    noted = one_tumor_per_patient({Omic.EXPRESSION: expression})
    kept = noted.value.tables[Omic.EXPRESSION]
    assert kept["TP53"].to_dict() == {"TCGA-AA-0002": 1, "TCGA-AA-0001": 2}
    assert noted.value.barcodes["TCGA-AA-0001"] == "TCGA-AA-0001-01A-21R"
    assert "'TCGA-AA-0001-01B-11R'" in noted.notes[0]


def test_all_omics_of_a_patient_come_from_one_tissue():
    noted = one_tumor_per_patient(
        {
            Omic.EXPRESSION: table("TCGA-AA-0001-01A-11R", "TCGA-AA-0002-01A-11R"),
            Omic.METHYLATION: table("TCGA-AA-0001-06A-11D", "TCGA-AA-0002-01A-12D"),
        }
    )
    tables = noted.value.tables
    assert list(tables[Omic.EXPRESSION].index) == ["TCGA-AA-0001", "TCGA-AA-0002"]
    assert list(tables[Omic.METHYLATION].index) == ["TCGA-AA-0002"]
    assert noted.value.barcodes["TCGA-AA-0002"] == "TCGA-AA-0002-01A-11R"
    assert "'TCGA-AA-0001-06A-11D'" in noted.notes[0]


def test_barcodes_of_different_length_meet_in_the_patient():
    noted = one_tumor_per_patient(
        {
            Omic.MUTATION: table("TCGA-AA-0001", "mine"),
            Omic.EXPRESSION: table("mine", "TCGA-AA-0001-01A-11R"),
        }
    )
    assert list(noted.value.tables[Omic.MUTATION].index) == ["TCGA-AA-0001", "mine"]
    assert list(noted.value.tables[Omic.EXPRESSION].index) == ["mine", "TCGA-AA-0001"]
    assert noted.notes == ()

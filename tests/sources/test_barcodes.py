from pathlib import Path

import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.barcodes import (
    is_barcode,
    is_tumor,
    one_tumor_per_patient,
    patient_of,
    require_one_length,
    require_tumors,
    with_hyphens,
)

FILE = Path("expression.tsv")


def table(*barcodes: str) -> pd.DataFrame:
    """One feature that numbers the rows."""
    return pd.DataFrame({"TP53": range(len(barcodes))}, index=list(barcodes))


def test_a_patient_is_the_first_twelve_characters_of_a_barcode():
    assert patient_of("TCGA-3C-AAAU-01A-11R-A41B-07") == "TCGA-3C-AAAU"
    assert patient_of("TCGA-3C-AAAU") == "TCGA-3C-AAAU"
    assert patient_of("TCGA-3C-AAAUX") == "TCGA-3C-AAAUX"
    assert patient_of("patient-17-left") == "patient-17-left"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("TCGA-3C-AAAU-01A", True),
        ("SIM-S1-0001-01", True),
        ("SIM-S12-0001", True),
        ("SIM00001", False),  # a simulated gene
        ("ACH-000001", False),
        ("SIM-1", False),
    ],
)
def test_tumors_are_told_by_their_names(name, is_one):
    assert is_tumor(name) is is_one


def test_normal_tissue_and_controls_are_left_out():
    expression = table(
        "TCGA-AA-0001-11A", "TCGA-AA-0001-01A", "TCGA-AA-0002-20A", "TCGA-AA-0003-06"
    )
    noted = collected(one_tumor_per_patient, {Omic.EXPRESSION: expression})
    kept = noted.value.tables[Omic.EXPRESSION]
    assert kept["TP53"].to_dict() == {"TCGA-AA-0001": 1, "TCGA-AA-0003": 3}
    assert noted.notes == (
        "2 samples left out, normal tissue or control (sample type 10 to 29): "
        "'TCGA-AA-0001-11A', 'TCGA-AA-0002-20A'",
    )


def test_the_first_aliquot_in_order_is_kept_wherever_it_stands():
    expression = table("TCGA-AA-0001-01B-11R", "TCGA-AA-0002-01A-11R", "TCGA-AA-0001-01A-21R")
    noted = collected(one_tumor_per_patient, {Omic.EXPRESSION: expression})
    kept = noted.value.tables[Omic.EXPRESSION]
    assert kept["TP53"].to_dict() == {"TCGA-AA-0002": 1, "TCGA-AA-0001": 2}
    assert noted.value.barcodes["TCGA-AA-0001"] == "TCGA-AA-0001-01A-21R"
    assert "'TCGA-AA-0001-01B-11R'" in noted.notes[0]


def test_all_omics_of_a_patient_come_from_one_tissue():
    noted = collected(
        one_tumor_per_patient,
        {
            Omic.EXPRESSION: table("TCGA-AA-0001-01A-11R", "TCGA-AA-0002-01A-11R"),
            Omic.METHYLATION: table("TCGA-AA-0001-06A-11D", "TCGA-AA-0002-01A-12D"),
        },
    )
    tables = noted.value.tables
    assert list(tables[Omic.EXPRESSION].index) == ["TCGA-AA-0001", "TCGA-AA-0002"]
    assert list(tables[Omic.METHYLATION].index) == ["TCGA-AA-0002"]
    assert noted.value.barcodes["TCGA-AA-0002"] == "TCGA-AA-0002-01A-11R"
    assert "'TCGA-AA-0001-06A-11D'" in noted.notes[0]


def test_barcodes_of_different_length_meet_in_the_patient():
    noted = collected(
        one_tumor_per_patient,
        {
            Omic.MUTATION: table("TCGA-AA-0001", "mine"),
            Omic.EXPRESSION: table("mine", "TCGA-AA-0001-01A-11R"),
        },
    )
    assert list(noted.value.tables[Omic.MUTATION].index) == ["TCGA-AA-0001", "mine"]
    assert list(noted.value.tables[Omic.EXPRESSION].index) == ["mine", "TCGA-AA-0001"]
    assert noted.notes == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TCGA-3C-AAAU", True),
        ("TCGA-3C-AAAU-01", True),
        ("TCGA-3C-AAAU-01A-11R-A41B-07", True),
        ("TCGA.3C.AAAU.01", True),
        ("TCGA-3C-AAAUX", False),
        ("GTEX-1117F-0226", False),
        ("TCGA", False),
    ],
)
def test_tells_barcodes_from_other_names(name, expected):
    assert is_barcode(name) is expected


def test_points_that_r_left_become_hyphens():
    noted = collected(with_hyphens, ["TCGA.3C.AAAU.01", "TCGA.3C.AALI.01A.11R", "mine.1"])
    assert noted.value == ["TCGA-3C-AAAU-01", "TCGA-3C-AALI-01A-11R", "mine.1"]
    assert noted.notes == (
        "2 barcodes given hyphens for the points that R left: "
        "'TCGA.3C.AAAU.01', 'TCGA.3C.AALI.01A.11R'",
    )
    assert collected(with_hyphens, ["TCGA-3C-AAAU-01"]).notes == ()


def test_refuses_barcodes_of_mixed_length():
    require_one_length(["TCGA-3C-AAAU-01", "TCGA-3C-AALI-01", "mine"], FILE, "column")
    with pytest.raises(BadFileError, match=r"column 'TCGA-3C-AALI': .* such as 'TCGA-3C-AAAU-01'"):
        require_one_length(["TCGA-3C-AAAU-01", "TCGA-3C-AALI"], FILE, "column")


def test_refuses_what_is_no_tumor():
    require_tumors(["TCGA-3C-AAAU-01", "TCGA-3C-AALI-06A", "TCGA-3C-AALJ", "mine-11"], FILE)
    with pytest.raises(BadFileError, match=r"row 'TCGA-3C-AAAU-20A': .*sample type 20"):
        require_tumors(["TCGA-3C-AAAU-20A"], FILE)

import pandas as pd
import pytest
from collecting import collected

from deepdep.errors import BadFileError
from deepdep.sources.cell_lines import (
    NO_MODELS,
    Models,
    read_models,
)

MODEL_CSV = """\
CCLEName,OncotreeLineage,StrippedCellLineName,ModelID,PatientID
A549_LUNG,Lung,A549,ACH-000001,PT-1
,Skin,A375,ACH-000002,PT-2
,Skin,TT,ACH-000003,PT-2
TT_THYROID,,TT,ACH-000004,
TWIN_BONE,Bone,TWIN1,ACH-000005,PT-5
TWIN_BONE,Bone,TWIN2,ACH-000006,PT-6
"""


@pytest.fixture
def models(tmp_path) -> Models:
    """Six lines; TT and TWIN_BONE name two lines each, two lines have no CCLE name."""
    path = tmp_path / "Model.csv"
    path.write_text(MODEL_CSV)
    return read_models(path)


def table(*names: str) -> pd.DataFrame:
    """One feature that numbers the rows."""
    return pd.DataFrame({"TP53": range(len(names))}, index=list(names))


def test_lines_are_renamed_where_one_line_has_that_name(models):
    noted = collected(models.with_ids, table("TT_THYROID", "ACH-000001", "A375", "HELA"))
    assert list(noted.value.index) == ["ACH-000004", "ACH-000001", "ACH-000002", "HELA"]
    assert noted.notes == ("2 samples given the ModelID in Model.csv",)


@pytest.mark.parametrize("name", ["TT", "TWIN_BONE", "A549_SKIN", ""])
def test_names_of_no_line_or_two_are_kept(models, name):
    noted = collected(models.with_ids, table(name))
    assert list(noted.value.index) == [name]
    assert noted.notes == ()


def test_a_line_there_under_its_own_id_too_is_kept_once(models):
    noted = collected(models.with_ids, table("A549_LUNG", "A375", "ACH-000001", "A549"))
    assert noted.value["TP53"].to_dict() == {"ACH-000002": 1, "ACH-000001": 2}
    assert "2 samples left out, the line being there already: 'A549_LUNG', 'A549'" in noted.notes


def test_a_line_under_two_other_names_is_kept_once(models):
    noted = collected(models.with_ids, table("A549_LUNG", "A549"))
    assert noted.value["TP53"].to_dict() == {"ACH-000001": 0}


def test_patient_and_lineage_come_from_the_model_table(models):
    noted = collected(
        models.annotations, pd.Index(["ACH-000003", "ACH-000002", "ACH-000004", "HELA"])
    )
    assert noted.value["patient_id"].tolist() == ["PT-2", "PT-2", "ACH-000004", "HELA"]
    assert noted.value["lineage"].tolist() == ["Skin", "Skin", "unknown", "unknown"]
    assert set(noted.value["source"]) == {"cell_line"}
    assert "'HELA'" in noted.notes[0]


def test_without_a_model_table_each_line_is_its_own_patient():
    noted = collected(NO_MODELS.annotations, pd.Index(["ACH-000003", "ACH-000002"]))
    assert noted.value["patient_id"].tolist() == ["ACH-000003", "ACH-000002"]
    assert noted.value["lineage"].tolist() == ["unknown", "unknown"]
    assert noted.notes[0].startswith("2 cell lines not in Model.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ModelID,OncotreeLineage\nACH-000001,Lung\n", "lacks the column 'PatientID'"),
        (MODEL_CSV.replace("ACH-000002", "ACH-000001"), "ModelID 'ACH-000001': occurs more than"),
        ("ModelID,PatientID,OncotreeLineage\n", "header and no row"),
    ],
)
def test_refuses_what_is_no_model_table(tmp_path, content, message):
    path = tmp_path / "Model.csv"
    path.write_text(content)
    with pytest.raises(BadFileError, match=message):
        read_models(path)

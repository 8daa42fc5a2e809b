from pathlib import Path

import pandas as pd
import pytest
from collecting import collected

from deepdep.errors import BadFileError
from deepdep.sources.cell_lines import (
    NO_MODELS,
    Models,
    read_models,
    with_names_before_r,
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


@pytest.mark.parametrize("name", ["a549", "a549_lung", "ach-000001", "ach.000001"])
def test_lines_are_known_in_other_capitals(models, name):
    assert list(collected(models.with_ids, table(name)).value.index) == ["ACH-000001"]


@pytest.mark.parametrize("name", ["TT", "tt", "TWIN_BONE", "A549_SKIN", ""])
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


def alike(*tables):
    named = {str(k): table for k, table in enumerate(tables)}
    return collected(with_names_before_r, named, Path("folder"))


def test_a_line_that_r_renamed_in_one_table_has_one_name_in_all():
    noted = alike(table("22RV1", "NCI-H1299", "A549"), table("X22RV1", "NCI.H1299", "A549"))
    for each in noted.value.values():
        assert list(each.index) == ["22RV1", "NCI-H1299", "A549"]
    assert noted.notes == (
        "2 samples given the name that R changed: 'X22RV1 is 22RV1', 'NCI.H1299 is NCI-H1299'",
    )


def test_names_that_only_look_like_those_of_r_stay():
    noted = alike(table("X22RV1", "NCI.H1299"), table("X22RV1", "A549"))
    assert list(noted.value["0"].index) == ["X22RV1", "NCI.H1299"]
    assert noted.notes == ()


def test_a_line_in_other_capitals_in_one_table_has_one_name_in_all():
    noted = alike(table("A549", "Hs578T"), table("a549", "HS578T"), table("a549", "Hs578T"))
    for each in noted.value.values():
        assert list(each.index) == ["a549", "Hs578T"]
    assert noted.notes == (
        "2 samples given the capitals that other tables have: 'HS578T is Hs578T', 'A549 is a549'",
    )


def test_two_lines_of_one_table_that_differ_in_capitals_stay():
    noted = alike(table("s1", "S1"), table("S1", "A549"))
    assert list(noted.value["0"].index) == ["s1", "S1"]
    assert noted.notes == ()


def test_a_model_id_with_a_point_is_one_with_a_hyphen():
    assert list(alike(table("ACH.000001")).value["0"].index) == ["ACH-000001"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("NCI.H1299",), ("NCI-H1299", "NCI H1299")),  # which of them?
        (("NCI.H1299", "NCI-H1299"), ("NCI-H1299",)),  # one table has both
    ],
)
def test_a_name_that_may_be_two_lines_is_refused(first, second):
    with pytest.raises(BadFileError, match=r"folder: sample 'NCI.H1299': may be .*'NCI-H1299'"):
        alike(table(*first), table(*second))


def test_a_name_that_r_changed_is_known_to_the_model_table(tmp_path):
    (tmp_path / "Model.csv").write_text(
        "ModelID,PatientID,OncotreeLineage,StrippedCellLineName\nACH-000007,PT-7,Prostate,22RV1\n"
    )
    noted = collected(read_models(tmp_path / "Model.csv").with_ids, table("X22RV1", "A549"))
    assert list(noted.value.index) == ["ACH-000007", "A549"]


@pytest.mark.parametrize("column", ["ModelID", "PatientID", "OncotreeLineage", "CCLEName"])
def test_a_stray_quote_in_the_model_table_is_refused(tmp_path, column):
    header, *rows = MODEL_CSV.splitlines()
    fields = rows[0].split(",")
    fields[header.split(",").index(column)] += '"'
    (tmp_path / "Model.csv").write_text("\n".join([header, ",".join(fields), *rows[1:]]) + "\n")
    with pytest.raises(BadFileError, match=rf"Model.csv: {column} '.*\"': holds a stray quotation"):
        read_models(tmp_path / "Model.csv")

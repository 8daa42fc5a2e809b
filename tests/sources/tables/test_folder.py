from pathlib import Path

import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.cohort import Samples
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.cell_lines import NO_MODELS, Models, read_models
from deepdep.sources.tables.folder import cell_lines_of, omic_files, read_omic_tables, tumors_of


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def read_lines(folder: Path, models: Models, notes: Notes) -> Samples:
    return cell_lines_of(read_omic_tables(folder, notes), models, notes)


def read_tumors(folder: Path, notes: Notes) -> Samples:
    return tumors_of(read_omic_tables(folder, notes), notes)


def test_finds_tables_by_the_name_of_an_omic_and_of_an_assay(tmp_path):
    names = ("copy_number_wgs.csv", "methylation.tsv.gz", "expression.parquet", "copy_number.csv")
    others = (".mutation.csv.swp", "expression_CCLE.csv", "pam50.csv", "copy_wgs.csv")
    for name in (*names, "expression_ccle.csv.gz", *others):
        (tmp_path / name).touch()
    found = omic_files(tmp_path)
    assert {name: path.name for name, path in found.items()} == {
        "expression": "expression.parquet",
        "methylation": "methylation.tsv.gz",
        "copy_number": "copy_number.csv",
        "copy_number_wgs": "copy_number_wgs.csv",
        "expression_ccle": "expression_ccle.csv.gz",
    }
    own = ["expression", "methylation", "copy_number"]
    assert list(found) == [*own, "copy_number_wgs", "expression_ccle"]


@pytest.mark.parametrize("name", ["expression", "expression_ccle"])
def test_refuses_two_tables_of_one_name(tmp_path, name):
    (tmp_path / f"{name}.csv").touch()
    (tmp_path / f"{name}.parquet").touch()
    with pytest.raises(BadFileError, match=f"is a second table of {name}. Keep it or {name}.csv"):
        omic_files(tmp_path)


def test_refuses_a_folder_without_omics(tmp_path):
    with pytest.raises(BadFileError, match=r"Put any of these there: mutation.csv, expression.csv"):
        read_omic_tables(tmp_path / "cell_lines", notes=Notes())


def test_refuses_an_omic_in_a_workbook(tmp_path):
    (tmp_path / "expression.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(BadFileError, match="Excel"):
        read_omic_tables(tmp_path, notes=Notes())


def test_lines_with_different_omics_share_one_table_of_observations(tmp_path):
    folder = write(
        tmp_path / "lines",
        expression="id,TP53,_batch\nL2,1,a\nL1,2,b\n",
        mutation="id,TP53\nL3,1\nL2,0\n",
        notes="id,any\nL1,1\n",
    )
    noted = collected(read_lines, folder, NO_MODELS)
    lines = noted.value
    assert lines.obs.index.tolist() == ["L1", "L2", "L3"]
    assert lines.omics[Omic.EXPRESSION]["TP53"].to_dict() == {"L2": 1, "L1": 2}
    assert lines.omics[Omic.MUTATION]["TP53"].to_dict() == {"L3": 1, "L2": 0}
    assert lines.units == {Omic.MUTATION: "0/1", Omic.EXPRESSION: "log2(TPM+1)"}
    assert "lines/expression.csv: annotations left out: '_batch'" in noted.notes
    assert "lines: notes.csv left out, not named after an omic" in noted.notes


def test_a_supplement_stands_beside_the_omic_in_its_own_unit(tmp_path):
    folder = write(
        tmp_path / "lines",
        expression="id,TP53,MYC\nL1,-1,1\nL2,1,-1\n",
        expression_ccle="id,TP53,_batch\nL3,4,a\nL1,2,b\n",
        mutation_ccle="id,TP53\nL4,2\n",
        Model="ModelID,PatientID,OncotreeLineage,CCLEName\nACH-000003,PT-3,Skin,L3\n",
    )
    noted = collected(read_lines, folder, read_models(folder / "Model.csv"))
    lines = noted.value
    assert lines.units == {Omic.EXPRESSION: "z-score"}
    assert lines.omics[Omic.EXPRESSION].index.tolist() == ["L1", "L2"]
    ccle = lines.supplements["expression_ccle"]
    assert (ccle.omic, ccle.unit) == (Omic.EXPRESSION, "log2(TPM+1)")
    assert ccle.table["TP53"].to_dict() == {"ACH-000003": 4, "L1": 2}
    assert lines.supplements["mutation_ccle"].table["TP53"].to_dict() == {"L4": 1}
    assert lines.obs["patient_id"].to_dict() == {
        "ACH-000003": "PT-3", "L1": "L1", "L2": "L2", "L4": "L4"
    }  # fmt: skip
    for note in (
        "lines/expression_ccle.csv: 2 samples x 1 feature, log2(TPM+1)",
        "lines/expression_ccle.csv: 1 sample given the ModelID in Model.csv",
        "lines/expression_ccle.csv: annotations left out: '_batch'",
        "lines/mutation_ccle.csv: 1 value of 2 taken as 1",
    ):
        assert note in noted.notes


def test_a_supplement_alone_is_enough(tmp_path):
    folder = write(tmp_path / "lines", expression_ccle="id,TP53\nL1,2\n")
    lines = read_lines(folder, NO_MODELS, Notes())
    assert (lines.omics, lines.units) == ({}, {})
    assert list(lines.supplements) == ["expression_ccle"]
    assert list(lines.obs.index) == ["L1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,TP53\nL1,4000\n", r"row 'L1', column 'TP53': is 4000, .* Raw TPM"),
        ("id,TP53\nL1,x\n", "'x' is not a number"),
        ("id,TP53,MYC\nL1,1,\nL2,1,\n", "column 'MYC': has no value"),
        ("id,TP53\nL1,1\nL1,2\n", "row 'L1': occurs more than once"),
        ("id,2-Sep\nL1,1\n", "column '2-Sep': is a date"),
        ("id,TP53\n", "has a header and no row"),
    ],
)
def test_a_supplement_is_checked_like_its_omic(tmp_path, text, message):
    folder = write(tmp_path / "lines", expression="id,TP53\nL1,2\n", expression_ccle=text)
    with pytest.raises(BadFileError, match=f"expression_ccle.csv: .*{message}"):
        read_lines(folder, NO_MODELS, Notes())


def test_tumors_may_have_supplements_of_the_same_tissue(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,TP53\nTCGA-AA-0001-01A,UVM,3\n",
        expression_array="id,_cohort,TP53\nTCGA-AA-0001-06A,UVM,9\nTCGA-AA-0002-01A,UVM,4\n",
    )
    tumors = read_tumors(folder, Notes())
    array = tumors.supplements["expression_array"]
    assert array.table["TP53"].to_dict() == {"TCGA-AA-0002": 4}
    assert array.unit == "log2(norm_count+1)"
    assert tumors.obs["lineage"].to_dict() == {"TCGA-AA-0001": "Eye", "TCGA-AA-0002": "Eye"}


def test_refuses_normal_tissue_in_a_supplement(tmp_path):
    folder = write(tmp_path / "tumors", expression_array="id,TP53\nTCGA-AA-0001-11A,3\n")
    with pytest.raises(BadFileError, match=r"expression_array.csv: .* is normal tissue"):
        read_tumors(folder, Notes())


def test_tumors_get_the_lineage_of_their_study(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,_purity,TP53\nTCGA-AA-0001-01A-1,UVM,0.5,3\nTCGA-AA-0002,,1,4\n",
        methylation="id,_cohort,cg1\nTCGA-AA-0001-01A-2,UVM,0.5\nTCGA-AA-0001-06A-1,UVM,1\n",
    )
    noted = collected(read_tumors, folder)
    expected = pd.DataFrame(
        {
            "patient_id": ["TCGA-AA-0001", "TCGA-AA-0002"],
            "lineage": ["Eye", "unknown"],
            "source": "tumor",
            "cohort": ["UVM", "unknown"],
            "barcode": ["TCGA-AA-0001-01A-1", "TCGA-AA-0002"],
        },
        index=["TCGA-AA-0001", "TCGA-AA-0002"],
    )
    pd.testing.assert_frame_equal(noted.value.obs, expected)
    assert noted.value.omics[Omic.METHYLATION].index.tolist() == ["TCGA-AA-0001"]
    assert noted.value.units[Omic.EXPRESSION] == "log2(norm_count+1)"
    assert "tumors/expression.csv: annotations left out: '_purity'" in noted.notes
    assert "tumors: 1 tumor of unknown study and lineage: 'TCGA-AA-0002'" in noted.notes


def test_a_tumor_of_two_studies_is_an_error(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,TP53\nTCGA-AA-0001,UVM,3\n",
        methylation="id,_cohort,cg1\nTCGA-AA-0001,SKCM,0.5\n",
    )
    with pytest.raises(BadFileError, match="column '_cohort': tumor 'TCGA-AA-0001' is of two"):
        read_tumors(folder, Notes())


def test_refuses_normal_tissue_among_tumors(tmp_path):
    folder = write(
        tmp_path / "tumors", expression="id,TP53\nTCGA-AA-0001-01,2\nTCGA-AA-0001-11,3\n"
    )
    with pytest.raises(BadFileError, match=r"row 'TCGA-AA-0001-11': is normal tissue.*import tcga"):
        read_tumors(folder, Notes())


def test_refuses_barcodes_of_mixed_length(tmp_path):
    folder = write(tmp_path / "tumors", expression="id,TP53\nTCGA-AA-0001-01A,2\nTCGA-AA-0002,3\n")
    with pytest.raises(BadFileError, match=r"row 'TCGA-AA-0002': .*mixed length.*12 characters"):
        read_tumors(folder, Notes())


def test_each_study_may_have_its_own_length_for_a_patient_is_in_one(tmp_path):
    text = "id,_cohort,TP53\nTCGA-AA-0001-01A,UVM,2\nTCGA-AA-0002,BRCA,3\n"
    tumors = read_tumors(write(tmp_path / "tumors", expression=text), Notes())
    assert list(tumors.obs.index) == ["TCGA-AA-0001", "TCGA-AA-0002"]

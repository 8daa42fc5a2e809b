from pathlib import Path

import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.depmap import NO_MODELS
from deepdep.io.sample_folder import cell_lines_of, omic_files, read_omic_tables, tumors_of


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_finds_tables_by_the_plain_name_of_an_omic(tmp_path):
    names = ("methylation.tsv.gz", "expression.parquet", "expression_ccle.csv", ".mutation.csv.swp")
    for name in names:
        (tmp_path / name).touch()
    assert list(omic_files(tmp_path)) == [Omic.EXPRESSION, Omic.METHYLATION]
    assert omic_files(tmp_path)[Omic.METHYLATION] == tmp_path / "methylation.tsv.gz"


def test_refuses_two_tables_of_one_omic(tmp_path):
    (tmp_path / "expression.csv").touch()
    (tmp_path / "expression.parquet").touch()
    with pytest.raises(BadFileError, match="is a second table of expression"):
        omic_files(tmp_path)


def test_refuses_a_folder_without_omics(tmp_path):
    with pytest.raises(BadFileError, match=r"Put any of these there: mutation.csv, expression.csv"):
        read_omic_tables(tmp_path / "cell_lines")


def test_refuses_an_omic_in_a_workbook(tmp_path):
    (tmp_path / "expression.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(BadFileError, match="Excel"):
        read_omic_tables(tmp_path)


def test_lines_with_different_omics_share_one_table_of_observations(tmp_path):
    folder = write(
        tmp_path / "lines",
        expression="id,TP53,_batch\nL2,1,a\nL1,2,b\n",
        mutation="id,TP53\nL3,1\nL2,0\n",
        notes="id,any\nL1,1\n",
    )
    noted = cell_lines_of(read_omic_tables(folder), NO_MODELS)
    lines = noted.value
    assert lines.obs.index.tolist() == ["L1", "L2", "L3"]
    assert lines.omics[Omic.EXPRESSION]["TP53"].to_dict() == {"L2": 1, "L1": 2}
    assert lines.omics[Omic.MUTATION]["TP53"].to_dict() == {"L3": 1, "L2": 0}
    assert lines.units == {Omic.MUTATION: "0/1", Omic.EXPRESSION: "log2(TPM+1)"}
    assert "lines/expression.csv: annotations left out: '_batch'" in noted.notes
    assert "lines: notes.csv left out, not named after an omic" in noted.notes


def test_tumors_get_the_lineage_of_their_study(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,_purity,TP53\nTCGA-AA-0001-01A-1,UVM,0.5,3\nTCGA-AA-0002,,1,4\n",
        methylation="id,_cohort,cg1\nTCGA-AA-0001-01A-2,UVM,0.5\nTCGA-AA-0001-06A-1,UVM,1\n",
    )
    noted = tumors_of(read_omic_tables(folder))
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
        tumors_of(read_omic_tables(folder))


def test_refuses_normal_tissue_among_tumors(tmp_path):
    folder = write(
        tmp_path / "tumors", expression="id,TP53\nTCGA-AA-0001-01,2\nTCGA-AA-0001-11,3\n"
    )
    with pytest.raises(BadFileError, match=r"row 'TCGA-AA-0001-11': is normal tissue.*import tcga"):
        tumors_of(read_omic_tables(folder))


def test_refuses_barcodes_of_mixed_length(tmp_path):
    folder = write(tmp_path / "tumors", expression="id,TP53\nTCGA-AA-0001-01A,2\nTCGA-AA-0002,3\n")
    with pytest.raises(BadFileError, match=r"row 'TCGA-AA-0002': .*mixed length.*12 characters"):
        tumors_of(read_omic_tables(folder))


def test_each_study_may_have_its_own_length_for_a_patient_is_in_one(tmp_path):
    text = "id,_cohort,TP53\nTCGA-AA-0001-01A,UVM,2\nTCGA-AA-0002,BRCA,3\n"
    tumors = tumors_of(read_omic_tables(write(tmp_path / "tumors", expression=text))).value
    assert list(tumors.obs.index) == ["TCGA-AA-0001", "TCGA-AA-0002"]

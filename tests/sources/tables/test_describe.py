import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic


def test_a_table_at_its_place_has_its_folder_in_the_command(given, inspect):
    found = inspect(given.folder / "tables/5/gene_effect/chronos.csv")
    folder = given.folder / "tables/5"
    expected = f"deepdep import tables {folder} --gene-effect chronos --to DATA"
    assert found.plans[0].command == expected


def test_a_table_of_another_name_is_told_by_its_values_and_where_it_belongs(
    inspect, small, tmp_path
):
    small["tumors"][Omic.EXPRESSION].to_csv(tmp_path / "rnaseq.csv")
    found = inspect(tmp_path / "rnaseq.csv")
    (plan,) = found.plans
    assert found.content == "expression"
    assert plan.brings[0].part == "tumors"
    assert "FOLDER/tumors/expression.csv" in plan.says[0]


def test_a_supplement_is_told_at_its_place_only(inspect, small, tmp_path):
    (tmp_path / "cell_lines").mkdir()
    placed, elsewhere = (tmp_path / f / "expression_ccle.csv" for f in ("cell_lines", "."))
    for path in (placed, elsewhere):
        small["cell_lines"][Omic.EXPRESSION].to_csv(path)
    found = inspect(placed)
    (plan,) = found.plans
    assert (found.content, found.tables[0].unit) == ("expression_ccle", "log2(TPM+1)")
    assert plan.command == f"deepdep import tables {tmp_path} --to DATA"
    assert (plan.brings[0].part, plan.brings[0].content) == ("cell_lines", "expression_ccle")
    assert inspect(elsewhere).content == "expression"


def test_the_name_of_the_file_decides_between_what_the_values_leave_open(inspect, tmp_path):
    lines = [f"L{k}" for k in range(9)]
    values = pd.DataFrame(np.linspace(-0.4, 0.3, 27).reshape(9, 3), lines, ["TP53", "MYC", "KRAS"])
    values.to_csv(tmp_path / "mine.csv")
    values.to_csv(tmp_path / "my_copy_number.csv")
    assert inspect(tmp_path / "mine.csv").content == "copy_number or gene_effect"
    assert inspect(tmp_path / "my_copy_number.csv").content == "copy_number"


def test_counts_under_another_name_have_the_problem_that_import_would_name(inspect, tmp_path):
    (tmp_path / "mine.csv").write_text("id,TP53,MYC\nL1,4000,12\nL2,300,0\n")
    found = inspect(tmp_path / "mine.csv")
    assert found.content == "expression"
    assert "Raw TPM or counts" in found.problems[0]


def test_standardised_samples_are_expression_only(inspect, tmp_path):
    values = np.random.default_rng(0).normal(size=(4, 300))
    standardised = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    table = pd.DataFrame(standardised, list("abcd"), [f"G{k}" for k in range(300)])
    table.to_parquet(tmp_path / "mine.parquet")
    found = inspect(tmp_path / "mine.parquet")
    assert (found.content, found.tables[0].unit) == ("expression", "z-score")


def test_values_of_no_omic_are_said_to_be_so(inspect, tmp_path):
    (tmp_path / "subtypes.csv").write_text("id,pam50\nTCGA-AA-0001,4\nTCGA-AA-0002,0\n")
    found = inspect(tmp_path / "subtypes.csv")
    assert (found.content, found.plans, found.problems) == ("not known", (), ())
    assert "of no omic" in found.remarks[0]


def test_genes_in_rows_are_recognised_where_import_could_not_know(inspect, tmp_path):
    rows = "".join(f"RPL{k},{k}.5,{k / 2}\n" for k in range(3, 12))
    (tmp_path / "mine.csv").write_text(f"id,NIHOVCAR3_OVARY,HL60_BLOOD\n{rows}")
    found = inspect(tmp_path / "mine.csv")
    (table,) = found.tables
    assert table.orientation == "features x samples"
    assert table.samples.identifiers == "CCLE name"
    assert "transpose it" in found.remarks[0]


def test_a_transposed_parquet_file_is_described_and_refused(inspect, small, tmp_path):
    (tmp_path / "cell_lines").mkdir()
    path = tmp_path / "cell_lines/expression.parquet"
    small["cell_lines"][Omic.EXPRESSION].T.to_parquet(path)
    found = inspect(path)
    (table,) = found.tables
    assert (table.orientation, table.n_columns) == ("features x samples", 6)
    assert "Transpose the table" in found.problems[0]


def test_lines_are_found_by_other_names_through_the_model_table_beside(inspect, tmp_path):
    folder = tmp_path / "cell_lines"
    folder.mkdir()
    (folder / "expression.csv").write_text("id,TP53\nHL60_BLOOD,1.5\n")
    (folder / "Model.csv").write_text(
        "ModelID,PatientID,OncotreeLineage,CCLEName\nACH-000002,P,Blood,HL60_BLOOD\n"
    )
    (plan,) = inspect(folder / "expression.csv").plans
    assert "1 sample given the ModelID in Model.csv" in plan.says


def test_a_table_of_text_is_known_to_none(inspect, tmp_path):
    (tmp_path / "clinical.csv").write_text("patient,age,stage\nP1,55,IIa\n")
    found = inspect(tmp_path / "clinical.csv")
    assert found.content == "not known"
    assert "'IIa' is not a number" in found.problems[0]
    assert "neither its name nor its columns" in found.remarks[0]


def test_a_clinical_table_at_its_place_tells_what_it_adds(inspect, tmp_path):
    (tmp_path / "tumors").mkdir()
    path = tmp_path / "tumors" / "clinical.csv"
    path.write_text("patient,age,stage\nTCGA-AA-0001,55,IIa\n")
    found = inspect(path)
    (plan,) = found.plans
    assert found.content == "descriptions of samples"
    assert plan.command == f"deepdep import tables {tmp_path} --to DATA"
    assert "columns of obs: 'age', 'stage'" in plan.says

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic

ESSENTIALS = ["RPL3", "RPL4", "RPS6", "PSMA1", "POLR2A"]


@pytest.fixture
def expression(given):
    return given.folder / "depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv"


def renamed(path, folder):
    copy = folder / "mine.csv"
    copy.write_bytes(path.read_bytes())
    return copy


def depmap_table(values, genes=("TP53", "KRAS", "MYC")):
    lines = pd.Index([f"ACH-{k:06d}" for k in range(len(values))])
    return pd.DataFrame(values, lines, [f"{gene} ({k})" for k, gene in enumerate(genes, start=1)])


def test_the_layout_and_its_release_are_named(given, expression, inspect):
    found = inspect(expression)
    assert (found.source, found.release) == ("DepMap", "DepMap, layout up to 25Q1")
    name = "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    found = inspect(given.folder / "depmap_25q2/expression" / name)
    assert found.release == "DepMap, layout from 25Q2"


def test_a_readme_beside_the_file_tells_the_release(expression, inspect, tmp_path):
    copy = tmp_path / expression.name
    copy.write_bytes(expression.read_bytes())
    (tmp_path / "README.txt").write_text("# DepMap 24Q4\n")
    assert inspect(copy).release == "DepMap 24Q4, layout up to 25Q1"


def test_rows_of_sequencings_are_counted_and_the_column_that_chooses_them_is_named(given, inspect):
    name = "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    found = inspect(given.folder / "depmap_25q2/expression" / name)
    (table,), (plan,) = found.tables, found.plans
    assert (table.n_rows, table.samples.n) == (9, 7)  # 6 lines, 2 again, 1 without default entry
    assert plan.brings[0].n_samples == 6
    assert "keeps the rows with IsDefaultEntryForModel" in plan.says
    assert table.features.identifiers == "symbol (Entrez id)"


def test_a_table_under_another_name_is_told_by_its_values(expression, inspect, tmp_path):
    found = inspect(renamed(expression, tmp_path))
    (plan,) = found.plans
    assert found.content == "expression"
    assert "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv" in plan.says[0]


def test_linear_copy_number_under_another_name_might_be_expression(given, inspect, tmp_path):
    found = inspect(renamed(given.folder / "depmap/copy_number/OmicsCNGene.csv", tmp_path))
    assert found.content == "expression or copy_number"
    assert [plan.brings[0].unit for plan in found.plans] == ["log2(TPM+1)", "log2(CN/2)"]
    assert found.tables[0].unit is None


def test_well_known_essential_genes_tell_gene_effects_from_copy_number(inspect, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.1, (9, 8))
    genes = [*ESSENTIALS, "TP53", "KRAS", "MYC"]
    depmap_table(values, genes).to_csv(tmp_path / "ratios.csv")
    values[:, :5] -= 1
    depmap_table(values, genes).to_csv(tmp_path / "effects.csv")
    assert inspect(tmp_path / "ratios.csv").content == "copy_number"
    assert inspect(tmp_path / "effects.csv").content == "gene_effect"


def test_probabilities_of_dependency_are_left_out_by_import(inspect, tmp_path):
    path = tmp_path / "CRISPRGeneDependency.csv"
    depmap_table(np.full((2, 3), 0.5)).to_csv(path)
    found = inspect(path)
    assert (found.content, found.plans) == ("probabilities of dependency", ())
    assert "a probability is no gene effect" in found.remarks[0]


def test_a_transposed_table_is_described_as_it_lies_and_refused(small, inspect, tmp_path):
    path = tmp_path / "OmicsExpressionProteinCodingGenesTPMLogp1.csv"
    small["cell_lines"][Omic.EXPRESSION].T.to_csv(path)
    found = inspect(path)
    assert found.tables[0].orientation == "features x samples"
    assert found.tables[0].samples.n == 6
    assert "Transpose the table" in found.problems[0]


def test_models_tell_patients_and_lineages(inspect, tmp_path):
    text = "ModelID,PatientID,OncotreeLineage\nACH-000001,P1,Lung\nACH-000002,P1,Skin\n"
    (tmp_path / "Model.csv").write_text(text)
    found = inspect(tmp_path / "Model.csv")
    assert found.content == "models"
    assert found.tables[0].samples.n == 2
    assert [plan.brings for plan in found.plans] == [(), ()]
    assert "2 cell lines of 1 patient, 2 lineages" in found.plans[0].says


def test_a_model_table_without_a_column_has_that_problem(inspect, tmp_path):
    (tmp_path / "Model.csv").write_text("ModelID,PatientID\nACH-000001,P1\n")
    found = inspect(tmp_path / "Model.csv")
    assert found.problems == (
        f"{tmp_path}/Model.csv: lacks the column 'OncotreeLineage'. Bring DepMap's Model.csv",
    )

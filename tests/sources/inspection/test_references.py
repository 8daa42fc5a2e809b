from dataclasses import replace

import pandas as pd
import pytest

from deepdep.data.cohort import write_cohort
from deepdep.domain.cohort import Source, Supplement
from deepdep.domain.features import FeatureSpace
from deepdep.domain.omics import Omic
from deepdep.io.features import write_feature_space

HGNC = (
    "symbol\tprev_symbol\tentrez_id\tensembl_gene_id\nSEPTIN9\tSEPT9\t1\tENSG1\nTP53\t\t2\tENSG2\n"
)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "cell_lines").mkdir()
    path = tmp_path / "cell_lines/expression.csv"
    path.write_text("id,TP53,SEPT9,MADEUP\nL1,1,2,3\nL2,2,4,1\n")
    return path


@pytest.fixture
def genes_table(tmp_path):
    (tmp_path / "hgnc.txt").write_text(HGNC)
    return tmp_path / "hgnc.txt"


@pytest.fixture
def lists(tmp_path):
    def write(*genes):
        folder = tmp_path / "lists"
        folder.mkdir()
        (folder / "a.csv").write_text("Gene,Mean\n" + "".join(f"{gene},1\n" for gene in genes))
        (folder / "b.csv").write_text("Gene\nTP53\nABL1\n")
        return folder

    return write


def shares(table):
    return [(match.names, match.n_matched, match.n) for match in table.matched]


def test_genes_with_a_current_symbol_are_counted(table, genes_table, inspect):
    found = inspect(table, genes_table=genes_table)
    assert shares(found.tables[0]) == [("features of the file", 2, 3)]
    assert f"--genes-table {genes_table} --to" in found.plans[0].command


def test_listed_features_are_counted_and_import_keeps_them_only(table, lists, inspect):
    found = inspect(table, feature_lists=lists("MADEUP", "TP53"))
    assert shares(found.tables[0]) == [("listed features", 2, 2)]
    assert found.plans[0].brings[0].n_features == 2
    assert "--feature-lists" in found.plans[0].command


def test_a_list_is_matched_by_the_symbols_that_genes_have_now(table, lists, genes_table, inspect):
    found = inspect(table, feature_lists=lists("SEPT9", "TP53"), genes_table=genes_table)
    assert shares(found.tables[0])[1] == ("listed features", 2, 2)


def test_too_few_listed_features_are_counted_and_are_the_problem_that_import_names(
    table, lists, inspect
):
    found = inspect(table, feature_lists=lists("TP53", "KRAS", "MYC"))
    assert shares(found.tables[0]) == [("listed features", 1, 3)]
    assert found.content == "expression"
    assert "lacks 2 of the features listed" in found.problems[0]


def test_genes_of_interest_are_looked_for_in_gene_sets(lists, tmp_path, inspect):
    (tmp_path / "mine.gmt").write_text("A\tx\tTP53\tMYC\n")
    found = inspect(tmp_path / "mine.gmt", feature_lists=lists("TP53"))
    assert shares(found.tables[0]) == [("listed genes of interest", 1, 2)]


def test_features_of_a_cohort_are_looked_for(cohort, given, inspect, small, tmp_path):
    write_cohort(cohort, tmp_path / "data")
    path = given.folder / "tables/1/cell_lines/expression.csv"
    found = inspect(path, against=tmp_path / "data")
    n_cohort = cohort.cell_lines.omics[Omic.EXPRESSION].shape[1]
    n_file = small["cell_lines"][Omic.EXPRESSION].shape[1]
    assert shares(found.tables[0])[0] == ("features of the cell lines", n_file, n_cohort)


def test_features_of_a_supplement_are_looked_for_under_its_name(cohort, inspect, tmp_path):
    lines = cohort.cell_lines
    array = lines.omics[Omic.EXPRESSION].iloc[:4, :3]
    supplements = {"expression_array": Supplement(Omic.EXPRESSION, array, "log2(TPM+1)")}
    whole = replace(cohort, cell_lines=replace(lines, supplements=supplements))
    write_cohort(whole, tmp_path / "data")
    (tmp_path / "cell_lines").mkdir()
    array.iloc[:, :2].to_csv(tmp_path / "cell_lines/expression_array.csv")
    found = inspect(tmp_path / "cell_lines/expression_array.csv", against=tmp_path / "data")
    assert shares(found.tables[0]) == [("features of the cell lines", 2, 3)]


def test_features_of_a_model_are_looked_for(table, inspect, tmp_path):
    model = tmp_path / "predictor"
    model.mkdir()
    features = pd.DataFrame({"in_tumors": True}, index=pd.Index(["TP53", "KRAS"], name="feature"))
    space = FeatureSpace(features, within_sample=False, units={Source.TUMOR: "z-score"})
    write_feature_space(space, model / "features_expression")
    (seen,) = inspect(table, against=model).tables
    assert shares(seen) == [("features of the model", 1, 2)]

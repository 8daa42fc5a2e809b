import pytest

from deepdep.evaluation.markdown import markdown_table, markdown_tables


def figures(r, **others):
    return {"n_genes": 712.0, "n_cells": 15, "mean_gene_r": r, "mean_gene_r_low": 0.1,
            "mean_gene_r_high": 0.5, "skill": None, "coverage": None} | others  # fmt: skip


@pytest.fixture
def metrics():
    lead = {"difference": 0.0213, "low": 0.01, "high": 0.03, "p": 0.00001, "p_holm": 0.00004}
    return {
        "models": {
            "predictor": {"all": figures(0.3456, coverage=0.9), "selective": figures(0.4)},
            "ridge": {"all": figures(0.3243)},
        },
        "differences": {"predictor - ridge": {"all": {"mean_gene_r": lead}}},
    }


def test_a_table_says_what_was_measured_and_no_more(metrics):
    assert markdown_table(metrics, "all", "predictor").splitlines() == [
        "| model | mean per-gene r | coverage | cells | lead of predictor |",
        "| --- | --- | --- | --- | --- |",
        "| predictor | 0.346 (0.100 to 0.500) | 0.900 | 15 |  |",
        "| ridge | 0.324 (0.100 to 0.500) | - | 15 | +0.021 (+0.010 to +0.030; p < 0.001) |",
    ]


def test_each_stratum_has_a_table_of_the_models_that_it_judged(metrics):
    text = markdown_tables(metrics)
    assert text.index("**all** (712 genes)") < text.index("**selective** (712 genes)")
    assert text.count("| ridge |") == 1
    assert text.count("| predictor |") == 2


def test_a_model_that_is_behind_is_shown_as_behind(metrics):
    lead = metrics["differences"]["predictor - ridge"]["all"]["mean_gene_r"]
    lead |= {"difference": -0.02, "low": -0.03, "high": 0.001, "p_holm": 0.06}
    assert "-0.020 (-0.030 to +0.001; p 0.060)" in markdown_tables(metrics)
    metrics["differences"]["predictor - ridge"]["all"]["mean_gene_r"].pop("p_holm")
    assert "-0.020 (-0.030 to +0.001)" in markdown_tables(metrics)

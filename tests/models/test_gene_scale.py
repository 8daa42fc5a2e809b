import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV

from deepdep.models.gene_scale import MIN_SD, PENALTIES, GeneScale

N_GENES = 40


@pytest.fixture
def effects():
    """20 lines; genes ESS* have mean -1 and SD near 0.2, genes OTHER* mean 0 and SD near 0.1."""
    rng = np.random.default_rng(0)
    half = N_GENES // 2
    values = np.hstack([rng.normal(-1, 0.2, size=(20, half)), rng.normal(0, 0.1, size=(20, half))])
    genes = [f"ESS{k}" for k in range(half)] + [f"OTHER{k}" for k in range(half)]
    return pd.DataFrame(values, columns=genes)


@pytest.fixture
def gene_sets(effects):
    """One set of the essential genes, two that cut across; NEW genes were not screened."""
    essential = tuple(gene for gene in effects if gene.startswith("ESS"))
    odd, even = tuple(effects.columns[1::2]), tuple(effects.columns[::2])
    return {"ODD": odd, "ESSENTIAL": (*essential, "NEW_ESS"), "EVEN": (*even, "NEW_OTHER")}


def test_screened_genes_have_the_mean_and_spread_of_training_lines():
    effects = pd.DataFrame({"A": [0.0, 1.0, 2.0], "B": [-3.0, np.nan, -1.0]})
    screened = GeneScale.fit(effects, {"S": ("A",)}).screened
    assert screened.loc["A"].tolist() == [1, 1]
    assert screened.loc["B"].tolist() == [-2, pytest.approx(2**0.5)]


def test_a_gene_that_hardly_varies_or_was_screened_once_has_the_least_spread():
    effects = pd.DataFrame({"FLAT": [1.0, 1.0], "ONCE": [np.nan, -2.0], "A": [0.0, 1.0]})
    screened = GeneScale.fit(effects, {"S": ("A", "ONCE")}).screened
    assert screened.loc[["FLAT", "ONCE"], "sd"].tolist() == [MIN_SD, MIN_SD]
    assert screened.loc["ONCE", "mean"] == -2


def test_an_unscreened_gene_has_the_scale_its_sets_suggest(effects, gene_sets):
    scale = GeneScale.fit(effects, gene_sets)
    estimated = scale.of(["NEW_OTHER", "NEW_ESS"], gene_sets)
    assert estimated.loc["NEW_ESS", "mean"] == pytest.approx(-1, abs=0.15)
    assert estimated.loc["NEW_OTHER", "mean"] == pytest.approx(0, abs=0.15)
    assert estimated.loc["NEW_ESS", "sd"] > estimated.loc["NEW_OTHER", "sd"] + 0.05


def test_screened_and_unscreened_genes_come_in_the_order_asked_for(effects, gene_sets):
    scale = GeneScale.fit(effects, gene_sets)
    mixed = scale.of(["NEW_ESS", "OTHER3", "ESS0"], gene_sets)
    assert mixed.index.tolist() == ["NEW_ESS", "OTHER3", "ESS0"]
    pd.testing.assert_series_equal(mixed.loc["ESS0"], scale.screened.loc["ESS0"])


def test_a_gene_in_no_set_has_the_constant_term(effects, gene_sets):
    scale = GeneScale.fit(effects, gene_sets)
    nowhere = scale.of(["NOWHERE"], gene_sets).loc["NOWHERE"]
    pd.testing.assert_series_equal(nowhere, scale.by_gene_set.loc["(intercept)"], check_names=False)


def test_gene_sets_are_found_by_name(effects, gene_sets):
    scale = GeneScale.fit(effects, gene_sets)
    turned = dict(reversed(gene_sets.items()))
    pd.testing.assert_frame_equal(scale.of(["NEW_ESS"], turned), scale.of(["NEW_ESS"], gene_sets))


def test_an_estimated_spread_is_never_too_small():
    weights = pd.DataFrame({"mean": [0.0, 0.0], "sd": [-1.0, 0.2]}, index=["S", "(intercept)"])
    scale = GeneScale(pd.DataFrame({"mean": [], "sd": []}, dtype=float), weights)
    assert scale.of(["G"], {"S": ("G",)}).loc["G", "sd"] == MIN_SD


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # no gene is left to judge by
def test_one_gene_is_enough():
    scale = GeneScale.fit(pd.DataFrame({"A": [0.0, 1.0]}), {"S": ("A", "NEW")})
    assert np.isfinite(scale.of(["NEW"], {"S": ("A", "NEW")}).to_numpy()).all()


@pytest.mark.parametrize("n_sets", [12, 90])
def test_weights_of_gene_sets_are_those_of_ridge_by_leaving_genes_out(effects, n_sets):
    rng = np.random.default_rng(1)
    member = rng.random((N_GENES, n_sets)) < 0.2
    gene_sets = {f"S{k}": tuple(effects.columns[member[:, k]]) for k in range(n_sets)}
    scale = GeneScale.fit(effects, gene_sets)
    ridge = RidgeCV(alphas=PENALTIES).fit(member.astype(float), scale.screened.to_numpy())
    weights = scale.by_gene_set.drop(index="(intercept)")
    np.testing.assert_allclose(weights.loc[list(gene_sets)].T, ridge.coef_, atol=1e-10)
    np.testing.assert_allclose(scale.by_gene_set.loc["(intercept)"], ridge.intercept_, atol=1e-10)

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.correlation import pearson_per_gene
from deepdep.models.baselines.fingerprint_ridge import fingerprint_ridge
from deepdep.models.baselines.nearest_genes import nearest_genes
from deepdep.models.baselines.ridge import ridge_expression

SETS = {
    "a": ("g0", "g1", "new"),
    "b": ("g0", "g1", "g2", "new"),
    "c": ("g3", "g4", "far"),
    "d": ("far", "g5"),
}


@pytest.fixture
def unseen(task):
    """``new`` shares both sets of g0 and g1 and one of g2's; ``far`` shares one with g3 to g5."""
    settings = replace(task.settings, n_nearest_genes=2)
    genes = pd.Index(["new", "far", "alone"])
    return replace(task, gene_sets=SETS, genes=genes, settings=settings)


def profile(table, effects, genes):
    """The mean deviation of some genes from their training means."""
    return (table[genes] - effects[genes].mean()).mean(axis=1)


def test_an_unseen_gene_deviates_as_its_nearest_genes_do(unseen, task):
    predicted = nearest_genes(unseen)
    level = fingerprint_ridge(unseen)
    of_screened = ridge_expression(task)
    np.testing.assert_allclose(
        predicted["new"],
        level["new"] + profile(of_screened, task.train_effect, ["g0", "g1"]),
    )


def test_genes_as_near_as_the_last_count_too(unseen, task):
    # Cosine of far and g3, g4 and g5: 1 / sqrt(2) each.
    np.testing.assert_allclose(
        nearest_genes(unseen)["far"] - fingerprint_ridge(unseen)["far"],
        profile(ridge_expression(task), task.train_effect, ["g3", "g4", "g5"]),
    )


def test_a_gene_that_shares_no_set_is_predicted_as_an_average_gene(unseen):
    predicted = nearest_genes(unseen)["alone"]
    assert (predicted == fingerprint_ridge(unseen)["alone"]).all()


def test_lines_that_were_trained_on_lend_what_was_measured(unseen):
    train = unseen.train_effect.index
    effect = unseen.train_effect.copy()
    effect.loc[train[0], "g0"] = np.nan
    screened = replace(unseen, train_effect=effect, lines=train)
    found = nearest_genes(screened) - fingerprint_ridge(screened)
    np.testing.assert_allclose(
        found.loc[train[1:], "new"], profile(effect, effect, ["g0", "g1"])[1:]
    )
    of_screened = ridge_expression(replace(screened, genes=effect.columns))
    filled = effect.fillna(of_screened)
    assert found.loc[train[0], "new"] == pytest.approx(
        profile(filled, effect, ["g0", "g1"])[train[0]]
    )


def test_a_twin_of_a_screened_gene_is_predicted_as_well_as_that_gene(unseen, measured):
    twin = replace(unseen, gene_sets={"a": ("g0", "new"), "b": ("g1", "g2")})
    one = replace(twin, settings=replace(twin.settings, n_nearest_genes=1))
    r = pearson_per_gene(measured[["g0"]].rename(columns={"g0": "new"}), nearest_genes(one))
    assert r["new"] > 0.4

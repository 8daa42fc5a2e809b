from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.baselines.regression import ridge_expression
from deepdep.models.baselines.simple import (
    fingerprint_ridge,
    gene_mean,
    lineage_mean,
    nearest_genes,
    nearest_lines,
    own_expression,
)
from deepdep.statistics.metrics import pearson_per_gene, skill


@pytest.fixture
def unseen(task):
    """Genes of set ``a`` are needed by every line, those of ``b`` by none."""
    effect = task.train_effect * 0.01
    effect[list(task.genes[:5])] -= 1
    sets = {"a": (*task.genes[:5], "new_a"), "b": (*task.genes[5:], "new_b")}
    genes = pd.Index(["new_a", "new_b", "in_no_set"])
    return replace(task, train_effect=effect, gene_sets=sets, genes=genes)


def test_an_unseen_gene_is_as_needed_as_those_of_its_sets(unseen):
    predicted = fingerprint_ridge(unseen)
    assert predicted["new_a"].mean() == pytest.approx(-1, abs=0.1)
    assert predicted["new_b"].mean() == pytest.approx(0, abs=0.1)
    assert predicted["in_no_set"].mean() == pytest.approx(-0.5, abs=0.1)


def test_it_ranks_no_line_above_another(unseen):
    predicted = fingerprint_ridge(unseen)
    assert (predicted == predicted.iloc[0]).all(axis=None)
    assert predicted.index.equals(unseen.lines)


def test_a_screened_gene_gets_its_measured_mean(unseen):
    predicted = fingerprint_ridge(replace(unseen, genes=pd.Index(["g0", "new_a"])))
    assert predicted["g0"].tolist() == pytest.approx([unseen.train_effect["g0"].mean()] * 40)


def test_a_gene_that_no_line_screened_is_unseen(unseen):
    effect = unseen.train_effect.assign(new_a=np.nan)
    pd.testing.assert_frame_equal(
        fingerprint_ridge(replace(unseen, train_effect=effect)), fingerprint_ridge(unseen)
    )


def test_the_gene_mean_has_exactly_no_correlation_and_no_skill(task, measured):
    predicted = gene_mean(task)
    assert (pearson_per_gene(measured, predicted) == 0).all()
    assert skill(measured, predicted, task.train_effect.mean()) == 0


def test_lineage_means_are_drawn_towards_the_gene_mean_by_hand(tiny_task, baseline_settings):
    effects = pd.DataFrame({"g": [0, 0, 4, 4.0], "h": [0, 0, 4, np.nan]}, index=list("abcd"))
    obs = pd.DataFrame(
        {"lineage": ["skin", "skin", "lung", "lung", "lung", "bone"]}, index=list("abcdxy")
    )
    settings = replace(baseline_settings, lineage_shrinkage=2.0)
    nothing = pd.DataFrame(index=list("abcdxy"))
    predicted = lineage_mean(tiny_task(effects, nothing, obs=obs, settings=settings))
    # g: mean 2, lung is 2 above it with two lines: 2 + 2 * 2 / (2 + 2).
    # h: mean 4/3, lung is 8/3 above it with one line: 4/3 + 8/3 * 1 / (1 + 2).
    assert predicted.loc["x"].tolist() == pytest.approx([3, 4 / 3 + 8 / 9])
    assert predicted.loc["y"].tolist() == pytest.approx([2, 4 / 3])


SETS = {
    "a": ("g0", "g1", "new"),
    "b": ("g0", "g1", "g2", "new"),
    "c": ("g3", "g4", "far"),
    "d": ("far", "g5"),
}


@pytest.fixture
def unseen_of_genes(task):
    """``new`` shares both sets of g0 and g1 and one of g2's; ``far`` shares one with g3 to g5."""
    settings = replace(task.settings, n_nearest_genes=2)
    genes = pd.Index(["new", "far", "alone"])
    return replace(task, gene_sets=SETS, genes=genes, settings=settings)


def profile(table, effects, genes):
    """The mean deviation of some genes from their training means."""
    return (table[genes] - effects[genes].mean()).mean(axis=1)


def test_an_unseen_gene_deviates_as_its_nearest_genes_do(unseen_of_genes, task):
    predicted = nearest_genes(unseen_of_genes)
    level = fingerprint_ridge(unseen_of_genes)
    of_screened = ridge_expression(task)
    np.testing.assert_allclose(
        predicted["new"],
        level["new"] + profile(of_screened, task.train_effect, ["g0", "g1"]),
    )


def test_genes_as_near_as_the_last_count_too(unseen_of_genes, task):
    # Cosine of far and g3, g4 and g5: 1 / sqrt(2) each.
    np.testing.assert_allclose(
        nearest_genes(unseen_of_genes)["far"] - fingerprint_ridge(unseen_of_genes)["far"],
        profile(ridge_expression(task), task.train_effect, ["g3", "g4", "g5"]),
    )


def test_a_gene_that_shares_no_set_is_predicted_as_an_average_gene(unseen_of_genes):
    predicted = nearest_genes(unseen_of_genes)["alone"]
    assert (predicted == fingerprint_ridge(unseen_of_genes)["alone"]).all()


def test_lines_that_were_trained_on_lend_what_was_measured(unseen_of_genes):
    train = unseen_of_genes.train_effect.index
    effect = unseen_of_genes.train_effect.copy()
    effect.loc[train[0], "g0"] = np.nan
    screened = replace(unseen_of_genes, train_effect=effect, lines=train)
    found = nearest_genes(screened) - fingerprint_ridge(screened)
    np.testing.assert_allclose(
        found.loc[train[1:], "new"], profile(effect, effect, ["g0", "g1"])[1:]
    )
    of_screened = ridge_expression(replace(screened, genes=effect.columns))
    filled = effect.fillna(of_screened)
    assert found.loc[train[0], "new"] == pytest.approx(
        profile(filled, effect, ["g0", "g1"])[train[0]]
    )


def test_a_twin_of_a_screened_gene_is_predicted_as_well_as_that_gene(unseen_of_genes, measured):
    twin = replace(unseen_of_genes, gene_sets={"a": ("g0", "new"), "b": ("g1", "g2")})
    one = replace(twin, settings=replace(twin.settings, n_nearest_genes=1))
    r = pearson_per_gene(measured[["g0"]].rename(columns={"g0": "new"}), nearest_genes(one))
    assert r["new"] > 0.4


@pytest.fixture
def lines(tiny_task, baseline_settings):
    """Lines a, b and c are like x, however strongly; d is its opposite, e was not measured."""
    profile = np.array([1.0, -1.0, 0.5, 0.0])
    tilt = np.array([0.0, 0.0, 0.1, 0.0])
    expression = pd.DataFrame(
        {
            "a": profile + tilt,
            "b": 3 * profile,
            "c": profile - 2 * tilt,
            "d": -profile,
            "e": profile * np.nan,
            "x": profile,
            "y": -profile,
            "z": profile * np.nan,
        }
    ).T
    effects = pd.DataFrame(
        {"g": [1.0, 2, 4, 8, 0], "h": [np.nan, np.nan, 3, 6, 3]}, index=list("abcde")
    )
    settings = replace(baseline_settings, n_nearest_lines=2)
    return tiny_task(effects, expression, settings=settings)


def test_a_line_deviates_from_the_mean_as_its_nearest_do(lines):
    # g: a and b are nearest, and all lines' mean is subtracted and added: (1 + 2) / 2.
    assert nearest_lines(lines).loc["x", "g"] == pytest.approx(1.5)
    # y: d is its twin; c comes second, because its tilt turns it away from x.
    assert nearest_lines(lines).loc["y", "g"] == pytest.approx((8 + 4) / 2)


def test_neighbours_count_that_screened_the_gene(lines):
    predicted = nearest_lines(lines)
    assert predicted.loc["x", "h"] == pytest.approx(4)  # neither has it: the mean of 3, 6 and 3
    more = replace(lines, settings=replace(lines.settings, n_nearest_lines=3))
    assert nearest_lines(more).loc["x", "h"] == pytest.approx(3)  # that of c
    assert nearest_lines(more).loc["y", "h"] == pytest.approx((6 + 3) / 2)


def test_a_line_without_expression_gets_the_mean_and_is_nobodys_neighbour(lines):
    assert nearest_lines(lines).loc["z"].tolist() == pytest.approx([3, 4])
    expression = lines.omics[Omic.EXPRESSION].drop(index=["e", "z"])
    gone = replace(lines, omics={Omic.EXPRESSION: expression})
    pd.testing.assert_frame_equal(nearest_lines(gone), nearest_lines(lines))


def test_all_lines_are_neighbours_when_there_are_few(lines):
    all_lines = replace(lines, settings=replace(lines.settings, n_nearest_lines=50))
    assert nearest_lines(all_lines).loc["x", "g"] == pytest.approx(15 / 4)  # e has no expression


def test_all_get_the_mean_when_no_training_line_has_expression(lines):
    expression = lines.omics[Omic.EXPRESSION].loc[list("xyz")]
    predicted = nearest_lines(replace(lines, omics={Omic.EXPRESSION: expression}))
    assert (predicted == [3, 4]).all(axis=None)


@pytest.fixture
def lines_own(tiny_task):
    """Four lines to learn from, two to predict; y's expression of ``g`` was not measured.

    ``g`` is 1 - 2 x its expression, ``h`` follows the expression of ``g`` and has none itself.
    """
    expression = pd.DataFrame(
        {"g": [-1.0, 0, 1, 2, 3, np.nan], "flat": 1.0}, index=["a", "b", "c", "d", "x", "y"]
    )
    known = expression.loc[list("abcd"), "g"]
    effects = pd.DataFrame({"g": 1 - 2 * known, "h": known, "flat": [0.0, 1, 2, 3]})
    return tiny_task(effects, expression)


def test_a_gene_is_a_straight_line_in_its_own_expression(lines_own):
    assert own_expression(lines_own).loc["x", "g"] == pytest.approx(1 - 2 * 3)


def test_what_was_not_measured_or_never_varies_gives_the_mean(lines_own):
    predicted = own_expression(lines_own)
    assert predicted.loc["y", "g"] == pytest.approx(0)  # of 3, 1, -1 and -3
    assert predicted["h"].tolist() == pytest.approx([0.5, 0.5])
    assert predicted["flat"].tolist() == pytest.approx([1.5, 1.5])


def test_the_line_is_fitted_where_both_numbers_are_known(lines_own):
    lines_own.train_effect.loc["a", "g"] = np.nan
    lines_own.omics[Omic.EXPRESSION].loc["d", "g"] = np.nan
    # Two lines are left, through which any straight line goes: the mean of b, c and d.
    assert own_expression(lines_own).loc["x", "g"] == pytest.approx(-1)


def test_finds_planted_genes_as_numpy_does(task):
    x = task.omics[Omic.EXPRESSION]
    predicted = own_expression(task)
    for gene in task.genes:
        slope, height = np.polyfit(
            x.loc[task.train_effect.index, gene], task.train_effect[gene], deg=1
        )
        np.testing.assert_allclose(predicted[gene], height + slope * x.loc[task.lines, gene])

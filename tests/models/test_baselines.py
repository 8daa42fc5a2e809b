from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.omics import Omic
from deepdep.evaluation.metrics import skill
from deepdep.models.baselines import (
    BaselineSettings,
    PenaltyScope,
    concatenate_omics,
    gene_mean,
    lineage_mean,
    predict_baselines,
    ridge,
)

SETTINGS = BaselineSettings(
    lineage_shrinkage=2.0, penalties=(0.01, 0.1, 1.0, 10.0), penalty=PenaltyScope.COMMON, n_folds=4
)
LINES = pd.Index([f"l{i:03}" for i in range(120)])
TRAIN, NEW = LINES[:80], LINES[80:]


@pytest.fixture
def expression():
    return pd.DataFrame(
        np.random.default_rng(0).normal(size=(120, 30)), LINES, [f"f{i}" for i in range(30)]
    )


@pytest.fixture
def gene_effect(expression):
    """Genes 0 to 9 follow their own expression feature in noise of the same size."""
    noise = np.random.default_rng(1).normal(size=(120, 10))
    return pd.DataFrame(
        expression.iloc[:, :10].to_numpy() + noise, LINES, [f"g{i}" for i in range(10)]
    )


@pytest.fixture
def obs():
    """Two lines per patient, five lineages."""
    return pd.DataFrame(
        {
            "patient_id": [f"p{i // 2}" for i in range(120)],
            "lineage": [f"lineage{i % 5}" for i in range(120)],
        },
        index=LINES,
    )


def test_the_gene_mean_has_exactly_no_correlation_and_no_skill(gene_effect):
    train = gene_effect.loc[TRAIN]
    predicted = gene_mean(train, NEW)
    assert (pearson_per_gene(gene_effect.loc[NEW], predicted) == 0).all()
    assert skill(gene_effect.loc[NEW], predicted, train.mean()) == 0


def test_lineage_means_are_drawn_towards_the_gene_mean_by_hand():
    train = pd.DataFrame({"g": [0, 0, 4, 4.0], "h": [0, 0, 4, float("nan")]}, index=list("abcd"))
    lineage = pd.Series(["skin", "skin", "lung", "lung"], index=list("abcd"))
    new = pd.Series(["lung", "bone"], index=["x", "y"])
    predicted = lineage_mean(train, lineage, new, shrinkage=2)
    # g: mean 2, lung is 2 above it with two lines: 2 + 2 * 2 / (2 + 2).
    # h: mean 4/3, lung is 8/3 above it with one line: 4/3 + 8/3 * 1 / (1 + 2).
    assert predicted.loc["x"].tolist() == pytest.approx([3, 4 / 3 + 8 / 9])
    assert predicted.loc["y"].tolist() == pytest.approx([2, 4 / 3])


def test_ridge_finds_a_planted_linear_effect(gene_effect, expression, obs):
    predicted = ridge(gene_effect.loc[TRAIN], expression, obs["patient_id"], NEW, SETTINGS)
    # The best any model can do is sqrt(1/2) = 0.71.
    assert pearson_per_gene(gene_effect.loc[NEW], predicted).mean() > 0.5


def test_ridge_finds_nothing_in_permuted_labels(gene_effect, expression, obs):
    shuffled = gene_effect.sample(frac=1, random_state=0).set_axis(LINES)
    predicted = ridge(shuffled.loc[TRAIN], expression, obs["patient_id"], NEW, SETTINGS)
    assert abs(pearson_per_gene(shuffled.loc[NEW], predicted).mean()) < 0.1


def test_each_gene_may_have_its_own_penalty(gene_effect, expression, obs):
    mixed = gene_effect.copy()
    mixed["g0"] = expression["f0"]
    mixed["g1"] = np.random.default_rng(2).normal(size=120)
    common, own = (
        ridge(
            mixed.loc[TRAIN], expression, obs["patient_id"], NEW, replace(SETTINGS, penalty=scope)
        )
        for scope in (PenaltyScope.COMMON, PenaltyScope.PER_GENE)
    )
    error = (common - mixed.loc[NEW]) ** 2 - (own - mixed.loc[NEW]) ** 2
    assert error["g0"].mean() > 0  # without noise, it wants less penalty than the others
    assert error["g1"].mean() > 0  # with nothing else, more


def test_ridge_does_not_depend_on_the_order_of_rows_and_columns(gene_effect, expression, obs):
    expected = ridge(gene_effect.loc[TRAIN], expression, obs["patient_id"], NEW, SETTINGS)
    train = gene_effect.loc[TRAIN].sample(frac=1, random_state=0)
    features = expression.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1)
    found = ridge(
        train[train.columns[::-1]], features, obs["patient_id"][::-1], NEW[::-1], SETTINGS
    )
    pd.testing.assert_frame_equal(found.loc[NEW, expected.columns], expected)


def test_nothing_is_learned_from_lines_to_predict(gene_effect, expression, obs):
    omics = {Omic.EXPRESSION: expression, Omic.MUTATION: expression.round()}
    before = predict_baselines(gene_effect.loc[TRAIN], omics, obs, NEW, SETTINGS)
    changed_obs = obs.copy()
    for table in omics.values():
        table.loc[NEW[0]] = 1e6
    changed_obs.loc[NEW[0]] = "sentinel"
    after = predict_baselines(gene_effect.loc[TRAIN], omics, changed_obs, NEW, SETTINGS)
    for name in before:
        pd.testing.assert_frame_equal(after[name].loc[NEW[1:]], before[name].loc[NEW[1:]])


def test_omics_are_set_side_by_side_with_zero_for_what_was_not_measured():
    tables = {
        Omic.MUTATION: pd.DataFrame({"TP53": [1.0, float("nan")]}, index=["a", "b"]),
        Omic.EXPRESSION: pd.DataFrame({"TP53": [3.0, 2.0], "MYC": [5.0, 4.0]}, index=["c", "a"]),
    }
    features = concatenate_omics(tables, pd.Index(["a", "b"]))
    assert features.index.tolist() == ["a", "b"]
    assert features[Omic.MUTATION]["TP53"].tolist() == [1, 0]
    assert features[Omic.EXPRESSION]["MYC"].tolist() == [4, 0]


def test_all_baselines_have_the_labels_they_were_asked_for(gene_effect, expression, obs):
    omics = {Omic.EXPRESSION: expression, Omic.COPY_NUMBER: expression.iloc[:50] * 2}
    predictions = predict_baselines(gene_effect.loc[TRAIN], omics, obs, NEW, SETTINGS)
    assert set(predictions) == {"gene_mean", "lineage_mean", "ridge", "ridge_expression"}
    for predicted in predictions.values():
        assert predicted.index.equals(NEW)
        assert predicted.columns.equals(gene_effect.columns)
        assert predicted.notna().all(axis=None)


def test_ridge_on_expression_is_named_apart_only_beside_other_omics(gene_effect, expression, obs):
    omics = {Omic.EXPRESSION: expression}
    predictions = predict_baselines(gene_effect.loc[TRAIN], omics, obs, NEW, SETTINGS)
    assert set(predictions) == {"gene_mean", "lineage_mean", "ridge"}

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.models.baselines.task import (
    PenaltyScope,
    concatenate_omics,
    most_correlated,
)


def test_omics_are_set_side_by_side_with_zero_for_what_was_not_measured():
    tables = {
        Omic.MUTATION: pd.DataFrame({"TP53": [1.0, float("nan")]}, index=["a", "b"]),
        Omic.EXPRESSION: pd.DataFrame({"TP53": [3.0, 2.0], "MYC": [5.0, 4.0]}, index=["c", "a"]),
    }
    features = concatenate_omics(tables, pd.Index(["a", "b"]))
    assert features.index.tolist() == ["a", "b"]
    assert features[Omic.MUTATION]["TP53"].tolist() == [1, 0]
    assert features[Omic.EXPRESSION]["MYC"].tolist() == [4, 0]


def test_the_strongest_correlations_are_those_of_the_lines_that_screened_the_gene():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(40, 25)), rng.normal(size=(40, 200))
    labels[rng.random(labels.shape) < 0.3] = np.nan
    chosen = most_correlated(features, labels, 25)
    for gene in (0, 127, 128, 199):  # either side of a block's end
        known = ~np.isnan(labels[:, gene])
        r = np.corrcoef(features[known].T, labels[known, gene])[-1, :-1]
        assert chosen[gene].tolist() == np.argsort(-np.abs(r)).tolist()


def test_of_equal_features_the_first_comes_first_and_constant_ones_last():
    x = np.arange(6.0)
    features = np.stack([np.ones(6), x, -3 * x, x**3], axis=1)
    assert most_correlated(features, x[:, None], 4).tolist() == [[1, 2, 3, 0]]
    assert most_correlated(features, x[:, None], 2).tolist() == [[1, 2]]


def test_a_gene_without_variation_gets_some_features_all_the_same():
    labels = np.array([[1.0, np.nan]] * 5)
    assert most_correlated(np.eye(5), labels, 2).tolist() == [[0, 1], [0, 1]]


ERRORS = np.array([[1.0, 9.0, 5.0], [2.0, 3.0, 6.0]])  # (penalty, gene)


def test_a_common_penalty_has_the_least_error_over_all_genes():
    assert PenaltyScope.COMMON.best_penalties(ERRORS).tolist() == [1, 1, 1]


def test_a_gene_may_have_its_own_penalty():
    assert PenaltyScope.PER_GENE.best_penalties(ERRORS).tolist() == [0, 1, 0]


@pytest.fixture
def described(task):
    """The 80 training lines have ages 0 to 79, half of them known; the others are 1,000."""
    age = pd.Series(np.arange(120.0), task.obs.index)
    age[task.lines] = 1000.0
    age.iloc[40:80] = np.nan
    return replace(
        task,
        obs=task.obs.assign(
            age=age,
            sex=["f", "m"] * 60,
            barcode=[f"b{i}" for i in range(120)],
            medium="R",
        ),
    )


def covariates_of(task, *names):
    return replace(task, settings=replace(task.settings, covariates=names or None)).covariates


def test_numbers_are_standardised_on_training_lines_and_the_unknown_are_their_mean(described):
    numbers = covariates_of(described, "age")
    age = numbers["", "age"]
    assert age.iloc[:40].mean() == pytest.approx(0)
    assert age.iloc[:40].std(ddof=0) == pytest.approx(1)
    assert (age.iloc[40:80] == 0).all()
    assert (age[described.lines] == 5).all()  # no more than so many SD
    assert numbers["unknown", "age"].tolist() == [0] * 40 + [1] * 40 + [0] * 40


def test_texts_have_a_column_per_value_that_several_training_lines_have(described):
    found = covariates_of(described)
    assert [*found["m", "sex"][:4]] == [0, 1, 0, 1]
    names = set(found.columns.get_level_values(1))
    assert names == {"lineage", "age", "sex"}  # no barcode, and no medium of one value
    assert found.notna().all(axis=None)


def test_a_value_that_no_training_line_has_is_none_of_the_others(described):
    obs = described.obs.copy()
    obs.loc[described.lines, "sex"] = "x"
    found = covariates_of(replace(described, obs=obs), "sex")
    assert (found.loc[described.lines] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("name", "why"), [("medium", "tells none of the 80"), ("agee", "is no column of obs")]
)
def test_a_named_covariate_that_says_nothing_is_refused(described, name, why):
    with pytest.raises(DeepDEPError, match=f"covariates: '{name}': {why}"):
        covariates_of(described, "age", name)

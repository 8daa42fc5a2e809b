import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
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

from dataclasses import replace

import numpy as np
import pandas as pd

from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.omics import Omic
from deepdep.models.baselines.common_factor import common_factor


def rank_one(task, rng):
    """Effects that are one factor, the mean of five genes' expression, times a loading per gene."""
    factor = task.omics[Omic.EXPRESSION].iloc[:, :5].mean(axis=1)
    loadings = rng.choice([-1, 1], 10) * rng.uniform(0.5, 2, 10)
    return pd.DataFrame(np.outer(factor, loadings) + 3, factor.index, task.genes)


def test_finds_the_one_factor_that_moves_all_genes(task):
    effects = rank_one(task, np.random.default_rng(3))
    train = effects.loc[task.train_effect.index]
    predicted = common_factor(replace(task, train_effect=train))
    assert pearson_per_gene(effects.loc[task.lines], predicted).min() > 0.95


def test_all_genes_rank_the_lines_alike_or_the_other_way_round(task):
    r = np.corrcoef(common_factor(task).T)
    np.testing.assert_allclose(np.abs(r), 1)


def test_a_gene_that_few_lines_screened_keeps_its_slope(task):
    effects = rank_one(task, np.random.default_rng(3))
    train = effects.loc[task.train_effect.index]
    whole = common_factor(replace(task, train_effect=train))
    train = train.copy()
    train.iloc[10:, 0] = np.nan
    part = common_factor(replace(task, train_effect=train))
    ratio = part["g0"].std() / whole["g0"].std()
    assert 0.9 < ratio < 1.1


def test_effects_that_never_vary_are_predicted_by_their_mean(task):
    constant = task.train_effect * 0 + 2
    assert (common_factor(replace(task, train_effect=constant)) == 2).all(axis=None)

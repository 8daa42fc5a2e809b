from dataclasses import replace

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.baselines.forest import random_forest
from deepdep.statistics.metrics import pearson_per_gene


def with_forest(task, **changes):
    forest = replace(task.settings.random_forest, **changes)
    return replace(task, settings=replace(task.settings, random_forest=forest))


def test_finds_an_effect_of_two_features_that_no_straight_line_has(task):
    x = task.omics[Omic.EXPRESSION]
    both = ((x["g0"] > 0) & (x["g1"] > 0)).astype(float)  # dependent with both only
    train = task.train_effect.assign(g0=both)
    predicted = random_forest(replace(task, train_effect=train))
    assert np.corrcoef(predicted["g0"], both[task.lines])[0, 1] > 0.8


def test_reads_a_genes_own_features_even_if_they_correlate_with_nothing(task):
    x = task.omics[Omic.MUTATION]["g0"].abs()  # its correlation with the feature is about 0
    train = task.train_effect.assign(g0=x)
    predicted = random_forest(
        with_forest(replace(task, train_effect=train), n_features=1, features_per_split=1.0)
    )
    assert np.corrcoef(predicted["g0"], x[task.lines])[0, 1] > 0.8


def test_a_gene_does_not_depend_on_which_others_are_asked_for(task):
    some = random_forest(replace(task, genes=task.genes[[3, 1]]))
    pd.testing.assert_frame_equal(some, random_forest(task)[["g3", "g1"]])


def test_the_seed_decides(task):
    predicted = random_forest(task)
    pd.testing.assert_frame_equal(random_forest(task), predicted)
    assert not random_forest(with_forest(task, seed=2)).equals(predicted)


def test_is_fitted_on_the_lines_that_screened_the_gene(task, measured):
    train = task.train_effect.copy()
    train.iloc[:20, 0] = np.nan
    fewer = replace(task, train_effect=train)
    alone = replace(task, train_effect=train.iloc[20:], genes=task.genes[:1])
    pd.testing.assert_frame_equal(random_forest(fewer)[["g0"]], random_forest(alone))
    assert pearson_per_gene(measured, random_forest(task)).mean() > 0.4

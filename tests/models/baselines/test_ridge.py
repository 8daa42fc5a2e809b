from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.omics import Omic
from deepdep.models.baselines import PenaltyScope
from deepdep.models.baselines.ridge import ridge, ridge_expression, strongest_ridge


def test_ridge_finds_a_planted_linear_effect(task, measured):
    # The best any model can do is sqrt(1/2) = 0.71.
    assert pearson_per_gene(measured, ridge_expression(task)).mean() > 0.5


def test_ridge_on_all_omics_is_held_back_by_those_that_are_noise(task, measured):
    r, r_expression = (
        pearson_per_gene(measured, model(task)).mean() for model in (ridge, ridge_expression)
    )
    assert 0.3 < r < r_expression


def test_ridge_finds_nothing_in_permuted_labels(task, measured):
    lines = task.train_effect.index
    rs = []
    for seed in range(20):
        shuffled = task.train_effect.sample(frac=1, random_state=seed).set_axis(lines)
        predicted = ridge_expression(replace(task, train_effect=shuffled))
        rs.append(pearson_per_gene(measured, predicted).mean())
    assert abs(np.mean(rs)) < 0.05


def test_each_gene_may_have_its_own_penalty(task, measured):
    noise = np.random.default_rng(2).normal(size=120)
    mixed = pd.concat([task.train_effect, measured])
    mixed = mixed.assign(g0=task.omics[Omic.EXPRESSION]["g0"], g1=noise)
    common, own = (
        ridge_expression(
            replace(
                task,
                train_effect=mixed.loc[task.train_effect.index],
                settings=replace(task.settings, penalty=scope),
            )
        )
        for scope in (PenaltyScope.COMMON, PenaltyScope.PER_GENE)
    )
    error = (common - mixed.loc[task.lines]) ** 2 - (own - mixed.loc[task.lines]) ** 2
    assert error["g0"].mean() > 0  # without noise, it wants less penalty than the others
    assert error["g1"].mean() > 0  # with nothing else, more


def test_the_strongest_ridge_reads_expression_where_there_is_any(task):
    pd.testing.assert_frame_equal(strongest_ridge(task), ridge_expression(task))
    without = replace(task, omics={Omic.MUTATION: task.omics[Omic.MUTATION]})
    pd.testing.assert_frame_equal(strongest_ridge(without), ridge(without))


def test_a_line_without_expression_is_predicted_as_an_average_line(task):
    expression = task.omics[Omic.EXPRESSION].copy()
    train = expression.loc[task.train_effect.index]
    expression.loc[train.index] -= train.mean()
    expression.loc[task.lines[0]] = np.nan
    predicted = ridge_expression(replace(task, omics={Omic.EXPRESSION: expression}))
    assert predicted.loc[task.lines[0]].to_numpy() == pytest.approx(
        task.train_effect.mean().to_numpy()
    )
    gone = {Omic.EXPRESSION: expression.drop(index=task.lines[0])}
    pd.testing.assert_frame_equal(ridge_expression(replace(task, omics=gone)), predicted)

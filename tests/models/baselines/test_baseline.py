from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import DECIMALS, JudgeSettings
from deepdep.models.baselines import BASELINES, FOR_UNSEEN_GENES, predict_baselines
from deepdep.models.baselines.task import BaselineName
from deepdep.settings import read_settings

PARAMS = Path(__file__).parents[3] / "params.yaml"
EVERY = pytest.mark.parametrize("name", list(BASELINES))


@pytest.fixture
def sparse(task):
    """The task as real tables are: labels missing, a line and a few values not measured."""
    rng = np.random.default_rng(7)
    omics = {omic: table.mask(rng.random(table.shape) < 0.05) for omic, table in task.omics.items()}
    omics[Omic.EXPRESSION].loc[[task.train_effect.index[0], task.lines[0]]] = np.nan
    omics[Omic.MUTATION] = omics[Omic.MUTATION].drop(index=task.lines[1])
    effect = task.train_effect.mask(rng.random(task.train_effect.shape) < 0.1)
    return replace(task, omics=omics, train_effect=effect)


def test_settings_may_name_every_baseline():
    assert list(get_args(BaselineName)) == list(BASELINES)


def test_the_pipeline_compares_with_the_fast_ones():
    shown = read_settings(PARAMS, "evaluate", JudgeSettings).baselines.models
    assert {"gene_mean", "lineage_mean", "ridge", "ridge_expression"} < set(shown)
    assert not {"elastic_net", "random_forest"} & set(shown)


@EVERY
def test_every_line_and_gene_asked_for_has_a_number(sparse, name):
    predicted = BASELINES[name](sparse)
    assert predicted.index.equals(sparse.lines)
    assert predicted.columns.equals(sparse.genes)
    assert np.isfinite(predicted).all(axis=None)


@EVERY
def test_nothing_is_learned_from_lines_to_predict(sparse, name):
    before = BASELINES[name](sparse)
    omics = {omic: table.copy() for omic, table in sparse.omics.items()}
    obs = sparse.obs.copy()
    for table in omics.values():
        table.loc[sparse.lines[0]] = np.arange(table.shape[1]) * 1e6
    obs.loc[sparse.lines[0]] = "sentinel"
    others = sparse.lines[1:]
    after = BASELINES[name](replace(sparse, omics=omics, obs=obs))
    pd.testing.assert_frame_equal(after.loc[others], before.loc[others])
    fewer = BASELINES[name](replace(sparse, lines=others))
    pd.testing.assert_frame_equal(fewer, before.loc[others])


@EVERY
def test_nothing_depends_on_the_order_of_rows_and_columns(sparse, name):
    expected = BASELINES[name](sparse)
    shuffled = replace(
        sparse,
        train_effect=sparse.train_effect.sample(frac=1, random_state=0).iloc[:, ::-1],
        omics={
            omic: table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1)
            for omic, table in reversed(sparse.omics.items())
        },
        obs=sparse.obs.iloc[::-1],
        lines=sparse.lines[::-1],
        genes=sparse.genes[::-1],
        gene_sets=dict(reversed(sparse.gene_sets.items())),
    )
    found = BASELINES[name](shuffled)
    pd.testing.assert_frame_equal(found.loc[expected.index, expected.columns], expected)


@EVERY
def test_one_thread_or_two_give_the_same_bytes_once_rounded(sparse, name):
    results = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            results.append(BASELINES[name](sparse).round(DECIMALS).to_numpy().tobytes())
    assert results[0] == results[1]


@EVERY
def test_a_gene_that_was_never_screened_is_left_to_those_that_can(sparse, name):
    task = replace(
        sparse,
        train_effect=sparse.train_effect.assign(new=np.nan),
        genes=sparse.genes.append(pd.Index(["new", "unheard_of"])),
    )
    predicted = BASELINES[name](task)
    can = name in FOR_UNSEEN_GENES
    assert predicted[["new", "unheard_of"]].notna().all(axis=None) == can
    assert predicted[["new", "unheard_of"]].isna().all(axis=None) != can
    assert predicted[sparse.genes].notna().all(axis=None)


def test_those_named_are_predicted_in_that_order_after_the_gene_mean(task):
    settings = replace(task.settings, models=("ridge", "lineage_mean"))
    predictions = predict_baselines(replace(task, settings=settings))
    assert list(predictions) == ["gene_mean", "ridge", "lineage_mean"]
    pd.testing.assert_frame_equal(predictions["ridge"], BASELINES["ridge"](task))


def test_ridge_on_expression_is_named_apart_only_beside_other_omics(task):
    alone = replace(task, omics={Omic.EXPRESSION: task.omics[Omic.EXPRESSION]})
    assert "ridge_expression" in predict_baselines(task)
    assert set(predict_baselines(task)) - set(predict_baselines(alone)) == {"ridge_expression"}


def test_without_expression_what_needs_it_is_left_out(task):
    without = replace(task, omics={Omic.MUTATION: task.omics[Omic.MUTATION]})
    assert set(predict_baselines(without)) == {
        "gene_mean", "lineage_mean", "ridge", "elastic_net", "random_forest",
        "fingerprint_ridge", "nearest_genes",
    }  # fmt: skip

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.correlation import pearson_per_gene
from deepdep.evaluation.metrics import skill
from deepdep.models.baselines.means import gene_mean, lineage_mean


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

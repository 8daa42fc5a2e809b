"""One task with a planted truth for all baselines."""

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.baselines.task import Task

LINES = pd.Index([f"l{i:03}" for i in range(120)])
GENES = pd.Index([f"g{i}" for i in range(10)])


@pytest.fixture
def effects():
    """Genes 0 to 9 follow their own expression in noise of the same size, 120 lines."""
    rng = np.random.default_rng(0)
    expression = pd.DataFrame(rng.normal(size=(120, 30)), LINES, [f"g{i}" for i in range(30)])
    noise = np.random.default_rng(1).normal(size=(120, 10))
    return expression, expression[GENES] + noise


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


@pytest.fixture
def measured(effects):
    """Effects of the 40 lines to predict."""
    return effects[1].loc[LINES[80:]]


@pytest.fixture
def task(effects, obs, baseline_settings):
    """80 lines to learn from, 40 to predict; mutations are noise. Set ``a`` is genes 0 to 4."""
    expression, effect = effects
    mutation = np.random.default_rng(2).normal(size=expression.shape)
    return Task(
        train_effect=effect.loc[LINES[:80]],
        omics={
            Omic.EXPRESSION: expression,
            Omic.MUTATION: pd.DataFrame(mutation, expression.index, expression.columns),
        },
        obs=obs,
        lines=LINES[80:],
        genes=GENES,
        gene_sets={"a": tuple(GENES[:5]), "b": tuple(GENES[5:]), "c": ("g0", "g1", "new")},
        settings=baseline_settings,
    )


@pytest.fixture
def tiny_task(baseline_settings):
    """Return what makes a task of a few numbers: effects, expression, and what else differs.

    To predict are the lines of the expression that have no effect.
    """

    def make(train_effect, expression, **changes):
        lines = expression.index.difference(train_effect.index)
        both = train_effect.index.union(lines)
        given = {
            "train_effect": train_effect,
            "omics": {Omic.EXPRESSION: expression},
            "obs": pd.DataFrame({"patient_id": both, "lineage": "lung"}, index=both),
            "lines": lines,
            "genes": train_effect.columns,
            "gene_sets": {},
            "settings": baseline_settings,
        }
        return Task(**given | changes)

    return make

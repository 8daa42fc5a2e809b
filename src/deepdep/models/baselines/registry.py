"""All baselines by name."""

from collections.abc import Callable, Collection, Mapping

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.baselines.forest import random_forest
from deepdep.models.baselines.linear import common_factor, elastic_net, ridge, ridge_expression
from deepdep.models.baselines.simple import (
    fingerprint_ridge,
    gene_mean,
    lineage_mean,
    nearest_genes,
    nearest_lines,
    own_expression,
)
from deepdep.models.baselines.task import Task

Baseline = Callable[[Task], pd.DataFrame]  # effects of the task's (line, gene)

BASELINES: Mapping[str, Baseline] = {
    "gene_mean": gene_mean,
    "lineage_mean": lineage_mean,
    "common_factor": common_factor,
    "own_expression": own_expression,
    "nearest_lines": nearest_lines,
    "ridge_expression": ridge_expression,
    "ridge": ridge,
    "elastic_net": elastic_net,
    "random_forest": random_forest,
    "fingerprint_ridge": fingerprint_ridge,
    "nearest_genes": nearest_genes,
}

FROM_EXPRESSION = frozenset({"common_factor", "own_expression", "nearest_lines"})
FOR_UNSEEN_GENES = frozenset({"fingerprint_ridge", "nearest_genes"})


def predict_baselines(task: Task) -> dict[str, pd.DataFrame]:
    """Predict with every baseline that the settings name and the omics allow.

    The gene mean is always there, first: without it, overall figures say nothing.
    """
    names = dict.fromkeys(["gene_mean", *task.settings.models])
    return {name: BASELINES[name](task) for name in names if allows(task.omics, name)}


def allows(omics: Collection[Omic], name: str) -> bool:
    """Tell whether a baseline has what it reads.

    Those that read expression need it; ``ridge_expression`` is there when expression is one of
    several omics, else it is ``ridge``.
    """
    has_expression = Omic.EXPRESSION in omics
    if name == "ridge_expression":
        return has_expression and len(omics) > 1
    return has_expression or name not in FROM_EXPRESSION

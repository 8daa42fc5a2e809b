"""All baselines by name."""

from collections.abc import Callable, Collection, Mapping

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.baselines.common_factor import common_factor
from deepdep.models.baselines.elastic_net import elastic_net
from deepdep.models.baselines.fingerprint_ridge import fingerprint_ridge
from deepdep.models.baselines.means import gene_mean, lineage_mean
from deepdep.models.baselines.nearest_genes import nearest_genes
from deepdep.models.baselines.nearest_lines import nearest_lines
from deepdep.models.baselines.own_expression import own_expression
from deepdep.models.baselines.random_forest import random_forest
from deepdep.models.baselines.ridge import ridge, ridge_expression
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

"""Baselines that know a line's lineage at most."""

import pandas as pd

from deepdep.models.baselines.task import Task


def gene_mean(task: Task) -> pd.DataFrame:
    """Predict every line by the mean of the training lines: it ranks no line above another."""
    return task.around_mean(pd.DataFrame(0.0, index=task.lines, columns=task.screened.columns))


def lineage_mean(task: Task) -> pd.DataFrame:
    """Predict a line by its lineage's mean, drawn towards the gene's mean.

    With n lines of the lineage that screened the gene, the lineage's own mean counts
    n / (n + ``lineage_shrinkage``). A lineage that was not trained on gets the gene's mean.
    """
    effects, lineage = task.screened, task.obs["lineage"]
    by_lineage = (effects - effects.mean()).groupby(lineage[effects.index])
    shift = by_lineage.sum() / (by_lineage.count() + task.settings.lineage_shrinkage)
    return task.around_mean(shift.reindex(lineage[task.lines]).fillna(0).set_axis(task.lines))

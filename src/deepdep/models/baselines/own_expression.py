"""Every gene as a straight line in its own expression."""

import pandas as pd

from deepdep.domain.correlation import MIN_CELL_LINES
from deepdep.domain.omics import Omic
from deepdep.models.baselines.task import Task


def own_expression(task: Task) -> pd.DataFrame:
    """Predict each gene by least squares from the expression of that same gene.

    A line or gene without that expression gets the gene's mean; so does a gene that fewer than
    three training lines have both numbers of, or whose expression is the same in all.
    """
    effects = task.asked
    table = task.omics[Omic.EXPRESSION].astype(float)
    expression = table.reindex(index=effects.index, columns=effects.columns)
    x = expression.where(effects.notna())
    y = effects.where(x.notna())
    fitted = (x.count() >= MIN_CELL_LINES) & (x.max() > x.min())
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    new = table.reindex(index=task.lines, columns=effects.columns)
    deviations = (new - x.mean()) * slope.where(fitted) + (y.mean() - effects.mean())
    return task.around_mean(deviations.fillna(0))

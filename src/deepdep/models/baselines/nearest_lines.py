"""A line as the training lines that it looks like."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from deepdep.domain.omics import Omic
from deepdep.models.baselines.task import Task


def nearest_lines(task: Task) -> pd.DataFrame:
    """Predict a line's deviations from the gene means by the mean of its nearest lines'.

    Near is what correlates over all expression features. Of the ``n_nearest_lines``, and any as
    near as the last of them, those count that screened the gene. A line without expression, or a
    gene that none of them screened, gets the gene's mean.
    """
    effects = task.screened
    deviations = effects - effects.mean()
    near = _nearest(task, effects.index)
    total = near @ deviations.fillna(0).to_numpy()
    n_screened = near @ deviations.notna().to_numpy(float)
    mean = np.divide(total, n_screened, out=np.zeros_like(total), where=n_screened > 0)
    return task.around_mean(pd.DataFrame(mean, index=task.lines, columns=effects.columns))


def _nearest(task: Task, train: pd.Index) -> np.ndarray:
    """1 where a training line is among the nearest of a new one, shape (new, training line)."""
    expression = task.omics[Omic.EXPRESSION].astype(float).dropna(how="all").fillna(0)
    near = pd.DataFrame(0.0, index=task.lines, columns=train)
    old, new = (lines[lines.isin(expression.index)] for lines in (train, task.lines))
    distance = cdist(expression.loc[new], expression.loc[old], "correlation")
    if distance.size:
        last = min(task.settings.n_nearest_lines, len(old)) - 1
        limit = np.partition(distance, last, axis=1)[:, [last]]
        near.loc[new, old] = (distance <= limit).astype(float)
    return near.to_numpy()

"""One number per line, times one number per gene."""

import numpy as np
import pandas as pd

from deepdep.models.baselines.features import expression_features
from deepdep.models.baselines.ridge import fit_ridge
from deepdep.models.baselines.task import Task


def common_factor(task: Task) -> pd.DataFrame:
    """Predict what all genes have in common: the first principal component of their effects.

    A new line's factor comes from its expression by ridge. A gene's loading is the slope of its
    effects on the factor over the lines that screened it; elsewhere it counts as average when the
    component is sought.
    """
    effects = task.screened
    deviations = effects - effects.mean()
    components, lengths, _ = np.linalg.svd(deviations.fillna(0), full_matrices=False)
    factor = pd.DataFrame({"factor": components[:, 0] * lengths[0]}, index=effects.index)
    predicted = fit_ridge(factor, expression_features(task), task)
    return task.around_mean(predicted.dot(_loadings(deviations, factor["factor"])))


def _loadings(deviations: pd.DataFrame, factor: pd.Series) -> pd.DataFrame:
    """Slope of each gene on the factor, one row; 0 where no line that screened it has a factor."""
    products = deviations.mul(factor, axis=0).sum()
    squares = deviations.notna().mul(factor**2, axis=0).sum()
    return (products / squares).where(squares > 0, 0.0).to_frame("factor").T

"""Every gene as a linear model of all features, its size penalised: the baseline to beat."""

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.baselines.features import expression_features, omics_features
from deepdep.models.baselines.penalties import best_penalties
from deepdep.models.baselines.task import Task
from deepdep.models.ridge import cross_validated_errors, decompose, predict


def ridge(task: Task) -> pd.DataFrame:
    """Predict each gene from all omics."""
    return task.labelled(fit_ridge(task.screened, omics_features(task), task))


def ridge_expression(task: Task) -> pd.DataFrame:
    """Predict each gene from expression alone."""
    return task.labelled(fit_ridge(task.screened, expression_features(task), task))


def strongest_ridge(task: Task) -> pd.DataFrame:
    """Predict from expression where there is any: other omics bring more noise than signal."""
    return ridge_expression(task) if Omic.EXPRESSION in task.omics else ridge(task)


def fit_ridge(labels: pd.DataFrame, features: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Predict the task's lines by a linear model of each label.

    The penalty has the smallest squared error on training patients left out: summed over labels,
    or label by label.

    Parameters
    ----------
    labels
        Shape (training line, label); each is fitted on the lines that have it, NaN is none.
    features
        Standardised, no NaN, shape (cell line, feature): the training lines and the task's.
    """
    train, settings = labels.index, task.settings
    values = features.loc[[*train, *task.lines]].to_numpy(float)
    kernel = values @ values[: len(train)].T
    y = labels.to_numpy(float)
    errors = cross_validated_errors(
        kernel[: len(train)], y, task.obs["patient_id"][train], settings.penalties, settings.n_folds
    )
    penalties = np.take(settings.penalties, best_penalties(errors, settings.penalty))
    basis = decompose(kernel, np.arange(len(train)), np.arange(len(train), len(kernel)))
    predicted = np.empty((len(task.lines), y.shape[1]))
    for penalty in np.unique(penalties):
        chosen = penalties == penalty
        predicted[:, chosen] = predict(basis, y[:, chosen], float(penalty))
    return pd.DataFrame(predicted, index=task.lines, columns=labels.columns)

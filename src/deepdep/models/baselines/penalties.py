"""How strongly a linear model is held back: the penalty that errs least on patients left out."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from deepdep.models.baselines.settings import PenaltyScope


def patient_folds(patient_id: pd.Series, n_folds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield positions of lines to fit and to judge on; a patient's lines are left out together."""
    folds = GroupKFold(min(n_folds, patient_id.nunique()))
    yield from folds.split(patient_id, groups=patient_id)


def best_penalties(errors: np.ndarray, scope: PenaltyScope) -> np.ndarray:
    """Choose a penalty per gene by its position, the same one for all if they share it.

    Parameters
    ----------
    errors
        Sums of squared errors on patients left out, shape (penalty, gene).
    """
    if scope is PenaltyScope.COMMON:
        errors = np.broadcast_to(errors.sum(axis=1, keepdims=True), errors.shape)
    return errors.argmin(axis=0)

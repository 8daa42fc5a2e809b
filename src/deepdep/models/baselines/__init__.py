"""What a network must beat: predictors that need no network, learned from training lines only."""

from deepdep.models.baselines.baseline import (
    BASELINES,
    FOR_UNSEEN_GENES,
    Baseline,
    allows,
    fit_ridge,
    predict_baselines,
    strongest_ridge,
)
from deepdep.models.baselines.task import BaselineName, BaselineSettings, Task

__all__ = [
    "BASELINES",
    "FOR_UNSEEN_GENES",
    "Baseline",
    "BaselineName",
    "BaselineSettings",
    "Task",
    "allows",
    "fit_ridge",
    "predict_baselines",
    "strongest_ridge",
]

"""What a network must beat: predictors that need no network, learned from training lines only."""

from deepdep.models.baselines.registry import (
    BASELINES,
    FOR_UNSEEN_GENES,
    FROM_EXPRESSION,
    Baseline,
    allows,
    predict_baselines,
)
from deepdep.models.baselines.task import (
    BaselineName,
    BaselineSettings,
    ElasticNetSettings,
    PenaltyScope,
    RandomForestSettings,
    Task,
)

__all__ = [
    "BASELINES",
    "FOR_UNSEEN_GENES",
    "FROM_EXPRESSION",
    "Baseline",
    "BaselineName",
    "BaselineSettings",
    "ElasticNetSettings",
    "PenaltyScope",
    "RandomForestSettings",
    "Task",
    "allows",
    "predict_baselines",
]

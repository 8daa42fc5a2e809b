"""The only door to MLflow runs: one parent per pipeline execution, its stages and trials below."""

from deepdep.tracking.execution import (
    end_all_killed_runs,
    end_killed_runs,
    existing_run,
    tracked_run,
)
from deepdep.tracking.experiments import BENCHMARK, PIPELINE
from deepdep.tracking.offline import sync_runs
from deepdep.tracking.run import Run
from deepdep.tracking.store import is_database_away, mlflow_client, retry_while_away

__all__ = [
    "BENCHMARK",
    "PIPELINE",
    "Run",
    "end_all_killed_runs",
    "end_killed_runs",
    "existing_run",
    "is_database_away",
    "mlflow_client",
    "retry_while_away",
    "sync_runs",
    "tracked_run",
]

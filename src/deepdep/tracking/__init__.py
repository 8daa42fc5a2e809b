"""The only door to MLflow runs: one parent per pipeline execution, its stages and trials below."""

from deepdep.tracking.execution import (
    end_all_killed_runs,
    end_killed_runs,
    joined_run,
    send_all_spooled,
    tracked_run,
)
from deepdep.tracking.run import MADE, Run, flat_params

__all__ = [
    "MADE",
    "Run",
    "end_all_killed_runs",
    "end_killed_runs",
    "flat_params",
    "joined_run",
    "send_all_spooled",
    "tracked_run",
]

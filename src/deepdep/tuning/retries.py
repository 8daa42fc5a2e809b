"""Trials that ended with their process, and the trials that do their work again."""

import copy
import warnings

import optuna
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial

HISTORY = "retry_history"  # Optuna's own name; numbers of failed trials, the original first


def retry_history(trial: FrozenTrial) -> list[int]:
    """Return the numbers of the trials that a trial repeats, the original first."""
    return list(trial.system_attrs.get(HISTORY, []))


def original_number(trial: FrozenTrial) -> int:
    """Return the number that seeds a trial: a retry gives what its original would have given."""
    return next(iter(retry_history(trial)), trial.number)


def retry_of(trial: FrozenTrial) -> int | None:
    """Return the number of the failed trial that this one stands in for."""
    return next(reversed(retry_history(trial)), None)


def retry(study: optuna.Study, failed: FrozenTrial) -> None:
    """Queue a trial that does a failed one again, with the same values."""
    new_retries()(study, copy.deepcopy(failed))


def new_retries() -> RetryHeartbeatStaleTrialCallback:
    """Return what Optuna calls for a trial whose process fell silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return RetryHeartbeatStaleTrialCallback()

"""Which values a trial tries, when one is stopped, and which are tried again."""

import copy
import re
import warnings
from typing import Any

import numpy as np
import optuna
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState

from deepdep.tuning.settings import TuneSettings

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


REDUCTION = 3  # one trial of so many goes on to the next rung, of so many times the epochs


def new_sampler(settings: TuneSettings) -> optuna.samplers.BaseSampler:
    """Return what draws the values of trials."""
    return _SamplerPerTrial(settings.seed, settings.n_startup)


def new_pruner(settings: TuneSettings) -> optuna.pruners.BasePruner:
    """Return what stops trials that fall behind."""
    if not settings.is_pruned:
        return optuna.pruners.NopPruner()
    epochs = settings.finetune.epochs
    return _HyperbandAtRungs(min(settings.min_epochs, epochs), epochs)


class _HyperbandAtRungs(optuna.pruners.HyperbandPruner):
    """Hyperband that is asked only at the epochs at which it may stop a trial.

    At all others it says no, after some queries of the database. It must be a HyperbandPruner:
    from any other, Optuna's samplers would learn over the borders of brackets.
    """

    def __init__(self, min_epochs: int, max_epochs: int) -> None:
        super().__init__(min_epochs, max_epochs, REDUCTION)
        self._rungs = {min_epochs}
        while (rung := max(self._rungs) * REDUCTION) <= max_epochs:
            self._rungs.add(rung)

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        return trial.last_step in self._rungs and super().prune(study, trial)


class _SamplerPerTrial(optuna.samplers.BaseSampler):
    """TPE, begun anew for every trial from the seed and the trial's number.

    A sampler that lives on has a state that is lost with its process: a study that was cut off
    would go on otherwise than one that was not.
    """

    def __init__(self, seed: int, n_startup: int) -> None:
        self._seed = seed
        self._n_startup = n_startup

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, optuna.distributions.BaseDistribution]:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, optuna.distributions.BaseDistribution],
    ) -> dict[str, Any]:
        ordered = dict(sorted(search_space.items(), key=lambda item: _without_block(item[0])))
        return self._of(trial).sample_relative(study, trial, ordered)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: optuna.distributions.BaseDistribution,
    ) -> Any:
        of_setting = self._of(trial, param_name)
        return of_setting.sample_independent(study, trial, param_name, param_distribution)

    def _of(self, trial: FrozenTrial, name: str = "") -> optuna.samplers.BaseSampler:
        parts = [self._seed, original_number(trial), *_without_block(name).encode()]
        (seed,) = np.random.SeedSequence(parts).generate_state(1)
        return optuna.samplers.TPESampler(seed=int(seed), n_startup_trials=self._n_startup)


def _without_block(name: str) -> str:
    """Name a setting as draws know it, which do not hang on the block that it stands in."""
    return re.sub(r"\.(encoder|network)\.", ".", name)


def is_finished(trial: FrozenTrial) -> bool:
    """Tell whether a trial gave what it could: it came to its end, or was pruned."""
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED)

"""Which values a trial tries, and when one is stopped."""

import re
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial

from deepdep.tuning.settings import TuneSettings
from deepdep.tuning.trial import original_number

REDUCTION = 3  # one trial of so many goes on to the next rung, of so many times the epochs


def new_sampler(settings: TuneSettings) -> optuna.samplers.BaseSampler:
    """Return what draws the values of trials."""
    return _SamplerPerTrial(settings)


def new_pruner(settings: TuneSettings) -> optuna.pruners.BasePruner:
    """Return what stops trials that fall behind."""
    if not settings.is_pruned:
        return optuna.pruners.NopPruner()
    epochs = settings.finetune.epochs
    return _HyperbandAtRungs(min(settings.min_epochs, epochs), epochs)


class _HyperbandAtRungs(optuna.pruners.HyperbandPruner):
    """Hyperband that looks only at the epochs at which it may stop a trial.

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

    def __init__(self, settings: TuneSettings) -> None:
        self._settings = settings

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, optuna.distributions.BaseDistribution]:
        return self._sampler(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, optuna.distributions.BaseDistribution],
    ) -> dict[str, Any]:
        ordered = dict(sorted(search_space.items(), key=lambda item: _without_block(item[0])))
        return self._sampler(trial).sample_relative(study, trial, ordered)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: optuna.distributions.BaseDistribution,
    ) -> Any:
        sampler = self._sampler(trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def _sampler(self, trial: FrozenTrial, name: str = "") -> optuna.samplers.BaseSampler:
        parts = [self._settings.seed, original_number(trial), *_without_block(name).encode()]
        (seed,) = np.random.SeedSequence(parts).generate_state(1)
        return optuna.samplers.TPESampler(seed=int(seed), n_startup_trials=self._settings.n_startup)


def _without_block(name: str) -> str:
    """Name a setting as draws know it, which do not hang on the block that it stands in."""
    return re.sub(r"\.(encoder|network)\.", ".", name)

"""The only door to Optuna: which settings do best on validation patients."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, Trial, TrialState

from deepdep.domain.errors import DeepDEPError
from deepdep.domain.settings import Settings
from deepdep.training.finetune import VALIDATION_R, FinetuneSettings
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.session import start_session

if TYPE_CHECKING:
    import keras

Suggested = dict[str, Any]  # value by dotted path of the setting
Score = Callable[[Suggested, Sequence["keras.callbacks.Callback"]], float]
Watch = Callable[[int, Suggested], AbstractContextManager[Sequence["keras.callbacks.Callback"]]]


@dataclass(frozen=True)
class Range(Settings):
    """Numbers between two bounds."""

    low: float
    high: float
    scale: Literal["linear", "log"]

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"a logarithmic scale cannot start at {self.low}")

    @property
    def extremes(self) -> tuple[float, ...]:
        """Values that a setting must be able to take."""
        return (self.low, self.high)


@dataclass(frozen=True)
class Choices(Settings):
    """A few values to choose from: numbers, words, or lists of widths."""

    choices: tuple[int | float | str | tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if not self.choices:
            raise ValueError("there is nothing to choose from")

    @property
    def extremes(self) -> tuple[int | float | str | tuple[int, ...], ...]:
        """Values that a setting must be able to take."""
        return self.choices


@dataclass(frozen=True)
class TuneSettings(Settings):
    """The ``tune`` group of params.yaml.

    A trial trains with ``pretrain`` (for every omic) and ``finetune`` as they stand here, so that
    a changed setting of the final training does not draw the study again.
    """

    n_trials: int  # 0 turns tuning off
    n_unpruned: int  # first trials that run to their end, to compare the others with
    warmup_epochs: int  # of a trial before it can be pruned
    seed: int
    pretrain: PretrainSettings
    finetune: FinetuneSettings
    space: dict[str, Range | Choices]


@dataclass(frozen=True)
class Tuned:
    """The best values found, none when tuning is off, and every trial."""

    best: Suggested
    trials: pd.DataFrame  # number, state, value and one column per setting


def tune(score: Score, settings: TuneSettings, watch: Watch) -> Tuned:
    """Search the space for the highest score; trials that fall behind are pruned.

    Parameters
    ----------
    score
        Trains with the suggested values and returns mean per-gene r on validation patients.
    watch
        Opens what follows one trial and yields its Keras callbacks.
    """
    names = ["number", "state", "value", *settings.space]
    if settings.n_trials == 0:
        return Tuned({}, pd.DataFrame(columns=names))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(
            seed=settings.seed, n_startup_trials=settings.n_unpruned
        ),
        pruner=optuna.pruners.MedianPruner(settings.n_unpruned, settings.warmup_epochs),
    )

    def objective(trial: Trial) -> float:
        suggested = _suggest(trial, settings.space)
        start_session(settings.seed + trial.number, settings.finetune.precision)
        from optuna_integration import KerasPruningCallback  # imports Keras

        with watch(trial.number, suggested) as callbacks:
            return score(suggested, [KerasPruningCallback(trial, VALIDATION_R), *callbacks])

    study.optimize(objective, n_trials=settings.n_trials)
    if not study.get_trials(states=(TrialState.COMPLETE,)):
        raise DeepDEPError("tune: no trial finished; raise tune.n_unpruned in params.yaml.")
    rows = [_row(trial, settings.space) for trial in study.trials]
    return Tuned(_decode(study.best_params, settings.space), pd.DataFrame(rows, columns=names))


def is_pruned(error: BaseException | None) -> bool:
    """Tell whether an error only means that a trial was stopped early."""
    return isinstance(error, optuna.TrialPruned)


def _suggest(trial: Trial, space: dict[str, Range | Choices]) -> Suggested:
    values = {}
    for name, domain in space.items():
        if isinstance(domain, Range):
            values[name] = trial.suggest_float(
                name, domain.low, domain.high, log=domain.scale == "log"
            )
        else:
            values[name] = trial.suggest_categorical(name, [*map(json.dumps, domain.choices)])
    return _decode(values, space)


def _decode(values: Suggested, space: dict[str, Range | Choices]) -> Suggested:
    """Optuna stores words; choices come back as what params.yaml said."""
    return {
        name: json.loads(value) if isinstance(space[name], Choices) else value
        for name, value in values.items()
    }


def _row(trial: FrozenTrial, space: dict[str, Range | Choices]) -> dict[str, Any]:
    state = "pruned" if trial.state is TrialState.PRUNED else trial.state.name.lower()
    return {"number": trial.number, "state": state, "value": trial.value} | {
        name: trial.params[name] for name in space
    }

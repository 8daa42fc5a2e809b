"""The ``tune`` group of params.yaml: what is searched, by which measure and for how long."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from optuna.trial import Trial

from deepdep.settings import Settings
from deepdep.training.finetune import FinetuneSettings
from deepdep.training.pretrain import PretrainSettings

MOST_SETTINGS = 25  # more cannot be searched, nor read beside one another in MLflow

Suggested = dict[str, Any]  # value by dotted path of the setting


class Group(StrEnum):
    """Which settings a study searches; the others stay as they are."""

    JOINT = "joint"
    PRETRAIN = "pretrain"  # settings named ``pretrain...``
    FINETUNE = "finetune"  # all others


class Objective(StrEnum):
    """What a study looks for."""

    ACCURACY = "accuracy"  # mean per-gene r on validation patients
    ACCURACY_AND_SIZE = "accuracy_and_size"  # and few weights beside it; no trial is pruned


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

    def contains(self, value: object) -> bool:
        """Tell whether a trial can have the value."""
        return isinstance(value, int | float) and self.low <= value <= self.high


Choice = int | float | str | bool | None | tuple[int, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Choices(Settings):
    """A few values to choose from: numbers, words, null, or lists of widths or of omics."""

    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if not self.choices:
            raise ValueError("there is nothing to choose from")

    @property
    def extremes(self) -> tuple[Choice, ...]:
        """Values that a setting must be able to take."""
        return self.choices

    def contains(self, value: object) -> bool:
        """Tell whether a trial can have the value."""
        return value in self.choices


@dataclass(frozen=True)
class TuneSettings(Settings):
    """The ``tune`` group of params.yaml.

    A trial trains with ``pretrain`` (for every omic) and ``finetune`` as they stand here, so that
    a changed setting of the final training does not draw the study again.
    """

    n_trials: int  # that come to their end; 0 turns tuning off
    max_hours: float | None  # after which no further trial begins
    group: Group
    objective: Objective
    n_folds: int  # of the patients that are not the test's; 1 keeps to the split
    n_startup: int  # first trials that are drawn at random
    min_epochs: int  # of fine-tuning, before a trial can be pruned
    seed: int
    pretrain: PretrainSettings
    finetune: FinetuneSettings
    space: dict[str, Range | Choices]

    def __post_init__(self) -> None:
        if self.n_trials and not self.searched:
            raise ValueError(f"the space has no setting of the group {self.group}")
        if len(self.searched) > MOST_SETTINGS:
            raise ValueError(
                f"the space has {len(self.searched)} settings, more than {MOST_SETTINGS}"
            )
        if self.n_folds < 1 or self.n_startup < 1 or self.min_epochs < 1:
            raise ValueError("n_folds, n_startup and min_epochs must be at least 1")

    @property
    def searched(self) -> dict[str, Range | Choices]:
        """The part of the space that the group names."""
        if self.group is Group.JOINT:
            return self.space
        of_pretraining = self.group is Group.PRETRAIN
        return {
            name: domain
            for name, domain in self.space.items()
            if name.startswith("pretrain.") == of_pretraining
        }

    @property
    def is_pruned(self) -> bool:
        """Whether trials that fall behind are stopped; Optuna does so for one objective only."""
        return self.objective is Objective.ACCURACY

    @property
    def directions(self) -> list[str]:
        """Which way each objective is better."""
        return ["maximize"] if self.is_pruned else ["maximize", "minimize"]

    def suggest(self, trial: Trial) -> None:
        """Draw a value for every setting that is searched."""
        for name, domain in self.searched.items():
            if isinstance(domain, Range):
                trial.suggest_float(name, domain.low, domain.high, log=domain.scale == "log")
            else:
                trial.suggest_categorical(name, [*map(json.dumps, domain.choices)])

    def decoded(self, values: Suggested) -> Suggested:
        """Return what Optuna stores as what params.yaml says; it stores choices as words."""
        return {
            name: json.loads(value) if isinstance(self.searched[name], Choices) else value
            for name, value in values.items()
        }

    def encoded(self, values: Suggested) -> Suggested:
        """Return the values that the space contains, as Optuna stores them."""
        return {
            name: json.dumps(values[name]) if isinstance(domain, Choices) else float(values[name])
            for name, domain in self.searched.items()
            if name in values and domain.contains(values[name])
        }

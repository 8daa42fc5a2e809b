"""The ``tune`` group of params.yaml: what is searched, by which measure and for how long."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, Self

from optuna.exceptions import ExperimentalWarning
from optuna.study import Study
from optuna.trial import Trial

from deepdep.domain.omics import in_order
from deepdep.settings import Settings
from deepdep.training.settings import VALIDATION_R, FinetuneSettings, PretrainSettings

N_WEIGHTS = "n_weights"  # the second objective
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

    @property
    def stored(self) -> list[Any]:
        """The choices as Optuna takes them: what they are, but lists, which are JSON."""
        return [json.dumps(c) if isinstance(c, tuple) else c for c in self.choices]

    def decoded(self, stored: object) -> object:
        """Return the choice that Optuna stores so."""
        place = next(k for k, c in enumerate(self.stored) if (type(c), c) == (type(stored), stored))
        choice = self.choices[place]
        return list(choice) if isinstance(choice, tuple) else choice


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

    def reading(self, tables: Sequence[str]) -> Self:
        """Return it with what no choice of ``omics`` names added to each: it is always read."""
        domain = self.space.get("omics")
        if not isinstance(domain, Choices):
            return self
        choices = [choice if isinstance(choice, tuple) else () for choice in domain.choices]
        always = {*tables}.difference(*choices)
        if not always:
            return self
        added = tuple(tuple(in_order({*map(str, choice), *always})) for choice in choices)
        return replace(self, space={**self.space, "omics": Choices(added)})

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
                trial.suggest_categorical(name, domain.stored)

    def decoded(self, values: Suggested) -> Suggested:
        """Return what Optuna stores as what params.yaml says."""
        return {
            name: domain.decoded(value) if isinstance(domain, Choices) else value
            for name, value in values.items()
            for domain in [self.searched[name]]
        }

    def texts(self, values: Suggested) -> Suggested:
        """Return what Optuna stores as a table has it: choices as JSON, else numbers."""
        return {
            name: json.dumps(value) if isinstance(self.searched[name], Choices) else value
            for name, value in self.decoded(values).items()
        }

    def encoded(self, values: Suggested) -> Suggested:
        """Return the values that the space contains, as Optuna stores them."""
        return {
            name: domain.stored[domain.choices.index(values[name])]
            if isinstance(domain, Choices)
            else float(values[name])
            for name, domain in self.searched.items()
            if name in values and domain.contains(values[name])
        }

    def describe(self, study: Study) -> None:
        """Store in a study what its figures and its name mean, for Optuna's pages."""
        names = [VALIDATION_R] if self.is_pruned else [VALIDATION_R, N_WEIGHTS]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.set_metric_names(names)
        about = {
            "group": str(self.group),
            "objective": str(self.objective),
            "settings": list(self.searched),
            "n_folds": self.n_folds,
            "seed": self.seed,
        }
        for name, value in about.items():
            study.set_user_attr(name, value)

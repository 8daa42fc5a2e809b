"""What a benchmark runs."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from deepdep.data.folds import SplitMode
from deepdep.domain.errors import DeepDEPError, shown
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.models.baselines import BaselineName

NAME = re.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*")  # of a model, and of the folder of its cells

# What training data are changed to, by the cell's seed. Labels move from line to line, all genes
# together; an omic's profiles from line to line; fingerprints from gene to gene; each feature of
# the tumours from tumour to tumour; without tumours, training lines stand in for them.
Change = Literal[
    "permuted_labels",
    "permuted_fingerprints",
    "permuted_mutation",
    "permuted_expression",
    "permuted_methylation",
    "permuted_copy_number",
    "shuffled_tumors",
    "no_tumors",
]


@dataclass(frozen=True)
class DrawSettings(Settings):
    """How folds are drawn, whatever their mode and seed."""

    n_folds: int
    validation: float
    min_lines_per_lineage: int


@dataclass(frozen=True)
class BaselineModel(Settings):
    """A baseline, as ``evaluate.baselines`` sets it."""

    baseline: BaselineName
    seeds: tuple[int, ...] | None = None  # None: all of the benchmark's
    modes: tuple[SplitMode, ...] | None = None


@dataclass(frozen=True)
class TrainedModel(Settings):
    """The predictor of params.yaml with some changes; without any, the predictor itself."""

    preset: str | None = None  # file whose groups take the place of those in params.yaml
    set: dict[str, Any] | None = None  # value by dotted path: ``pretrain.*.epochs: 0``
    omics: tuple[Omic, ...] | None = None  # to learn from and predict with; None: all
    hide: tuple[Omic, ...] = ()  # omics that are learned from, and that judged lines lack
    data: Change | None = None
    intervals: bool = True  # without them a closed form needs no second look at every line
    seeds: tuple[int, ...] | None = None
    modes: tuple[SplitMode, ...] | None = None


@dataclass(frozen=True)
class BenchmarkSettings(Settings):
    """The ``benchmark`` group of params.yaml."""

    folds: DrawSettings
    modes: tuple[SplitMode, ...]
    seeds: tuple[int, ...]
    models: dict[str, BaselineModel | TrainedModel]  # by the name that tables show

    def __post_init__(self) -> None:
        wrong = [name for name in self.models if not NAME.fullmatch(name)]
        if wrong:
            raise DeepDEPError(
                f"params.yaml: benchmark.models: {shown(wrong)}: becomes the name of a folder; use "
                "letters, digits, _ and -, and dots but for the first place."
            )

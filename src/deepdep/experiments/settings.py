"""What a benchmark runs, and how each trained model of it is trained."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError

from deepdep.data.folds import SplitMode
from deepdep.domain.omics import Omic, TableName, in_order, of_table, table_omic
from deepdep.errors import DeepDEPError, shown
from deepdep.evaluation import UNSEEN_GENES
from deepdep.models.baselines import FOR_UNSEEN_GENES, BaselineName, allows
from deepdep.settings import Settings, merged, overridden, read_params
from deepdep.training.settings import FinetuneSettings, PretrainSettings, TrainingSettings

GROUPS = ("pretrain", "finetune")
NAME = re.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*")  # of a model, and of the folder of its cells

# What training data are changed to, by the cell's seed. Labels move from line to line, all genes
# together; fingerprints from gene to gene; each feature of the tumours from tumour to tumour;
# without tumours, training lines stand in for them. Or ``permuted_`` and a table of an omic: its
# profiles move from line to line.
Change = Literal["permuted_labels", "permuted_fingerprints", "shuffled_tumors", "no_tumors"]
PERMUTED = "permuted_"
PermutedTable = Annotated[str, Field(pattern=rf"^{PERMUTED}({'|'.join(Omic)})(_[a-z0-9]+)?$")]


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

    def excluded_in(self, mode: SplitMode) -> str | None:
        """Return why it predicts nothing of what a mode judges; None where it does."""
        for_unseen = self.baseline in FOR_UNSEEN_GENES
        if for_unseen and mode not in UNSEEN_GENES:
            return f"{self.baseline} is for genes that were never screened"
        if not for_unseen and mode in UNSEEN_GENES:
            return f"{self.baseline} says nothing of genes that were never screened"
        return None

    def excluded_by(self, omics: tuple[str, ...]) -> str | None:
        """Return why it cannot run with the omics of params.yaml; None where it can."""
        if allows(omics, self.baseline):
            return None
        return f"the omics {', '.join(omics)} are not what {self.baseline} reads"


@dataclass(frozen=True)
class TrainedModel(Settings):
    """The predictor of params.yaml with some changes; without any, the predictor itself."""

    preset: str | None = None  # file whose groups take the place of those in params.yaml
    set: dict[str, Any] | None = None  # value by dotted path: ``pretrain.*.epochs: 0``
    omics: tuple[TableName, ...] | None = None  # to learn from and predict with; None: all
    hide: tuple[TableName, ...] = ()  # omics that are learned from, and that judged lines lack
    data: Change | PermutedTable | None = None
    intervals: bool = True  # without them a closed form needs no second look at every line
    seeds: tuple[int, ...] | None = None
    modes: tuple[SplitMode, ...] | None = None

    @property
    def permuted_omic(self) -> str | None:
        """The table whose profiles are permuted, if any are."""
        name = (self.data or "").removeprefix(PERMUTED)
        return name if table_omic(name) else None

    def excluded_in(self, mode: SplitMode) -> str | None:  # noqa: ARG002
        """Return None: it predicts what any mode judges."""
        return None

    def excluded_by(self, omics: tuple[str, ...]) -> str | None:
        """Return why it cannot run with the omics of params.yaml; None where it can.

        What ``omics`` or ``data`` names must be used. What ``hide`` names need not be: judged
        lines lack it anyway.
        """
        named = {*(self.omics or ()), *([self.permuted_omic] if self.permuted_omic else [])}
        unused = in_order(named - {*omics})
        if unused:
            return f"params.yaml does not use {', '.join(unused)}, which it names"
        learned = omics if self.omics is None else self.omics
        if not set(learned) - set(self.hide):
            return "judged lines would have no omic"
        return None

    def restricted_to(self, omics: tuple[str, ...]) -> Self:
        """Return it without other omics, seeds and modes, to compare what is trained."""
        used = tuple(omic for omic in omics if self.omics is None or omic in self.omics)
        hidden = tuple(omic for omic in used if omic in self.hide)
        return replace(self, omics=used, hide=hidden, seeds=None, modes=None)

    def training(
        self, name: str, params: Mapping[str, Any], omics: tuple[str, ...]
    ) -> TrainingSettings:
        """Lay the changes over params.yaml; one that nothing takes is a DeepDEPError.

        ``name`` is the model's, for errors.
        """
        tree: dict[str, Any] = {group: params.get(group) for group in GROUPS}
        if self.preset is not None:
            preset = read_params(Path(self.preset), "Name a preset of the folder presets")
            if "pretrain" in preset:
                of_tables = {name: of_table(preset["pretrain"], name) for name in omics}
                preset["pretrain"] |= {name: values for name, values in of_tables.items() if values}
            tree = merged(tree, {group: preset[group] for group in GROUPS if group in preset})
        for path, value in (self.set or {}).items():
            if not _has(tree, path.split(".")):
                wanted = "name one of pretrain.OMIC, pretrain.* or finetune"
                raise _wrong(name, f"set: {path!r} is no setting; {wanted}")
            tree = overridden(tree, {path: value})
        try:
            return TrainingSettings(
                {
                    o: TypeAdapter(PretrainSettings).validate_python(tree["pretrain"][o])
                    for o in omics
                },
                TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
            )
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or error.title
            raise _wrong(name, f"{place}: {first['msg']}; give a value that it may take") from None
        except (KeyError, TypeError):
            raise _wrong(name, "params.yaml lacks pretrain for an omic; add it") from None


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

    def restricted_to(
        self, modes: Sequence[str] | None, seeds: str | None, models: str | None
    ) -> Self:
        """Return it with fewer modes, seeds and models; None keeps all.

        Parameters
        ----------
        seeds, models
            Separated by commas.
        """
        for mode in modes or ():
            if mode not in list(SplitMode):
                raise DeepDEPError(f"--mode {mode}: is not a mode; choose {', '.join(SplitMode)}.")
        numbers = [part.strip() for part in (seeds or "").split(",")]
        if seeds is not None and not all(number.isdecimal() for number in numbers):
            raise DeepDEPError(f"--seeds {seeds}: is not a list of whole numbers; write 1,2,3.")
        names = list(self.models) if models is None else [n.strip() for n in models.split(",")]
        unknown = [name for name in names if name not in self.models]
        if unknown:
            raise DeepDEPError(
                f"--models {shown(unknown)}: params.yaml has no such entry under "
                f"benchmark.models; it has {', '.join(self.models)}."
            )
        return replace(
            self,
            modes=tuple(dict.fromkeys(map(SplitMode, modes))) if modes else self.modes,
            seeds=self.seeds if seeds is None else tuple(dict.fromkeys(map(int, numbers))),
            models={name: self.models[name] for name in names},
        )


def _has(tree: object, path: list[str]) -> bool:
    """Tell whether a dotted path leads to settings that are there, wherever a ``*`` leads."""
    if not path:
        return True
    key, *rest = path
    if not isinstance(tree, Mapping) or (key != "*" and key not in tree):
        return False
    return all(_has(tree[name], rest) for name in (tree if key == "*" else [key]))


def _wrong(name: str, problem: str) -> DeepDEPError:
    return DeepDEPError(f"params.yaml: benchmark.models.{name}: {problem}.")

"""The settings that a notebook works with, read from params.yaml at once.

They stand here because evaluation is the highest room whose settings are among them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from deepdep.data.prepare import PrepareSettings
from deepdep.data.prepared import read_omics
from deepdep.domain.omics import TableName
from deepdep.errors import DeepDEPError
from deepdep.evaluation.judge import JudgeSettings
from deepdep.models.baselines import BaselineSettings
from deepdep.settings import overridden, read_settings
from deepdep.training.settings import FinetuneSettings, PretrainSettings, TrainingSettings


@dataclass(frozen=True)
class ProjectSettings:
    """Groups of params.yaml, by their names there."""

    omics: tuple[TableName, ...]
    prepare: PrepareSettings
    pretrain: dict[TableName, PretrainSettings]
    finetune: FinetuneSettings
    evaluate: JudgeSettings

    @property
    def training(self) -> TrainingSettings:
        """What ``Predictor`` is fitted by."""
        return TrainingSettings(self.pretrain, self.finetune)

    @property
    def baselines(self) -> BaselineSettings:
        """What ``Baseline`` is fitted by."""
        return self.evaluate.baselines

    def changed(self, values: Mapping[str, Any]) -> "ProjectSettings":
        """Return settings with some values replaced, given by dotted path as in params.yaml.

        A ``*`` stands for every omic: ``{"pretrain.*.epochs": 5, "finetune.n_members": 1}``.
        """
        try:
            tree = overridden(asdict(self), values)
            return TypeAdapter(ProjectSettings).validate_python(tree)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise DeepDEPError(f"{place}: {first['msg']}; compare with params.yaml.") from None


def read_project_settings(
    params: Path | str = "params.yaml", *, tuned: Path | str | None = None
) -> ProjectSettings:
    """Read params.yaml; what tuning found, ``tuning/best.yaml``, may go over it.

    Examples
    --------
    >>> settings = deepdep.read_settings(params)
    >>> settings.changed({"finetune.n_members": 1}).training.finetune.n_members
    1
    """
    file, best = Path(params), None if tuned is None else Path(tuned)
    omics = read_omics(file, tuned=best)
    return ProjectSettings(
        omics=omics,
        prepare=read_settings(file, "prepare", PrepareSettings),
        pretrain={
            omic: read_settings(file, f"pretrain.{omic}", PretrainSettings, tuned=best)
            for omic in omics
        },
        finetune=read_settings(file, "finetune", FinetuneSettings, tuned=best),
        evaluate=read_settings(file, "evaluate", JudgeSettings),
    )

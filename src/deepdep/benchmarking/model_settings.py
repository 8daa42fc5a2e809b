"""How a trained model of a benchmark is trained: params.yaml with the changes of its entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from deepdep.benchmarking.settings import TrainedModel
from deepdep.domain.errors import BadFileError, DeepDEPError
from deepdep.domain.omics import Omic
from deepdep.domain.settings import merged, overridden
from deepdep.training.finetune import FinetuneSettings
from deepdep.training.pretrain import PretrainSettings

GROUPS = ("pretrain", "finetune")


@dataclass(frozen=True)
class ModelSettings:
    """How a trained model is trained, all changes made."""

    pretrain: Mapping[Omic, PretrainSettings]
    finetune: FinetuneSettings


def model_settings(
    name: str, model: TrainedModel, params: Mapping[str, Any], omics: tuple[Omic, ...]
) -> ModelSettings:
    """Lay a model's changes over params.yaml; one that nothing takes is a DeepDEPError."""
    tree: dict[str, Any] = {group: params.get(group) for group in GROUPS}
    if model.preset is not None:
        preset = _preset(Path(model.preset))
        tree = merged(tree, {group: preset[group] for group in GROUPS if group in preset})
    for path, value in (model.set or {}).items():
        if not _has(tree, path.split(".")):
            raise _wrong(
                name,
                f"set: {path!r} is no setting; name one of pretrain.OMIC, pretrain.* or finetune",
            )
        tree = overridden(tree, {path: value})
    try:
        return ModelSettings(
            {o: TypeAdapter(PretrainSettings).validate_python(tree["pretrain"][o]) for o in omics},
            TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or error.title
        raise _wrong(name, f"{place}: {first['msg']}; give a value that it may take") from None
    except (KeyError, TypeError):
        raise _wrong(name, "params.yaml lacks pretrain for an omic; add it") from None


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


def _preset(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise BadFileError(file, "there is no such file", "Name a preset of the folder presets")
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        tree = None
    if not isinstance(tree, dict):
        raise BadFileError(file, "is no mapping of groups in YAML", "Compare with the repository's")
    return tree

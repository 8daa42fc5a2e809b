"""Options that mean the same in several commands."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepdep.errors import BadFileError

if TYPE_CHECKING:
    from deepdep.data.prepared import Prepared
    from deepdep.models import TrainedPredictor

To = Annotated[Path, typer.Option("--to", help="Where to write; nothing is written on an error.")]
Params = Annotated[Path, typer.Option(help="The settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Model = Annotated[
    str,
    typer.Option(
        help="A model's folder, or a registered one: NAME for its champion, NAME@alias, "
        "NAME/version, or with models:/ before it."
    ),
]


@dataclass(frozen=True)
class FoundModel:
    """What ``--model`` names; a folder has no version."""

    folder: Path
    name: str
    version: int | None


def find_model(model: str) -> FoundModel:
    """Find the folder of a model, which may have to be downloaded."""
    folder = Path(model)
    if folder.is_dir():
        return FoundModel(folder, folder.resolve().name, None)
    from deepdep.registry import champion_or_named

    found = champion_or_named(model)
    return FoundModel(found.folder(), found.name, found.version)


def require_same_features(predictor: "TrainedPredictor", cohort: "Prepared", folder: Path) -> None:
    """Refuse a cohort that was prepared otherwise than what the model learned from."""
    for omic, space in predictor.features.items():
        prepared, learned = cohort.features[omic].table, space.table
        scale = "scale_cell_line"
        if not prepared.index.equals(learned.index) or not prepared[scale].equals(learned[scale]):
            raise BadFileError(
                folder,
                f"{omic} was prepared otherwise than for this model",
                "Name the folder it learned from after --prepared, or train on this one",
            )

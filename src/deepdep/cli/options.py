"""Options that mean the same in several commands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

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

"""``deepdep inspect``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import AsJson, find_model
from deepdep.stage import print_result


def inspect(
    file: Annotated[Path, typer.Argument(help="A file, or a folder of them.")],
    genes_table: Annotated[
        Path | None, typer.Option(help="HGNC's complete set: how many genes it knows.")
    ] = None,
    feature_lists: Annotated[
        Path | None, typer.Option(help="A folder of lists: how many of their features are there.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="A cohort's or a model's folder, or a registered model: likewise."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Describe what a file is, and what import would do with it; nothing is written."""
    from deepdep.sources.inspect import InspectOptions, inspect_file

    folder = None if against is None else Path(against)
    if against is not None and against.startswith("models:/"):
        folder = find_model(against).folder
    found = inspect_file(file, InspectOptions(genes_table, feature_lists, folder))
    print_result(found.to_json() if as_json else "\n".join(found.lines()))

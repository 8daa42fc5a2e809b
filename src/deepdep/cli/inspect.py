"""``deepdep inspect``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import AsJson
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
        Path | None, typer.Option(help="A cohort's or a model's folder: likewise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Describe what a file is, and what import would do with it; nothing is written."""
    from deepdep.sources.inspect import InspectOptions, inspect_file

    found = inspect_file(file, InspectOptions(genes_table, feature_lists, against))
    print_result(found.to_json() if as_json else "\n".join(found.lines()))

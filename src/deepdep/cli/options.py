"""Options that mean the same in several commands."""

from pathlib import Path
from typing import Annotated

import typer

To = Annotated[Path, typer.Option("--to", help="Where to write; nothing is written on an error.")]
Params = Annotated[Path, typer.Option(help="The settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

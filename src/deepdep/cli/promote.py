"""``deepdep promote``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import Params
from deepdep.cli.output import say, show


def promote(
    name: Annotated[str, typer.Argument(help="A registered model.")] = "deepdep-predictor",
    version: Annotated[
        int | None, typer.Argument(help="Its version; by default the challenger.")
    ] = None,
    rollback: Annotated[bool, typer.Option(help="Give the alias back to the one before.")] = False,
    params: Params = Path("params.yaml"),
) -> None:
    """Move the alias champion to a version that passes the gates (exit code 3 when it does not)."""
    from deepdep import promotion

    if rollback:
        restored = promotion.rollback(name)
        say(f"{restored.name} version {restored.version} is champion again")
        return
    from deepdep.params import read_settings

    settings = read_settings(params, "promote", promotion.PromoteSettings)
    show(promotion.format_promotion(promotion.promote(name, version, settings=settings)))

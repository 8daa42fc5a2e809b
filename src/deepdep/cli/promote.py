"""``deepdep promote``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import Params
from deepdep.errors import DeepDEPError
from deepdep.stage import print_message, print_result, under_way


def promote(
    name: Annotated[
        str, typer.Argument(help="A registered model, or NAME@alias or NAME/version of one.")
    ] = "deepdep-predictor",
    version: Annotated[
        int | None, typer.Argument(help="Its version; by default the challenger.")
    ] = None,
    rollback: Annotated[bool, typer.Option(help="Give the alias back to the one before.")] = False,
    params: Params = Path("params.yaml"),
) -> None:
    """Move the alias champion to a version that passes the gates.

    Exit code 3 when a gate is not met, 4 when another process promotes the same model.
    """
    from deepdep import registry

    if registry.is_reference(name):
        named = registry.version_named(name)
        if rollback or version not in (None, named.version):
            raise DeepDEPError(f"{name}: names a version; give {named.name} alone beside another.")
        name, version = named.name, named.version
    if rollback:
        restored = registry.rollback(name)
        print_message(f"{restored.name} version {restored.version} is champion again")
        return
    from deepdep.settings import read_settings

    settings = read_settings(params, "promote", registry.PromoteSettings)
    with under_way("promote"):
        done = registry.promote(
            name, version, settings=settings, on_gate=lambda gate: print_result(str(gate))
        )
    print_result(str(done))

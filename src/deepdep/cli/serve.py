"""``deepdep serve``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepdep.stage import print_message


def serve(
    model: Annotated[
        str, typer.Option(help="A model's folder, or NAME@alias of a registered one.")
    ] = "deepdep-predictor@champion",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A name that clients may reach this server by; may be repeated."),
    ] = None,
    max_request_mb: Annotated[int, typer.Option(min=1, help="Larger requests are refused.")] = 64,
) -> None:
    """Answer requests for predictions over HTTP, on this machine alone unless --host is given."""
    from deepdep.serving import app as server

    with server.bind(host, port) as bound:
        folder, identity = _located(model)

        from deepdep.models import load_predictor
        from deepdep.serving.service import PredictorService

        service = PredictorService(load_predictor(folder), identity)
        service.warm_up()
        version = f" version {identity['version']}" if identity["version"] else ""
        print_message(f"serving {identity['name']}{version} on {server.address_of(bound)}")
        server.serve(service, bound, host, allowed_host or [], max_request_mb)


def _located(model: str) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a model, and the identity that answers carry."""
    from deepdep.io.manifest import manifest_sha256

    if Path(model).is_dir():
        folder = Path(model)
        name, version = folder.resolve().name, None
    else:
        from deepdep.registry import version_named

        found = version_named(model)
        folder, name, version = found.folder(), found.name, found.version
    return folder, {"name": name, "version": version, "sha256": manifest_sha256(folder)}

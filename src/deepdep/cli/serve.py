"""``deepdep serve``."""

from typing import Annotated

import typer

from deepdep.cli.options import Model, find_model
from deepdep.stage import print_message


def serve(
    model: Model = "deepdep-predictor@champion",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A name that clients may reach this server by; may be repeated."),
    ] = None,
    max_request_mb: Annotated[int, typer.Option(min=1, help="Larger requests are refused.")] = 64,
) -> None:
    """Answer requests for predictions over HTTP, on this machine alone unless --host is given."""
    from deepdep.io.manifest import manifest_sha256
    from deepdep.serving.listening import address_of, bind

    with bind(host, port) as bound:
        found = find_model(model)
        sha256 = manifest_sha256(found.folder)

        from deepdep.models import load_predictor
        from deepdep.serving import app as server
        from deepdep.serving.service import PredictorService

        identity = {"name": found.name, "version": found.version, "sha256": sha256}
        service = PredictorService(load_predictor(found.folder), identity)
        service.warm_up()
        version = f" version {found.version}" if found.version else ""
        print_message(f"serving {found.name}{version} on {address_of(bound)}")
        server.serve(service, bound, host, allowed_host or [], max_request_mb)

"""``deepdep runs``."""

import os
import sys
from typing import Annotated

import typer

from deepdep.stage import print_message, print_result

runs = typer.Typer(help="Look after MLflow's runs.", no_args_is_help=True)


@runs.command()
def reap() -> None:
    """End runs as KILLED that are RUNNING for a process of this machine that is no more."""
    from deepdep.tracking import end_all_killed_runs

    ended = end_all_killed_runs()
    for run in ended:
        print_result(run)
    print_message(f"{len(ended)} runs ended")


@runs.command()
def sync() -> None:
    """Send MLflow what was kept while its server was away."""
    from deepdep.tracking import sync_runs

    n_sent, waiting = sync_runs()
    print_result(f"{n_sent} sent")
    for server in waiting:
        print_message(f"others wait for {server}, or are still being written")


@runs.command()
def relocate() -> None:
    """Have runs and models of a project that was moved or copied lead to its own files.

    Every command and stage does so by itself; this is for MLflow's own, such as `mlflow ui`.
    """
    from deepdep.tracking.store import mlflow_client

    with mlflow_client():  # whatever opens the store does it, and says so
        print_result("every run leads to files of this project")


@runs.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 5000,
) -> None:
    """Serve MLflow's pages on this machine; print the links to the views prepared there."""
    from deepdep.errors import shown_address
    from deepdep.tracking.store import SERVERS, mlflow_client, view_links

    with mlflow_client(makes_store=True) as client:
        uri = client.tracking_uri
        is_served = uri.startswith(SERVERS)
        address = shown_address(uri).rstrip("/") if is_served else f"http://127.0.0.1:{port}"
        for link in view_links(client, address):
            print_result(link)
    if not is_served:
        sys.stdout.flush()
        os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")  # seven processes
        command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
        os.execv(command[0], [*command, "--host", "127.0.0.1", "--port", str(port)])

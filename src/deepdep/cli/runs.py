"""``deepdep runs``."""

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

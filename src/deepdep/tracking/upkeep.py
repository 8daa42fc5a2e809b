"""Runs that processes left behind, and what waits for a server."""

from deepdep.mlflow_experiments import EXPERIMENTS
from deepdep.mlflow_store import experiment_called, mlflow_client
from deepdep.provenance import has_ended
from deepdep.spool import send_spooled, waiting_for

PROCESS = "deepdep.process"  # see ``provenance``


def end_killed_runs(experiment_name: str) -> list[str]:
    """End runs of an experiment as KILLED that are RUNNING for a process that is no more.

    Returns
    -------
    Name and id of each.
    """
    ended = []
    with mlflow_client() as client:
        experiment = experiment_called(client, experiment_name)
        for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
            process = run.data.tags.get(PROCESS)
            if process is not None and has_ended(process):
                client.set_terminated(run.info.run_id, "KILLED")
                ended.append(f"{run.info.run_name} {run.info.run_id}")
    return ended


def end_all_killed_runs() -> list[str]:
    """Do so in every experiment of ours."""
    return [run for experiment in EXPERIMENTS for run in end_killed_runs(experiment)]


def send_all_spooled() -> tuple[int, list[str]]:
    """Send what waits for the current server.

    Returns
    -------
    How many journals were sent, and the servers that others wait for.
    """
    with mlflow_client() as client:
        return send_spooled(client), waiting_for()

"""A stage's run below the run of its execution, also while MLflow's server is away."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_PARENT_RUN_ID

from deepdep.domain.omics import Omic
from deepdep.settings import Settings
from deepdep.tracking.experiments import EXPERIMENTS, PIPELINE
from deepdep.tracking.offline import SpoolingClient, send_spooled, waiting_for
from deepdep.tracking.provenance import (
    EXECUTION,
    INPUT,
    Execution,
    current_execution,
    has_ended,
    project_root,
    provenance,
    stage_inputs,
)
from deepdep.tracking.run import ERROR, Run, create, flat_params, going_on, one_line
from deepdep.tracking.store import experiment_called, is_server_away, mlflow_client

STAGE = "stage"  # tag to filter by in MLflow's table; without a prefix, to be typed


@contextmanager
def tracked_run(
    stage: str,
    settings: Settings | None,
    *,
    omic: Omic | None = None,
    execution: Execution | None = None,
    experiment_name: str = PIPELINE,
) -> Iterator[Run]:
    """Track a stage as a run below the run of its pipeline execution.

    While the body runs, MLflow's own functions log to the stage's run as well. An exception ends
    both runs as FAILED, an interrupt as KILLED, and is raised on.

    Parameters
    ----------
    stage
        Name of the stage in dvc.yaml, without the omic.
    settings
        What the stage ran with; field ``x`` becomes the parameter ``<stage>.x``.
    execution
        Which execution the stage belongs to, where that cannot be told from the processes.
    experiment_name
        MLflow's experiment, one of ``mlflow_experiments.EXPERIMENTS``.
    """
    name = f"{stage}@{omic}" if omic else stage
    params = flat_params(settings, stage) | ({"omic": str(omic)} if omic else {})
    root = project_root()
    common = provenance(root)
    with _spooling_client() as client:
        experiment = experiment_called(client, experiment_name)
        parent = _open_parent(client, experiment, execution or current_execution(), common)
        inputs = stage_inputs(root, name)
        tags = {**common, **inputs, **_seed(settings), STAGE: stage}
        run = create(client, experiment, name, params, {**tags, MLFLOW_PARENT_RUN_ID: parent})
        client.log_inputs(run.run_id, _datasets(inputs))
        try:
            with going_on(client, run):
                yield run
        except BaseException as error:
            client.set_tag(parent, ERROR, f"{name}: {one_line(error)}")
            client.set_terminated(parent, run.ended_by(error))
            raise
        failed_before = ERROR in client.get_run(parent).data.tags
        client.set_terminated(parent, "FAILED" if failed_before else "FINISHED")


@contextmanager
def joined_run(run_id: str) -> Iterator[Run]:
    """Yield a run that another process has open, to open runs below it; it does not end here."""
    tags = provenance(project_root())
    with _spooling_client() as client:
        yield Run(client, client.get_run(run_id).info, tags)


@contextmanager
def _spooling_client() -> Iterator[SpoolingClient]:
    """Yield a client that survives its server; what was left from before is sent first."""
    with mlflow_client() as client:
        spooling = SpoolingClient(client, tell=_say)
        if n_sent := _sent(client):
            _say(f"sent {n_sent} spooled runs to MLflow")
        try:
            yield spooling
        finally:
            spooling.close()


def _sent(client: mlflow.MlflowClient) -> int:
    if waiting_for() and is_server_away(client.tracking_uri):
        return 0  # the run that begins will say so
    try:
        return send_spooled(client)
    except (mlflow.MlflowException, OSError) as error:
        # Away again, or refused: it must not stop this run.
        _say(f"spooled runs were not sent: {one_line(error)}")
        return 0


def _open_parent(
    client: mlflow.MlflowClient, experiment: str, execution: Execution, tags: Mapping[str, str]
) -> str:
    """Find or create the run of an execution, and have it running."""
    wanted = f"tags.`{EXECUTION}` = '{execution.process}'"
    found = client.search_runs([experiment], wanted, max_results=1)
    if not found:
        own = {EXECUTION: execution.process, STAGE: "execution"}
        return create(client, experiment, execution.command, {}, {**tags, **own}).run_id
    run_id = str(found[0].info.run_id)
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
    client.update_run(run_id, status="RUNNING")
    return run_id


def _datasets(inputs: Mapping[str, str]) -> list[DatasetInput]:
    """Describe the inputs of a stage for MLflow's column of data sets, the DVC hash as digest."""
    context = [InputTag(MLFLOW_DATASET_CONTEXT, "input")]
    paths = {tag.removeprefix(INPUT): digest for tag, digest in inputs.items()}
    return [
        DatasetInput(Dataset(path, digest, "local", json.dumps({"uri": path})), context)
        for path, digest in paths.items()
    ]


def _seed(settings: Settings | None) -> dict[str, str]:
    seed = getattr(settings, "seed", None)
    return {} if seed is None else {"deepdep.seed": str(seed)}


def _say(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201


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

"""A stage's run below the run of its execution, also while MLflow's server is away."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mlflow import MlflowException
from mlflow.entities import RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from deepdep.io.files import locked
from deepdep.settings import Settings
from deepdep.stage import print_message
from deepdep.tracking.experiments import EXPERIMENTS, PIPELINE
from deepdep.tracking.offline import RunClient, send_journals, waiting_servers
from deepdep.tracking.provenance import (
    COMMIT,
    DIRTY,
    EXECUTION,
    INPUT,
    PROCESS,
    PipelineExecution,
    current_execution,
    has_ended,
    project_root,
    provenance,
    require_code_of,
    stage_inputs,
)
from deepdep.tracking.run import ERROR, Run, flat_params, one_line
from deepdep.tracking.store import NoStoreError, PatientClient, is_server_away, mlflow_client

SHOWN_OF_COMMIT = 7  # digits, as git shows
LOCKS = Path(".dvc", "tmp", "deepdep")  # in the project's folder, where Git ignores it
SECONDS_TO_DIE = 10  # of a stage that was killed with its DVC
STAGE = "stage"  # tag to filter by in MLflow's table; without a prefix, to be typed


@contextmanager
def tracked_run(
    stage: str,
    settings: Settings | None,
    *,
    omic: str | None = None,
    execution: PipelineExecution | None = None,
    experiment_name: str = PIPELINE,
    left_out: Collection[str] = (),
) -> Iterator[Run]:
    """Track a stage as a run below the run of its pipeline execution.

    Runs that are RUNNING for a process that was killed are ended first. While the body runs,
    MLflow's own functions log to the stage's run as well. An exception ends
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
        MLflow's experiment, one of ``tracking.experiments.EXPERIMENTS``.
    left_out
        Groups of settings that nothing ran with, such as ``baselines.elastic_net``; they are not
        parameters.
    """
    name = f"{stage}@{omic}" if omic else stage
    idle = tuple(f"{stage}.{group}." for group in left_out)
    params = {k: v for k, v in flat_params(settings, stage).items() if not k.startswith(idle)}
    params |= {"omic": str(omic)} if omic else {}
    root = project_root()
    require_code_of(root)
    common = provenance(root)
    execution = execution or current_execution()
    with _sole_stage(root, name, execution), _run_client() as client:
        experiment = client.find_experiment(experiment_name)
        _end_killed(client, experiment)
        parent = _open_parent(client, experiment, execution, common)
        inputs = stage_inputs(root, name)
        seed = getattr(settings, "seed", None)
        tags = {**common, **inputs, **({} if seed is None else {"deepdep.seed": str(seed)})}
        tags |= {STAGE: stage, MLFLOW_PARENT_RUN_ID: parent}
        run = Run.create(client, experiment, name, params, tags)
        run.inputs({tag.removeprefix(INPUT): digest for tag, digest in inputs.items()})
        try:
            with run.active(watches_machine=True):
                yield run
        except BaseException as error:
            client.set_tag(parent, ERROR, f"{name}: {one_line(error)}")
            client.set_terminated(parent, run.status_after(error))
            raise
        failed_before = ERROR in client.get_run(parent).data.tags
        client.set_terminated(parent, "FAILED" if failed_before else "FINISHED")


@contextmanager
def existing_run(run_id: str) -> Iterator[Run]:
    """Yield a run that another process has open, to open runs below it; it does not end here."""
    tags = provenance(project_root())
    with _run_client() as client:
        yield Run(client, client.get_run(run_id).info, tags)


def end_killed_runs(experiment_name: str) -> list[str]:
    """End runs of an experiment as KILLED that are RUNNING for a process that is no more.

    Returns
    -------
    Name and id of each.
    """
    ended: list[str] = []
    # Where nothing was ever stored, nothing runs.
    with suppress(NoStoreError), mlflow_client() as client:
        experiment = client.get_experiment_by_name(experiment_name)
        ids = [experiment.experiment_id] if experiment else []
        for experiment_id in ids:
            ended += _end_killed(client, experiment_id)
    return ended


def _end_killed(client: PatientClient | RunClient, experiment_id: str) -> list[str]:
    ended = []
    for run in client.search_runs([experiment_id], "attributes.status = 'RUNNING'"):
        process = run.data.tags.get(PROCESS)
        if process is not None and has_ended(process):
            client.set_terminated(run.info.run_id, "KILLED")
            ended.append(f"{run.info.run_name} {run.info.run_id}")
    return ended


def end_all_killed_runs() -> list[str]:
    """Do so in every experiment of ours."""
    return [run for experiment in EXPERIMENTS for run in end_killed_runs(experiment)]


@contextmanager
def _sole_stage(root: Path, name: str, execution: PipelineExecution) -> Iterator[None]:
    """Let no second process run a stage of DVC's.

    A DVC that is killed leaves the stage that it began, which goes on to write what the next
    execution of the stage writes.
    """
    busy = (
        f"{name}: another process runs this stage, whose DVC may have been killed; wait for its "
        "end, or end it, and call again."
    )
    with ExitStack() as held:
        if execution.command.startswith("dvc ") and (root / ".dvc").is_dir():
            (root / LOCKS).mkdir(parents=True, exist_ok=True)
            lock = locked(root / LOCKS / f"{name}.lock", busy=busy, patience=SECONDS_TO_DIE)
            with suppress(NotImplementedError):  # a file system without locks
                held.enter_context(lock)
        yield


@contextmanager
def _run_client() -> Iterator[RunClient]:
    """Yield a client that survives its server; what was left from before is sent first."""
    with mlflow_client(makes_store=True) as client:
        runs = RunClient(client, say=print_message)
        # Where the server is away, the run that begins will say so.
        if not (waiting_servers() and is_server_away(client.tracking_uri)):
            try:
                if n_sent := send_journals(client):
                    print_message(f"sent {n_sent} runs to MLflow that were kept while it was away")
            except (MlflowException, OSError) as error:
                # Away again, or refused: it must not stop this run.
                print_message(
                    f"runs that were kept while MLflow was away were not sent: {one_line(error)}"
                )
        try:
            yield runs
        finally:
            runs.close()


def _open_parent(
    client: RunClient, experiment: str, execution: PipelineExecution, tags: Mapping[str, str]
) -> str:
    """Find or create the run of an execution, and have it running."""
    wanted = f"tags.`{EXECUTION}` = '{execution.process}'"
    found = client.search_runs([experiment], wanted, max_results=1)
    if not found:
        # Named by what tells it from others; its first figure joins them when it is known.
        begins = tags.get(COMMIT, "")[:SHOWN_OF_COMMIT] + "+" * (tags.get(DIRTY) == "true")
        name = f"{begins} {execution.command}".strip()
        tags = {**tags, EXECUTION: execution.process, STAGE: "execution"}
        return Run.create(client, experiment, name, {}, tags).run_id
    run_id = str(found[0].info.run_id)
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
    client.update_run(run_id, status="RUNNING")
    return run_id

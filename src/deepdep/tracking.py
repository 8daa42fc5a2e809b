"""The only door to MLflow runs: one parent per pipeline execution, its stages and trials below."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param, RunInfo, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.mlflow_store import mlflow_client, pipeline_experiment
from deepdep.provenance import (
    Execution,
    current_execution,
    project_root,
    provenance,
    stage_inputs,
)

if TYPE_CHECKING:
    import keras

EXECUTION = "deepdep.execution"
ERROR = "deepdep.error"
METRICS_PER_BATCH, PARAMS_PER_BATCH = 1000, 100  # MLflow takes no more


class Run:
    """One run that is going on: a stage, a tuning trial or a registration."""

    def __init__(
        self, client: mlflow.MlflowClient, info: RunInfo, inherited_tags: Mapping[str, str]
    ) -> None:
        self.run_id: str = info.run_id
        self._client = client
        self._experiment: str = info.experiment_id
        self._inherited_tags = dict(inherited_tags)
        self._pruned = False

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log figures, at one step of training or of the whole."""
        now = _now()
        self._log([Metric(name, float(x), now, step or 0) for name, x in values.items()])

    def curve(self, history: pd.DataFrame) -> None:
        """Log a training curve: a column ``epoch``, and one column per metric."""
        now = _now()
        epochs = history["epoch"].astype(int)
        self._log(
            [
                Metric(str(name), float(value), now, epoch)
                for name, column in history.drop(columns="epoch").items()
                for epoch, value in zip(epochs, column, strict=True)
                if pd.notna(value)
            ]
        )

    def compare(self, figures: Mapping[str, Mapping[str, float]], own: str) -> None:
        """Log models judged alike, so that the UI shows them side by side.

        Parameters
        ----------
        figures
            Figures by model. Those of ``own`` are this run's, and its execution's, so that
            executions compare too; each other model gets a run below it.
        """
        for model, values in figures.items():
            if model == own:
                self._client.log_param(self.run_id, "model", own)
                for run_id in (self.run_id, self._inherited_tags[MLFLOW_PARENT_RUN_ID]):
                    self._log(
                        [Metric(name, float(x), _now(), 0) for name, x in values.items()], run_id
                    )
                continue
            with self.child(model, {"model": model}) as judged:
                judged.metrics(values)

    def artifact(self, path: Path) -> None:
        """Copy a file, or a folder under its name, to the run."""
        self._client.log_artifact(self.run_id, str(path))

    def keras_callbacks(self) -> list["keras.callbacks.Callback"]:
        """Return the callbacks that log each epoch; not beside ``curve``, which would repeat it."""
        import keras

        return [keras.callbacks.LambdaCallback(on_epoch_end=self._log_epoch)]

    @contextmanager
    def child(self, name: str, params: Mapping[str, Any] | None = None) -> Iterator["Run"]:
        """Open a run below this one, such as a tuning trial.

        Parameters
        ----------
        params
            Named as the stages name theirs, such as ``pretrain.learning_rate``.
        """
        tags = self._inherited_tags | {MLFLOW_PARENT_RUN_ID: self.run_id}
        shown = {key: _shown(value) for key, value in (params or {}).items()}
        with _going_on(_create(self._client, self._experiment, name, shown, tags)) as run:
            yield run

    def prune(self) -> None:
        """Have the exception that follows end this run as KILLED, which is no failure."""
        self._pruned = True

    def tag(self, name: str, value: str) -> None:
        """Set a tag."""
        self._client.set_tag(self.run_id, name, value)

    def ended_by(self, error: BaseException) -> str:
        """Return the status that an exception leaves the run in."""
        cut_short = self._pruned or not isinstance(error, Exception)  # such as KeyboardInterrupt
        return "KILLED" if cut_short else "FAILED"

    def _log_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        self.metrics(logs, step=epoch)

    def _log(self, metrics: list[Metric], run_id: str | None = None) -> None:
        for start in range(0, len(metrics), METRICS_PER_BATCH):
            batch = metrics[start : start + METRICS_PER_BATCH]
            self._client.log_batch(run_id or self.run_id, metrics=batch)


@contextmanager
def tracked_run(
    stage: str,
    settings: Settings | None,
    *,
    omic: Omic | None = None,
    execution: Execution | None = None,
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
    """
    name = f"{stage}@{omic}" if omic else stage
    params = flat_params(settings, stage) | ({"omic": str(omic)} if omic else {})
    root = project_root()
    common = provenance(root)
    with mlflow_client() as client:
        experiment = pipeline_experiment(client)
        parent = _open_parent(client, experiment, execution or current_execution(), common)
        tags = {**common, **stage_inputs(root, name), **_seed(settings)}
        run = _create(client, experiment, name, params, {**tags, MLFLOW_PARENT_RUN_ID: parent})
        try:
            with _going_on(run):
                yield run
        except BaseException as error:
            client.set_tag(parent, ERROR, f"{name}: {_one_line(error)}")
            client.set_terminated(parent, run.ended_by(error))
            raise
        failed_before = ERROR in client.get_run(parent).data.tags
        client.set_terminated(parent, "FAILED" if failed_before else "FINISHED")


def flat_params(value: object, name: str) -> dict[str, str]:
    """Name every number of a settings object by its path, such as ``pretrain.learning_rate``."""
    if value is None:
        return {}
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if not isinstance(value, Mapping):
        return {name: _shown(value)}
    parts = [flat_params(part, f"{name}.{key}") for key, part in value.items()]
    return {key: shown for part in parts for key, shown in part.items()}


def _open_parent(
    client: mlflow.MlflowClient, experiment: str, execution: Execution, tags: Mapping[str, str]
) -> str:
    """Find or create the run of an execution, and have it running."""
    wanted = f"tags.`{EXECUTION}` = '{execution.process}'"
    found = client.search_runs([experiment], wanted, max_results=1)
    if not found:
        own = {EXECUTION: execution.process}
        return _create(client, experiment, execution.command, {}, {**tags, **own}).run_id
    run_id = str(found[0].info.run_id)
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
    client.update_run(run_id, status="RUNNING")
    return run_id


def _create(
    client: mlflow.MlflowClient,
    experiment: str,
    name: str,
    params: Mapping[str, str],
    tags: Mapping[str, str],
) -> Run:
    created = client.create_run(experiment, run_name=name, tags=dict(tags))
    run = Run(client, created.info, tags)
    # `pretrain.*.widths` holds for every omic; without the star, which MLflow does not take in a
    # name, a trial names it as the stages do.
    named = [Param(key.replace(".*", ""), value) for key, value in params.items()]
    for start in range(0, len(named), PARAMS_PER_BATCH):
        client.log_batch(run.run_id, params=named[start : start + PARAMS_PER_BATCH])
    return run


@contextmanager
def _going_on(run: Run) -> Iterator[Run]:
    """Make a run MLflow's active one, and end it as its body ends."""
    mlflow.start_run(run_id=run.run_id, nested=True)
    try:
        yield run
    except BaseException as error:
        outcome = run.ended_by(error)
        if outcome == "FAILED":
            run.tag(ERROR, _one_line(error))
        mlflow.end_run(outcome)
        raise
    mlflow.end_run("FINISHED")


def _seed(settings: Settings | None) -> dict[str, str]:
    seed = getattr(settings, "seed", None)
    return {} if seed is None else {"deepdep.seed": str(seed)}


def _shown(value: object) -> str:
    return json.dumps(list(value)) if isinstance(value, tuple | list) else str(value)


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def _now() -> int:
    return int(time.time() * 1000)

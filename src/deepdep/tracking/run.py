"""One run: its parameters, figures, files and children, and how it begins and ends."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunInfo
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_PARENT_RUN_ID
from mlflow.utils.time import get_current_time_millis

from deepdep.errors import without_secrets
from deepdep.io.files import file_sha256
from deepdep.io.manifest import MANIFEST
from deepdep.tracking.experiments import TEST_R
from deepdep.tracking.offline import RunClient
from deepdep.tracking.store import retry_while_away

if TYPE_CHECKING:
    import keras

ERROR = "deepdep.error"
MADE = "deepdep.made_sha256"  # of the manifest of the model that a run made
MODEL = "model"  # parameter and tag to filter by in MLflow's table; without a prefix, to be typed
SECONDS_BETWEEN_EPOCHS = 2.0  # sent together, as each call takes as long as many
PARAMS_PER_BATCH, METRICS_PER_BATCH = 100, 1000  # MLflow takes no more


class Run:
    """One run that is going on: a stage, a tuning trial or a registration."""

    def __init__(self, client: RunClient, info: RunInfo, inherited_tags: Mapping[str, str]) -> None:
        self.run_id: str = info.run_id
        self._client = client
        self._experiment: str = info.experiment_id
        self._inherited_tags = dict(inherited_tags)
        self._unsent: list[Metric] = []
        self._sent = 0.0  # by a clock that starts anywhere
        self._ends_as: str | None = None
        self._described: dict[str, Any] = {}

    @classmethod
    def create(
        cls,
        client: RunClient,
        experiment: str,
        name: str,
        params: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> "Run":
        """Begin a run, which nothing ends by itself; those below it inherit its tags."""
        run = cls(client, client.create_run(experiment, name, tags).info, tags)
        run.params(params)
        return run

    @contextmanager
    def active(self, *, watches_machine: bool = False) -> Iterator["Run"]:
        """Be MLflow's active run, and end as the body ends.

        Where it watches the machine, MLflow logs its load every ten seconds, as ``system/...``;
        not to a server, for which its thread would wait when it goes away.
        """
        begin = partial(
            mlflow.start_run,
            run_id=self.run_id,
            nested=True,
            log_system_metrics=watches_machine and not self._client.has_server,
        )
        self._client.attempt(lambda: retry_while_away(begin))
        status = "FINISHED"
        try:
            yield self
        except BaseException as error:
            status = self.status_after(error)
            if status == "FAILED":
                self.tag(ERROR, one_line(error))
            raise
        finally:
            self.send()
            # This waits for a store that is away, MLflow's own function does not.
            self._client.set_terminated(self.run_id, status)
            active = mlflow.active_run()
            # It is not this one where the server was away when it began.
            if active is not None and active.info.run_id == self.run_id:
                self._client.attempt(lambda: retry_while_away(lambda: mlflow.end_run(status)))
                if self.is_offline:
                    with suppress(Exception):  # no longer the active one, whatever the server says
                        mlflow.end_run(status)

    def status_after(self, error: BaseException) -> str:
        """Return the status that an exception leaves the run in."""
        if self._ends_as is not None:
            return self._ends_as
        return "FAILED" if isinstance(error, Exception) else "KILLED"  # by a KeyboardInterrupt

    def ends_as(self, status: str) -> None:
        """Have the exception that follows, which is no failure, end this run so."""
        self._ends_as = status

    @property
    def is_offline(self) -> bool:
        """Whether the run, or its rest, waits for a server that is away."""
        return self._client.is_away

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log figures, at one step of training or of the whole."""
        now = get_current_time_millis()
        self._log([Metric(name, float(x), now, step or 0) for name, x in values.items()])

    def curve(self, history: pd.DataFrame) -> None:
        """Log a training curve: a column ``epoch``, and one column per metric."""
        now = get_current_time_millis()
        epochs = history["epoch"].astype(int)
        self._log(
            [
                Metric(str(name), float(value), now, epoch)
                for name, column in history.drop(columns="epoch").items()
                for epoch, value in zip(epochs, column, strict=True)
                if pd.notna(value)
            ]
        )

    def compare(self, figures: Mapping[str, Mapping[str, float]], ours: str) -> None:
        """Log models judged alike, so that the UI shows them side by side.

        Parameters
        ----------
        figures
            Figures by model; each gets a run below this one, under its name. Those of ``ours``
            are this run's too, and its execution's, so that executions compare. No model where
            nothing was judged.
        """
        of_ours = figures.get(ours, {})
        now = get_current_time_millis()
        points = [Metric(name, float(x), now, 0) for name, x in of_ours.items()]
        execution = self._inherited_tags[MLFLOW_PARENT_RUN_ID]
        for run_id in (self.run_id, execution):
            self._log(points, run_id)
        for model, values in figures.items():
            params = {MODEL: model, **(self._described if model == ours else {})}
            with self.child(model, params, tags={MODEL: model}) as judged:
                judged.metrics(values)
        name = getattr(self._client.get_run(execution).info, "run_name", None)
        if name is not None and TEST_R in of_ours:
            plain = re.sub(r"^r=\S+ ", "", name)  # where it is measured again
            self._client.update_run(execution, name=f"r={of_ours[TEST_R]:.3f} {plain}")

    def describe(self, values: Mapping[str, Any]) -> None:
        """Log what the run's figures are compared by; its execution has it too."""
        self._described |= values
        self.params(values)
        self.params(values, self._inherited_tags[MLFLOW_PARENT_RUN_ID])

    def params(self, values: Mapping[str, Any], run_id: str | None = None) -> None:
        """Log settings, and what is none by itself, such as the last of several widths.

        ``run_id`` names another run of the same store that has them instead.
        """
        params = [Param(name_of_param(name), _shown(value)) for name, value in values.items()]
        for start in range(0, len(params), PARAMS_PER_BATCH):
            batch = params[start : start + PARAMS_PER_BATCH]
            self._client.log_batch(run_id or self.run_id, params=batch)

    def inputs(self, digests: Mapping[str, str]) -> None:
        """Fill MLflow's column of data sets: DVC's hash of each input, by path."""
        context = [InputTag(MLFLOW_DATASET_CONTEXT, "input")]
        datasets = [
            DatasetInput(Dataset(path, digest, "local", json.dumps({"uri": path})), context)
            for path, digest in digests.items()
        ]
        self._client.log_inputs(self.run_id, datasets)

    def made(self, model: Path) -> None:
        """Say which model folder the run made, so that its versions lead back to it."""
        self.tag(MADE, file_sha256(model / MANIFEST))

    def artifact(self, path: Path) -> None:
        """Copy a file, or a folder under its name, to the run."""
        self._client.log_artifact(self.run_id, str(path))

    def keras_callbacks(self, prefix: str = "") -> list["keras.callbacks.Callback"]:
        """Return the callbacks that log each epoch; not beside ``curve``, which would repeat it.

        Metrics are named with ``prefix``, which tells one of several networks from the others.
        """
        import keras

        def log_epoch(epoch: int, logs: Mapping[str, float]) -> None:
            now = get_current_time_millis()
            self._unsent += [
                Metric(f"{prefix}{name}", float(value), now, epoch) for name, value in logs.items()
            ]
            if time.monotonic() - self._sent > SECONDS_BETWEEN_EPOCHS:
                self.send()

        return [keras.callbacks.LambdaCallback(on_epoch_end=log_epoch)]

    def send(self) -> None:
        """Send the epochs that wait to be sent together; the end of the run does so too."""
        unsent, self._unsent = self._unsent, []
        self._sent = time.monotonic()
        self._log(unsent)

    @contextmanager
    def child(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        identity: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Iterator["Run"]:
        """Open a run below this one, such as a tuning trial.

        Parameters
        ----------
        params
            Named as the stages name theirs, such as ``pretrain.learning_rate``.
        identity
            Tags that no other running child has.
        tags
            Further ones.
        """
        all_tags = {**self._inherited_tags, **(identity or {}), **(tags or {})}
        tries = count()

        def open_child() -> RunInfo:
            # Where the store went away before it answered, the run may be there already.
            is_repeated = bool(next(tries))
            begun = self.children(identity, "RUNNING") if identity and is_repeated else []
            return begun[0].info if begun else self._create_child(name, all_tags)

        run = Run(self._client, retry_while_away(open_child), all_tags)
        run.params(params or {})
        with run.active():
            yield run

    def children(self, tags: Mapping[str, str], status: str | None = None) -> list[Any]:
        """Find runs below this one that have the tags, the oldest first."""
        wanted = {MLFLOW_PARENT_RUN_ID: self.run_id, **tags}
        words = [f"tags.`{name}` = '{value}'" for name, value in wanted.items()]
        if status:
            words.append(f"attributes.status = '{status}'")
        found, page = [], None
        while page is None or page.token:
            page = self._client.search_runs(
                [self._experiment],
                " AND ".join(words),
                max_results=1000,
                order_by=["start_time ASC"],
                page_token=page and page.token,
            )
            found += page
        return found

    def other(self, run_id: str) -> "Run | None":
        """Return another run of the same store, to open runs below it; None when it is gone."""
        try:
            info = self._client.get_run(run_id).info
        except mlflow.MlflowException:
            return None
        is_there = info.lifecycle_stage == "active" and info.experiment_id == self._experiment
        return Run(self._client, info, self._inherited_tags) if is_there else None

    def end_child(self, run_id: str, status: str) -> None:
        """End a run whose process cannot do it any more."""
        self._client.set_terminated(run_id, status)

    def add_ended_child(self, name: str, tags: Mapping[str, str], status: str) -> str:
        """Leave a trace of what ended before it had a run; return the run's id."""
        run_id = str(self._create_child(name, {**self._inherited_tags, **tags}).run_id)
        self.end_child(run_id, status)
        return run_id

    def _create_child(self, name: str, tags: Mapping[str, str]) -> RunInfo:
        tags = {**tags, MLFLOW_PARENT_RUN_ID: self.run_id}
        return self._client.create_run(self._experiment, name, tags).info

    def show_trials(self, settings: Iterable[str]) -> None:
        """Have MLflow's page compare the runs below this one by the settings that they search."""
        self._client.show_trials(self._experiment, [name_of_param(name) for name in settings])

    def tag(self, name: str, value: str) -> None:
        """Set a tag."""
        self._client.set_tag(self.run_id, name, value)

    def _log(self, metrics: list[Metric], run_id: str | None = None) -> None:
        for start in range(0, len(metrics), METRICS_PER_BATCH):
            batch = metrics[start : start + METRICS_PER_BATCH]
            self._client.log_batch(run_id or self.run_id, metrics=batch)


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


def name_of_param(setting: str) -> str:
    """Name a setting as stages and trials do in MLflow, which takes no star in a name.

    ``pretrain.*.widths``, which holds for every omic, is ``pretrain.widths``.
    """
    return setting.replace(".*", "")


def one_line(error: BaseException) -> str:
    """Return an error as a tag holds it."""
    return " ".join(without_secrets(f"{type(error).__name__}: {error}").split())[:500]


def _shown(value: object) -> str:
    return json.dumps(list(value)) if isinstance(value, tuple | list) else str(value)

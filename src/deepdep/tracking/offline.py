"""Runs that are logged while MLflow's server is away: kept in files, and sent later.

A journal has a line per call that was not made. One process writes it; ids of runs that the server
does not know yet begin with ``offline-`` and are replaced when the journal is sent.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.store.entities import PagedList
from mlflow.utils.time import get_current_time_millis

from deepdep.errors import BusyError, shown_address
from deepdep.io.files import locked
from deepdep.tracking.experiments import EXPERIMENTS
from deepdep.tracking.provenance import EXECUTION, has_ended, process_name, workspace_root
from deepdep.tracking.store import (
    NoStoreError,
    PatientClient,
    find_experiment,
    is_server_away,
    mlflow_client,
    show_trials,
)

ENTITIES = {
    kind.__name__: kind for kind in (Dataset, DatasetInput, InputTag, Metric, Param, RunTag)
}
TIMES = {"create_run": "start_time", "set_terminated": "end_time"}  # when it was, not when sent


def journal_folder() -> Path:
    """Return where journals lie; the name is that of earlier releases, whose journals are sent."""
    return workspace_root() / "mlruns" / "spool"


class Journal:
    """The calls of one process to a server that was away, in a file and a folder of artifacts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._artifacts = file.with_suffix("")

    @classmethod
    def begin(cls, uri: str) -> "Journal":
        """Begin a journal of this process for the server at an address."""
        journal_folder().mkdir(parents=True, exist_ok=True)
        stem = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
        journal = cls(journal_folder() / f"{stem}.jsonl")
        server = shown_address(uri)  # a password has no place in a file of the project
        journal._append({"uri": server, "process": process_name(psutil.Process(os.getpid()))})
        return journal

    @classmethod
    def find_all(cls) -> list["Journal"]:
        """Find the journals of this project, the oldest first."""
        return [cls(file) for file in sorted(journal_folder().glob("*.jsonl"))]

    @property
    def uri(self) -> str:
        """The address of the server that it waits for."""
        return shown_address(str(self._lines()[0]["uri"]))

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will be written."""
        first, *rest = self._lines()
        return bool(rest and "closed" in rest[-1]) or has_ended(first["process"])

    def write(self, call: str, arguments: Mapping[str, Any]) -> Any:
        """Write a call down; of ``create_run``, return a run of which nothing can be read."""
        given = dict(arguments)
        if call in TIMES:
            given.setdefault(TIMES[call], get_current_time_millis())
        if call == "log_artifact":  # as it is now
            path = Path(given["local_path"])
            copy = self._artifacts / uuid.uuid4().hex / path.name
            copy.parent.mkdir(parents=True)
            copy_path = shutil.copytree if path.is_dir() else shutil.copy
            given["local_path"] = str(copy_path(path, copy))
        made = f"offline-{uuid.uuid4().hex}" if call == "create_run" else None
        self._append({"call": call, "arguments": given, "made": made})
        return _unread_run(made, given["experiment_id"]) if made else None

    def close(self) -> None:
        """Note that nothing more will come from this process."""
        self._append({"closed": True})

    def send(self, client: PatientClient) -> None:
        """Make the calls, and delete the journal; one that was cut off goes on where it was."""
        progress = self._file.with_suffix(".sent.json")  # how many lines, and ids by ours
        n_sent, ids = 0, {}
        if progress.exists():
            n_sent, ids = json.loads(progress.read_text(encoding="utf-8"))
        for number, line in enumerate(self._lines()[n_sent:], start=n_sent + 1):
            if "call" in line:
                given = _with_ids(line["arguments"], ids)
                if line["call"] == "log_artifact":  # the project may have been moved meanwhile
                    given["local_path"] = str(
                        self._artifacts.joinpath(*Path(given["local_path"]).parts[-2:])
                    )
                if line["made"]:
                    ids[line["made"]] = _create_run(client, given)
                else:
                    getattr(client, line["call"])(**given)
                progress.write_text(json.dumps([number, ids]), encoding="utf-8")
        self._file.unlink()
        progress.unlink(missing_ok=True)
        shutil.rmtree(self._artifacts, ignore_errors=True)

    def _append(self, line: Mapping[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=_encoded) + "\n")

    def _lines(self) -> list[dict[str, Any]]:
        """Read the lines; a last one that was cut off with its process does not count."""

        def decoded(value: dict[str, Any]) -> Any:
            return ENTITIES[value["entity"]](**value["fields"]) if "entity" in value else value

        lines = []
        for text in self._file.read_text(encoding="utf-8").splitlines():
            with suppress(json.JSONDecodeError):
                lines.append(json.loads(text, object_hook=decoded))
        return lines


class RunClient:
    """What runs are logged with: MLflow, and a journal from the first call that finds no server.

    While the server is away, whatever is read is empty.

    Parameters
    ----------
    say
        Is called once, with a sentence, when the server is found away.
    """

    def __init__(self, client: PatientClient, say: Callable[[str], None]) -> None:
        self._client = client
        self._say = say
        self._journal: Journal | None = None

    @property
    def has_server(self) -> bool:
        """Whether calls go over HTTP."""
        return self._client.tracking_uri.startswith("http")

    @property
    def is_away(self) -> bool:
        """Whether calls go to a journal."""
        return self._journal is not None

    def attempt(
        self, call: Callable[[], Any], otherwise: Callable[[Journal], Any] = lambda _: None
    ) -> Any:
        """Return what a call returns; while the server is away, what ``otherwise`` does."""
        if self._journal is None:
            try:
                return call()
            except Exception as error:
                uri = self._client.tracking_uri
                if not is_server_away(uri):
                    raise
                self._journal = Journal.begin(uri)
                self._say(
                    f"MLflow at {shown_address(uri)} is away ({type(error).__name__}): this run is "
                    f"kept in {journal_folder()} and sent with the next one, or by "
                    "`deepdep runs sync`"
                )
        return otherwise(self._journal)

    def close(self) -> None:
        """End the journal, if there is one."""
        if self._journal is not None:
            self._journal.close()

    def find_experiment(self, name: str) -> str:
        """Find or create an experiment; its name stands for its id while the server is away."""
        return str(self.attempt(lambda: find_experiment(self._client, name), lambda _: name))

    def show_trials(self, experiment_id: str, settings: Sequence[str]) -> None:
        """Have a page compare trials; it can do without while its server is away."""
        self.attempt(lambda: show_trials(self._client, experiment_id, settings))

    def get_run(self, run_id: str) -> Any:
        """Return a run."""
        return self.attempt(lambda: self._client.get_run(run_id), lambda _: _unread_run(run_id, ""))

    def search_runs(self, experiment_ids: Sequence[str], wanted: str, **how: Any) -> Any:
        """Search runs by MLflow's filter; ``how`` are its other arguments."""
        return self.attempt(
            lambda: self._client.search_runs(experiment_ids, wanted, **how),
            lambda _: PagedList([], None),
        )

    def create_run(self, experiment_id: str, run_name: str, tags: Mapping[str, str]) -> Any:
        """Begin a run."""
        return self._write(
            "create_run", experiment_id=experiment_id, run_name=run_name, tags=dict(tags)
        )

    def update_run(self, run_id: str, **changed: str) -> None:
        """Set the ``status`` or the ``name`` of a run."""
        self._write("update_run", run_id=run_id, **changed)

    def set_terminated(self, run_id: str, status: str) -> None:
        """End a run."""
        self._write("set_terminated", run_id=run_id, status=status)

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Set a tag."""
        self._write("set_tag", run_id=run_id, key=key, value=value)

    def log_batch(self, run_id: str, **batch: Sequence[Metric | Param | RunTag]) -> None:
        """Log ``metrics``, ``params`` and ``tags``."""
        self._write("log_batch", run_id=run_id, **batch)

    def log_inputs(self, run_id: str, datasets: Sequence[DatasetInput]) -> None:
        """Log data sets."""
        self._write("log_inputs", run_id=run_id, datasets=datasets)

    def log_artifact(self, run_id: str, local_path: str) -> None:
        """Copy a file or a folder to the run."""
        self._write("log_artifact", run_id=run_id, local_path=local_path)

    def _write(self, call: str, **arguments: Any) -> Any:
        return self.attempt(
            lambda: getattr(self._client, call)(**arguments),
            lambda journal: journal.write(call, arguments),
        )


def send_journals(client: PatientClient) -> int:
    """Send the complete journals of a server, the oldest first; another process may be at it.

    Returns
    -------
    How many were sent.
    """
    if not Journal.find_all():
        return 0
    try:
        with locked(journal_folder() / "lock", busy="another process sends the journals."):
            uri = shown_address(client.tracking_uri)
            ready = [one for one in Journal.find_all() if one.uri == uri and one.is_complete]
            for journal in ready:
                journal.send(client)
            return len(ready)
    except BusyError:
        return 0


def waiting_servers() -> list[str]:
    """Return the addresses of the servers that journals wait for."""
    return sorted({journal.uri for journal in Journal.find_all()})


def sync_runs() -> tuple[int, list[str]]:
    """Send what waits for the current server.

    Returns
    -------
    How many journals were sent, and the servers that others wait for.
    """
    n_sent = 0
    with suppress(NoStoreError), mlflow_client() as client:
        n_sent = send_journals(client)
    return n_sent, waiting_servers()


def _create_run(client: PatientClient, given: dict[str, Any]) -> str:
    """Create the run of a journal, and return its id."""
    if given["experiment_id"] in EXPERIMENTS:
        given["experiment_id"] = find_experiment(client, given["experiment_id"])
    # Each stage begins with the run of its execution, which is one.
    if execution := given["tags"].get(EXECUTION):
        wanted = f"tags.`{EXECUTION}` = '{execution}'"
        found = client.search_runs([given["experiment_id"]], wanted, max_results=1)
        if found:
            return str(found[0].info.run_id)
    return str(client.create_run(**given).info.run_id)


def _unread_run(run_id: str, experiment_id: str) -> Any:
    """Stand in for a run of which nothing can be read."""
    info = SimpleNamespace(run_id=run_id, experiment_id=experiment_id, lifecycle_stage="active")
    return SimpleNamespace(info=info, data=SimpleNamespace(tags={}, params={}, metrics={}))


def _with_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """Put the server's ids in the place of ours, wherever they stand."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [_with_ids(one, ids) for one in value]
    if isinstance(value, dict):
        return {name: _with_ids(one, ids) for name, one in value.items()}
    return value


def _encoded(entity: Any) -> Any:
    name = type(entity).__name__
    if name not in ENTITIES:
        return str(entity)
    fields = {field: value for field, value in dict(entity).items() if value is not None}
    return {"entity": name, "fields": fields}

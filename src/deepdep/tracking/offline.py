"""What an MLflow server should have been told while it was away, kept in files and sent later.

A journal has a line per call that was not made. One process writes it; ids of runs that the server
does not know yet begin with ``spooled-`` and are replaced when the journal is sent.
"""

import inspect
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import psutil
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.store.entities import PagedList

from deepdep.errors import BusyError
from deepdep.io.locks import locked
from deepdep.tracking.experiments import EXPERIMENTS
from deepdep.tracking.provenance import EXECUTION, has_ended, process_name, project_root
from deepdep.tracking.store import experiment_called, is_server_away

SPOOLED = "spooled-"  # how ids begin that no server gave
ENTITIES = {
    kind.__name__: kind for kind in (Dataset, DatasetInput, InputTag, Metric, Param, RunTag)
}
WRITES = (
    "create_run",
    "log_artifact",
    "log_batch",
    "log_inputs",
    "log_param",
    "set_tag",
    "set_terminated",
    "update_run",
)
TIMES = {"create_run": "start_time", "set_terminated": "end_time"}  # when it was, not when sent


def spool_folder() -> Path:
    """Return where journals lie."""
    return project_root() / "mlruns" / "spool"


class SpoolingClient:
    """MLflow's client; from the first call that finds no server on, calls go to a journal.

    Parameters
    ----------
    tell
        Is told once, in words, that the server is away.
    """

    def __init__(self, client: mlflow.MlflowClient, tell: Callable[[str], None]) -> None:
        self._client = client
        self._tell = tell
        self._journal: _Journal | None = None

    @property
    def is_away(self) -> bool:
        """Whether calls go to a journal."""
        return self._journal is not None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found
        signature = inspect.signature(getattr(mlflow.MlflowClient, name))

        def call(*args: Any, **named: Any) -> Any:
            if self.attempt(result := _Result(lambda: found(*args, **named))):
                return result.value
            bound = signature.bind(None, *args, **named).arguments
            return self._answer(name, dict(list(bound.items())[1:]))

        return call

    def attempt(self, call: Callable[[], Any]) -> bool:
        """Make a call unless the server is away; tell whether it was made."""
        if self._journal is not None:
            return False
        try:
            call()
        except Exception as error:
            uri = self._client.tracking_uri
            if not is_server_away(uri):
                raise
            self._journal = _Journal(spool_folder(), uri)
            self._tell(
                f"MLflow at {uri} is away ({type(error).__name__}): this run is kept in "
                f"{spool_folder()} and sent with the next one, or by `deepdep runs sync`"
            )
            return False
        return True

    def close(self) -> None:
        """Say that nothing more will come from here."""
        if self._journal is not None:
            self._journal.close()

    def _answer(self, name: str, arguments: dict[str, Any]) -> Any:
        if self._journal is None or name not in (*WRITES, *ANSWERS):
            raise NotImplementedError(f"{name}: has no meaning while the server is away")
        return ANSWERS[name](arguments) if name in ANSWERS else self._journal.write(name, arguments)


class _Result:
    """A call that keeps what it returned."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self.value: Any = None

    def __call__(self) -> None:
        self.value = self._call()


class _Journal:
    """The calls of one process."""

    def __init__(self, folder: Path, uri: str) -> None:
        stem = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{stem}.jsonl"
        self._artifacts = folder / stem
        self._append({"uri": uri, "process": process_name(psutil.Process(os.getpid()))})

    def write(self, name: str, arguments: dict[str, Any]) -> Any:
        given = dict(arguments)
        if name in TIMES:
            given.setdefault(TIMES[name], int(time.time() * 1000))
        if name == "log_artifact":
            given["local_path"] = str(self._kept(Path(given["local_path"])))
        made = f"{SPOOLED}{uuid.uuid4().hex}" if name == "create_run" else None
        self._append({"call": name, "arguments": given, "made": made})
        return _run(made, given["experiment_id"]) if made else None

    def close(self) -> None:
        self._append({"closed": True})

    def _append(self, line: Mapping[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=_encoded) + "\n")

    def _kept(self, path: Path) -> Path:
        to = self._artifacts / uuid.uuid4().hex / path.name
        to.parent.mkdir(parents=True)
        return Path(shutil.copytree(path, to) if path.is_dir() else shutil.copy(path, to))


def _run(run_id: str, experiment_id: str) -> Any:
    """Stand in for a run of which nothing can be read."""
    info = SimpleNamespace(run_id=run_id, experiment_id=experiment_id, lifecycle_stage="active")
    return SimpleNamespace(info=info, data=SimpleNamespace(tags={}, params={}, metrics={}))


# What is answered while the server is away: as if it were empty. An experiment's id
# is its name, until the journal is sent.
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "get_experiment_by_name": lambda given: SimpleNamespace(
        experiment_id=given["name"], name=given["name"], artifact_location="", tags={}
    ),
    # Views of an experiment come with its next run.
    "set_experiment_tag": lambda _: None,
    "get_run": lambda given: _run(given["run_id"], ""),
    "search_runs": lambda _: PagedList([], None),
}


def send_spooled(client: mlflow.MlflowClient) -> int:
    """Send the finished journals of this server, the oldest first; another process may be at it.

    A journal that is cut off goes on where it was, and is deleted when it is sent.

    Returns
    -------
    How many journals were sent.
    """
    folder = spool_folder()
    if not any(folder.glob("*.jsonl")):
        return 0
    try:
        with locked(folder / "lock", busy=f"{folder}: another process sends its journals."):
            ready = [file for file in sorted(folder.glob("*.jsonl")) if _is_ready(file, client)]
            for file in ready:
                _send(file, client)
            return len(ready)
    except BusyError:
        return 0


def waiting_for() -> list[str]:
    """Name the servers that journals wait for."""
    uris = [_lines(file)[0]["uri"] for file in spool_folder().glob("*.jsonl")]
    return sorted(set(uris))


def _is_ready(file: Path, client: mlflow.MlflowClient) -> bool:
    first, *rest = _lines(file)
    is_over = bool(rest and "closed" in rest[-1]) or has_ended(first["process"])
    return first["uri"] == client.tracking_uri and is_over


def _send(file: Path, client: mlflow.MlflowClient) -> None:
    progress = file.with_suffix(".sent.json")  # how many lines, and what ids the server gave
    sent, ids = 0, {}
    if progress.exists():
        sent, ids = json.loads(progress.read_text(encoding="utf-8"))
    lines = _lines(file)
    for number, line in enumerate(lines[sent:], start=sent + 1):
        if "call" in line:
            given = _known(line["arguments"], ids)
            made = _make(client, line["call"], given)
            if line["made"]:
                ids[line["made"]] = made
            progress.write_text(json.dumps([number, ids]), encoding="utf-8")
    file.unlink()
    progress.unlink(missing_ok=True)
    shutil.rmtree(file.with_suffix(""), ignore_errors=True)


def _make(client: mlflow.MlflowClient, call: str, given: dict[str, Any]) -> str | None:
    """Make a call; of ``create_run``, return the run's id."""
    if call != "create_run":
        getattr(client, call)(**given)
        return None
    if given["experiment_id"] in EXPERIMENTS:
        given["experiment_id"] = experiment_called(client, given["experiment_id"])
    # Each stage begins with the run of its execution, which is one.
    if execution := given["tags"].get(EXECUTION):
        wanted = f"tags.`{EXECUTION}` = '{execution}'"
        found = client.search_runs([given["experiment_id"]], wanted, max_results=1)
        if found:
            return str(found[0].info.run_id)
    return str(client.create_run(**given).info.run_id)


def _known(value: Any, ids: Mapping[str, str]) -> Any:
    """Put the server's ids in the place of ours, wherever they stand."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [_known(one, ids) for one in value]
    if isinstance(value, dict):
        return {name: _known(one, ids) for name, one in value.items()}
    return value


def _lines(file: Path) -> list[dict[str, Any]]:
    """Read a journal; a last line that was cut off with its process does not count."""
    lines = []
    for text in file.read_text(encoding="utf-8").splitlines():
        with suppress(json.JSONDecodeError):
            lines.append(json.loads(text, object_hook=_decoded))
    return lines


def _encoded(entity: Any) -> Any:
    name = type(entity).__name__
    if name not in ENTITIES:
        return str(entity)
    fields = {field: value for field, value in dict(entity).items() if value is not None}
    return {"entity": name, "fields": fields}


def _decoded(value: dict[str, Any]) -> Any:
    return ENTITIES[value["entity"]](**value["fields"]) if "entity" in value else value

"""One promotion of a model at a time."""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import psutil

from deepdep.domain.errors import BusyError
from deepdep.mlflow_store import local_database, mlflow_client, tracking_uri
from deepdep.provenance import has_ended, process_name

CLAIM = "deepdep.promotion."  # tag of a registered model; the value names the process
SECONDS_TO_GIVE_WAY = 5.0


@contextmanager
def sole_promotion(name: str) -> Iterator[None]:
    """Hold a registered model's aliases, or raise BusyError when another process does.

    Beside a local database it is a lock on a file, which ends with its process. A server has
    none: each process puts a tag on the model, then looks for others, and goes on only when it
    sees none. Of two that start at the same moment the one whose tag sorts last gives way at once,
    and the other waits for that.
    """
    database = local_database(tracking_uri())
    with _file_lock(database, name) if database else _claim(name):
        yield


@contextmanager
def _file_lock(database: Path, name: str) -> Iterator[None]:
    # The file stays: were it deleted, one process could lock the old and one the new.
    with (database.parent / f"promote-{name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"{name}: another process promotes it right now; try later.") from None
        yield


@contextmanager
def _claim(name: str) -> Iterator[None]:
    own = f"{CLAIM}{uuid.uuid4().hex}"
    with mlflow_client() as client:
        client.set_registered_model_tag(name, own, process_name(psutil.Process(os.getpid())))
        try:
            _wait_until_alone(client, name, own)
            yield
        finally:
            client.delete_registered_model_tag(name, own)


def _wait_until_alone(client: mlflow.MlflowClient, name: str, own: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_GIVE_WAY
    while others := _other_claims(client, name, own):
        first = min(others)
        if first < own or time.monotonic() > deadline:
            raise BusyError(
                f"{name}: {others[first]} (host, process, start) promotes it right now; try later, "
                f"or delete the model's tag {first} if that process is gone."
            )
        time.sleep(0.1)


def _other_claims(client: mlflow.MlflowClient, name: str, own: str) -> dict[str, str]:
    """Return the processes that have a claim, by tag; remove the claims of those that ended."""
    others = {
        tag: process
        for tag, process in client.get_registered_model(name).tags.items()
        if tag.startswith(CLAIM) and tag != own
    }
    for tag in [tag for tag, process in others.items() if has_ended(process)]:
        client.delete_registered_model_tag(name, tag)
        del others[tag]
    return others

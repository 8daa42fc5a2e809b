"""Where MLflow keeps runs and models: one database and one folder of artifacts per project."""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar

import mlflow
import requests
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError

from deepdep.errors import DeepDEPError
from deepdep.tracking.experiments import EXPERIMENTS, TRIALS, trials_view, view_tag
from deepdep.tracking.provenance import project_root

SQLITE = "sqlite:///"
UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"  # MLflow's code
LONGEST_WAIT = 600.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds

# We print once that a server is away; its library would at each try.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

T = TypeVar("T")


class ServerAwayError(DeepDEPError):
    """MLflow's server does not answer."""


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI, or the address of the project's own database."""
    local = f"{SQLITE}{project_root() / 'mlruns' / 'mlflow.db'}"
    return os.environ.get("MLFLOW_TRACKING_URI") or local


def local_database(uri: str) -> Path | None:
    """Return the database file of an address; None for a server's."""
    return Path(uri.removeprefix(SQLITE)).resolve() if uri.startswith(SQLITE) else None


class PatientClient:
    """What this project calls of MLflow's client; calls wait for a store that is away for a while.

    Those that create do not wait: a run that is created twice is two.
    """

    def __init__(self, client: mlflow.MlflowClient) -> None:
        self.tracking_uri: str = client.tracking_uri
        self.create_experiment = client.create_experiment
        self.create_run = client.create_run

        self.get_experiment = _patient(client.get_experiment)
        self.get_experiment_by_name = _patient(client.get_experiment_by_name)
        self.set_experiment_tag = _patient(client.set_experiment_tag)

        self.get_run = _patient(client.get_run)
        self.search_runs = _patient(client.search_runs)
        self.update_run = _patient(client.update_run)
        self.set_terminated = _patient(client.set_terminated)
        self.set_tag = _patient(client.set_tag)
        self.log_batch = _patient(client.log_batch)
        self.log_inputs = _patient(client.log_inputs)
        self.log_artifact = _patient(client.log_artifact)
        self.list_artifacts = _patient(client.list_artifacts)
        self.download_artifacts = _patient(client.download_artifacts)

        self.get_registered_model = _patient(client.get_registered_model)
        self.set_registered_model_tag = _patient(client.set_registered_model_tag)
        self.delete_registered_model_tag = _patient(client.delete_registered_model_tag)
        self.set_registered_model_alias = _patient(client.set_registered_model_alias)
        self.delete_registered_model_alias = _patient(client.delete_registered_model_alias)
        self.search_model_versions = _patient(client.search_model_versions)
        self.get_model_version = _patient(client.get_model_version)
        self.update_model_version = _patient(client.update_model_version)
        self.set_model_version_tag = _patient(client.set_model_version_tag)
        self.get_model_version_download_uri = _patient(client.get_model_version_download_uri)


@contextmanager
def mlflow_client() -> Iterator[PatientClient]:
    """Yield a client; while it is used, MLflow's own functions go to the same place.

    Raises
    ------
    ServerAwayError
        When the body fails because the server is away.
    """
    before = os.environ.get("MLFLOW_TRACKING_URI")
    uri = tracking_uri()
    if database := local_database(uri):
        database.parent.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(uri)
    try:
        yield PatientClient(mlflow.MlflowClient(uri, uri))
    except (MlflowException, OSError) as error:
        if is_server_away(uri):
            raise ServerAwayError(
                f"MLflow at {uri} is away; start it, or unset its URI."
            ) from error
        raise
    finally:
        # MLflow leaves the address in the environment, where the next call would find it.
        mlflow.set_tracking_uri(before)


def find_experiment(client: PatientClient, name: str) -> str:
    """Find or create an experiment of ``EXPERIMENTS``; its artifacts are beside a local database.

    Returns
    -------
    MLflow's id of it.
    """
    database = local_database(client.tracking_uri)
    artifacts = (database.parent / "artifacts" / name).as_uri() if database else None
    found = client.get_experiment_by_name(name)
    if found is None:
        created = client.create_experiment(name, artifact_location=artifacts)
        found = client.get_experiment(created)
    # MLflow stores absolute paths: a copied project would write to the one it was copied from.
    stored = found.artifact_location
    if artifacts and stored.startswith("file:") and stored != artifacts:
        raise DeepDEPError(
            f"{database}: was made in another folder, its artifacts are in {stored}. "
            "Move the project back there, or delete mlflow.db and artifacts beside it."
        )
    _show_views(client, found)
    return str(found.experiment_id)


def show_trials(client: PatientClient, experiment_id: str, settings: Iterable[str]) -> None:
    """Have an experiment's page compare trials by the settings that a study searches."""
    state = json.dumps(trials_view(settings).state)
    client.set_experiment_tag(experiment_id, view_tag(TRIALS), state)
    _show_views(client, client.get_experiment(experiment_id))


def _show_views(client: PatientClient, experiment: Experiment) -> None:
    """Give an experiment its description and views, also one that an older version made."""
    others = [TRIALS] if view_tag(TRIALS) in experiment.tags else []
    tags = EXPERIMENTS[experiment.name].tags(experiment.experiment_id, others)
    for name, value in tags.items():
        if experiment.tags.get(name) != value:
            client.set_experiment_tag(experiment.experiment_id, name, value)


def is_server_away(uri: str) -> bool:
    """Tell whether an address is a server's that does not answer; a database is waited for."""
    if not uri.startswith(("http://", "https://")):
        return False
    try:
        return requests.get(f"{uri.rstrip('/')}/health", timeout=5).status_code >= 500
    except requests.RequestException:
        return True


def is_store_away(error: Exception) -> bool:
    """Tell whether MLflow's database or server cannot be reached, and may come back."""
    if is_database_away(error):
        return True
    # A server says so in words; a database of one's own, locked or broken, is another thing.
    is_local = any(isinstance(cause, SQLAlchemyError) for cause in _causes(error))
    code = getattr(error, "error_code", None)
    return isinstance(error, MlflowException) and code == UNAVAILABLE and not is_local


def is_database_away(error: Exception) -> bool:
    """Tell whether an error comes from a database server that does not answer."""
    kinds = (InterfaceError, OperationalError, PendingRollbackError)
    found = [cause for cause in _causes(error) if isinstance(cause, kinds)]
    # A file is not away: an error of SQLite stays.
    of_file = any(isinstance(getattr(cause, "orig", None), sqlite3.Error) for cause in found)
    return bool(found) and not of_file


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from, the innermost last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def retry_while_away(
    call: Callable[[], T], is_away: Callable[[Exception], bool] = is_store_away
) -> T:
    """Return what a call returns; while its server is away, call again for ten minutes at most.

    Parameters
    ----------
    call
        Must bear being called twice: its server may go away after the work and before the answer.
    is_away
        Tells whether an error means that the server may come back.
    """
    until = time.monotonic() + LONGEST_WAIT
    pause = FIRST_PAUSE
    while True:
        try:
            return call()
        except Exception as error:
            if not is_away(error) or time.monotonic() > until:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _patient(call: Callable[..., Any]) -> Callable[..., Any]:
    return wraps(call)(lambda *args, **named: retry_while_away(partial(call, *args, **named)))

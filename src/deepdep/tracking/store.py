"""Where MLflow keeps runs and models: one database and one folder of artifacts per project."""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import requests
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from deepdep.errors import DeepDEPError
from deepdep.tracking.experiments import EXPERIMENTS, TRIALS, experiment_tags, trials_view, view_tag
from deepdep.tracking.provenance import project_root
from deepdep.tracking.retry import causes, is_database_away, patiently

SQLITE = "sqlite:///"

# That a server is away is said once, by us, and not at each try.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"  # MLflow's code


class ServerAwayError(DeepDEPError):
    """MLflow's server does not answer."""


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI, or the address of the project's own database."""
    own = f"{SQLITE}{project_root() / 'mlruns' / 'mlflow.db'}"
    return os.environ.get("MLFLOW_TRACKING_URI") or own


def local_database(uri: str) -> Path | None:
    """Return the database file of an address; None for a server's."""
    return Path(uri.removeprefix(SQLITE)).resolve() if uri.startswith(SQLITE) else None


@contextmanager
def mlflow_client() -> Iterator[mlflow.MlflowClient]:
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
        yield _PatientClient(mlflow.MlflowClient(uri, uri))
    except (MlflowException, OSError) as error:
        if is_server_away(uri):
            raise ServerAwayError(
                f"MLflow at {uri} is away; start it, or unset its URI."
            ) from error
        raise
    finally:
        # MLflow leaves the address in the environment, where the next call would find it.
        mlflow.set_tracking_uri(before)


def is_server_away(uri: str) -> bool:
    """Tell whether an address is a server's that does not answer; a database is waited for."""
    if not uri.startswith(("http://", "https://")):
        return False
    try:
        return requests.get(f"{uri.rstrip('/')}/health", timeout=5).status_code >= 500
    except requests.RequestException:
        return True


class _PatientClient:
    """MLflow's client, which waits for a store that is away for a while.

    Only what can be done twice: a run that is created twice is two.
    """

    def __init__(self, client: mlflow.MlflowClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name.startswith(("create_", "_")) or not callable(found):
            return found
        return lambda *args, **named: patiently(lambda: found(*args, **named), is_store_away)


def is_store_away(error: Exception) -> bool:
    """Tell whether MLflow's database or server cannot be reached, and may come back."""
    if is_database_away(error):
        return True
    # A server says so in words; a database of one's own, locked or broken, is another thing.
    is_local = any(isinstance(cause, SQLAlchemyError) for cause in causes(error))
    code = getattr(error, "error_code", None)
    return isinstance(error, MlflowException) and code == UNAVAILABLE and not is_local


def experiment_called(client: mlflow.MlflowClient, name: str) -> str:
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
    if artifacts and found.artifact_location.startswith("file:"):
        _check_not_moved(found.artifact_location, artifacts, database)
    _show_views(client, found)
    return str(found.experiment_id)


def show_trials(client: mlflow.MlflowClient, experiment_id: str, settings: Iterable[str]) -> None:
    """Have an experiment's page compare trials by the settings that a study searches."""
    state = json.dumps(trials_view(settings).state)
    client.set_experiment_tag(experiment_id, view_tag(TRIALS), state)
    _show_views(client, client.get_experiment(experiment_id))


def _show_views(client: mlflow.MlflowClient, experiment: Experiment) -> None:
    """Give an experiment its description and views, also one that an older version made."""
    ours = EXPERIMENTS[experiment.name]
    others = [TRIALS] if view_tag(TRIALS) in experiment.tags else []
    tags = experiment_tags(ours.description, ours.views, experiment.experiment_id, others)
    for name, value in tags.items():
        if experiment.tags.get(name) != value:
            client.set_experiment_tag(experiment.experiment_id, name, value)


def _check_not_moved(stored: str, expected: str, database: Path | None) -> None:
    if stored != expected:
        raise DeepDEPError(
            f"{database}: was made in another folder, its artifacts are in {stored}. "
            "Move the project back there, or delete mlflow.db and artifacts beside it."
        )

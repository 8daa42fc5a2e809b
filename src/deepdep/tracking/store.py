"""Where MLflow keeps runs and models: one database and one folder of artifacts per project."""

import json
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import mlflow
import mlflow.store.db.utils
import requests
import sqlalchemy
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError

from deepdep.errors import DeepDEPError, escaped_address, shown, shown_address
from deepdep.io.files import first_path, remove_abandoned
from deepdep.stage import print_message
from deepdep.tracking.experiments import (
    EXPERIMENTS,
    TRIALS,
    TRIALS_TITLE,
    WORKFLOW,
    saved_view,
    trials_view,
    view_page,
    view_tag,
)
from deepdep.tracking.provenance import project_root, workspace_root
from deepdep.tracking.relocation import LOCKED_SECONDS, relocate

URI = "MLFLOW_TRACKING_URI"
SQLITE = "sqlite:///"
SERVERS, DATABASES = ("http", "https"), ("sqlite", "postgresql", "mysql", "mssql")
LONGEST_REASON = 300  # characters
UNAVAILABLE, INVALID = "TEMPORARILY_UNAVAILABLE", "INVALID_PARAMETER_VALUE"  # MLflow's codes

# What a PostgreSQL server says that answers, and will not answer otherwise when asked again.
REFUSALS = re.compile("password authentication failed|does not exist|no pg_hba.conf entry")
LONGEST_WAIT = 600.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds

# We print once that a server is away or a database is wrong; their libraries would at each try.
for _name in ("urllib3.connectionpool", "mlflow.store.db.utils", "mlflow.system_metrics"):
    logging.getLogger(_name).setLevel(logging.ERROR)

T = TypeVar("T")

_reached: set[str] = set()  # stores that this process has found fit for use


class ServerAwayError(DeepDEPError):
    """MLflow's server does not answer."""


class StoreError(DeepDEPError):
    """MLflow's store is not there, or is not one that the MLflow here can use."""


class NoStoreError(StoreError):
    """A project has no store yet, as none of its stages has run."""


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI, or the address of the project's own database."""
    given = os.environ.get(URI)
    if not given:
        return escaped_address(f"{SQLITE}{workspace_root() / 'mlruns' / 'mlflow.db'}")
    # From the current folder, but where that is a copy which DVC deletes.
    if given.startswith(SQLITE) and workspace_root() != project_root():
        given = f"{SQLITE}{workspace_root() / given.removeprefix(SQLITE)}"
    return escaped_address(given)


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

        self.search_registered_models = _patient(client.search_registered_models)
        self.get_registered_model = _patient(client.get_registered_model)
        self.update_registered_model = _patient(client.update_registered_model)
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
def mlflow_client(*, makes_store: bool = False) -> Iterator[PatientClient]:
    """Yield a client; while it is used, MLflow's own functions go to the same place.

    Parameters
    ----------
    makes_store
        Whether a database is made where there is none, and a database server that is away is
        waited for: so does what has something to store.

    Raises
    ------
    ServerAwayError
        When the body fails because the server is away.
    StoreError
        When the store is not there, cannot be read or refuses.
    """
    before = os.environ.get(URI)
    uri = tracking_uri()
    try:
        _require_store(uri, makes_store)
        mlflow.set_tracking_uri(uri)
        yield PatientClient(mlflow.MlflowClient(uri, uri))
    except (MlflowException, OSError) as error:
        if is_server_away(uri):
            raise ServerAwayError(
                f"MLflow at {shown_address(uri)} is away; start it, or unset its URI."
            ) from error
        # An invalid parameter is our own fault.
        if isinstance(error, MlflowException) and error.error_code != INVALID:
            raise StoreError(_complaint(error, uri)) from error
        raise
    finally:
        # MLflow leaves the address in the environment, where the next call would find it.
        mlflow.set_tracking_uri(before)


def _require_store(uri: str, makes_store: bool) -> None:
    """Raise StoreError where MLflow could not use a store, and would say so at length.

    A server is not asked: what is kept for one that is away begins with its first call.
    """
    kind = uri.partition(":")[0].partition("+")[0].lower()
    if kind in SERVERS:
        try:
            parts = urlsplit(uri)
            is_address = bool(parts.hostname and parts.port != 0)
        except ValueError:  # of a port, or brackets, that are none
            is_address = False
        if not is_address:
            raise StoreError(f"{URI}: is no address of a server. Write http://HOST:PORT.")
        return
    database = local_database(uri)
    if uri in _reached and (database is None or database.exists()):
        return
    if database is not None and not database.exists() and not makes_store:
        is_ours = not os.environ.get(URI) and (workspace_root() / "dvc.yaml").exists()
        raise (NoStoreError if is_ours else StoreError)(
            f"{database}: there is no such file, which holds MLflow's runs and models. Call "
            f"from the folder of a project in which stages ran, or set {URI}."
        )
    try:
        if database is not None:
            if not database.exists():
                _make_database(database)
            remove_abandoned(database)
        if kind in DATABASES:
            reach = partial(_reach_database, uri, database)
            retry_while_away(reach, is_database_away) if makes_store else reach()
        client = mlflow.MlflowClient(uri, uri)
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)
        if database is not None:
            _follow(database)
        _reached.add(uri)
    except DeepDEPError:
        raise
    except Exception as error:  # of MLflow, SQLAlchemy, Alembic or a driver
        raise StoreError(_complaint(error, uri)) from error


def _make_database(database: Path) -> None:
    """Make MLflow's tables in a file beside, so that no kill leaves half of them in this one."""
    with first_path(database) as path:
        engine = sqlalchemy.create_engine(f"{SQLITE}{path}")
        try:
            mlflow.store.db.utils._safe_initialize_tables(engine)
        finally:
            engine.dispose()


def _reach_database(uri: str, file: Path | None) -> None:
    """Connect once; MLflow itself tries for minutes, whatever the reason."""
    if file is not None and not file.exists():
        return
    options = {} if file is None else {"connect_args": {"timeout": LOCKED_SECONDS}}
    engine = sqlalchemy.create_engine(uri, **options)
    try:
        tables = sqlalchemy.inspect(engine).get_table_names()
    finally:
        engine.dispose()
    # MLflow would add its tables to those of any other program.
    if file is not None and tables and "experiments" not in tables:
        raise ValueError(f"it holds {shown(sorted(tables))}, and no experiments of MLflow")


def _follow(database: Path) -> None:
    """Have the paths in a database that was moved or copied lead to where it is now."""
    n_changed, former = relocate(database)
    if former is not None:
        print_message(
            f"{database}: was made in {former}; its {n_changed} paths lead to {database.parent} now"
        )


def _complaint(error: Exception, uri: str) -> str:
    """Say in a line what is wrong with a store, and what to do."""
    database = local_database(uri)
    place = f"MLflow's store at {shown_address(uri)}" if database is None else str(database)
    reason = without_statement(error)
    here = f"MLflow {mlflow.__version__}"
    other = f"or name another store in {URI}"
    if found := re.search(r"Can't locate revision|out-of-date .*found version (\w+)", reason):
        migrations = Path(mlflow.__file__).parent / "store" / "db_migrations" / "versions"
        if not found[1] or not any(migrations.glob(f"{found[1]}_*.py")):
            return (
                f"{place}: another version of MLflow made its schema than {here}. Install that "
                f"one, {other}."
            )
        return (
            f"{place}: an older MLflow made its schema than {here}. Keep a copy and call "
            f"`mlflow db upgrade {shown_address(uri)}`, {other}."
        )
    if "database is locked" in reason:
        return f"{place}: another process holds its lock. Wait for it, {other}."
    if "filesystem tracking backend" in reason:
        return (
            f"{place}: is a folder of files, which {here} does not write. Set {URI} to a database, "
            "such as sqlite:///mlruns/mlflow.db; `mlflow migrate-filestore` moves what is there."
        )
    if isinstance(error, ModuleNotFoundError):
        return f"{place}: its driver is not installed. `pip install {error.name}`, {other}."
    if "unsupported URI" in reason:
        return (
            f"{place}: MLflow knows no such kind of store. Set {URI} to an address such as "
            "http://HOST:5000 or sqlite:///mlruns/mlflow.db."
        )
    remedy = "Bring it back from a copy" if database else "Correct the address"
    return f"{place}: cannot be used ({reason}). {remedy}, {other}."


def without_statement(error: BaseException) -> str:
    """Return an error of a database in a line, without the statement that it came of."""
    text = re.split(r"\[SQL:|\(Background", str(error))[0]
    return " ".join(re.sub(r"^\([\w.]+\) ", "", text).split())[:LONGEST_REASON]


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
    _show_views(client, found)
    return str(found.experiment_id)


def show_trials(client: PatientClient, experiment_id: str, settings: Iterable[str]) -> None:
    """Have an experiment's page compare trials by the settings that a study searches."""
    view = trials_view(settings).saved
    client.set_experiment_tag(experiment_id, view_tag(TRIALS), view)
    _show_views(client, client.get_experiment(experiment_id))


def _show_views(client: PatientClient, experiment: Experiment) -> None:
    """Give an experiment its description and views, also one that an older version made."""
    trials = experiment.tags.get(view_tag(TRIALS))
    others = [TRIALS] if trials else []
    tags = EXPERIMENTS[experiment.name].tags(experiment.experiment_id, others)
    if trials and "state" not in json.loads(trials):  # of an older version
        tags[view_tag(TRIALS)] = saved_view(TRIALS_TITLE, trials)
    for name, value in tags.items():
        if experiment.tags.get(name) != value:
            client.set_experiment_tag(experiment.experiment_id, name, value)


def view_links(client: PatientClient, address: str) -> list[str]:
    """Say what each view of an experiment that has runs shows, and where, at MLflow's address."""
    links = [f"registered models: {address}/#/models?{WORKFLOW}"]
    for name in EXPERIMENTS:
        experiment = client.get_experiment_by_name(name)
        if experiment is not None:
            _show_views(client, experiment)  # those that an older version made, too
            views = client.get_experiment(experiment.experiment_id).tags
            links += [
                f"{json.loads(views[view_tag(key)])['name']}: "
                f"{address}/{view_page(experiment.experiment_id, key)}"
                for key in (*EXPERIMENTS[name].views, TRIALS)
                if view_tag(key) in views
            ]
    return links


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
    is_local = any(isinstance(cause, SQLAlchemyError) for cause in causes(error))
    code = getattr(error, "error_code", None)
    return isinstance(error, MlflowException) and code == UNAVAILABLE and not is_local


def is_database_away(error: Exception) -> bool:
    """Tell whether an error comes from a database server that does not answer."""
    kinds = (InterfaceError, OperationalError, PendingRollbackError)
    found = [cause for cause in causes(error) if isinstance(cause, kinds)]
    # A file is not away: an error of SQLite stays. Nor is a server that refuses whoever asks.
    originals = [getattr(cause, "orig", None) for cause in found]
    stays = any(isinstance(o, sqlite3.Error) or REFUSALS.search(str(o)) for o in originals)
    return bool(found) and not stays


def causes(error: BaseException | None) -> Iterator[BaseException]:
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

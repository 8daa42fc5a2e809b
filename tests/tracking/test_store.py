import signal
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy.exc import OperationalError

from deepdep.tracking import store, tracked_run
from deepdep.tracking.store import (
    PatientClient,
    StoreError,
    is_database_away,
    mlflow_client,
    retry_while_away,
)


class AwayError(Exception):
    pass


def is_away(error):
    return isinstance(error, AwayError)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Seconds that were waited, in a world where waiting takes no time."""
    waited = []
    monkeypatch.setattr(store.time, "sleep", waited.append)
    monkeypatch.setattr(store.time, "monotonic", lambda: sum(waited))
    return waited


def failing(n_times, error):
    left = [error] * n_times

    def call():
        if left:
            raise left.pop()
        return "answer"

    return call


def test_a_server_that_comes_back_answers(pauses):
    assert retry_while_away(failing(10, AwayError()), is_away) == "answer"
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert max(pauses) == store.LONGEST_PAUSE


def test_a_server_that_stays_away_is_given_up(pauses):
    with pytest.raises(AwayError):
        retry_while_away(failing(10_000, AwayError()), is_away)
    assert store.LONGEST_WAIT <= sum(pauses) < store.LONGEST_WAIT + 10


def test_another_error_is_raised_at_once(pauses):
    with pytest.raises(ValueError, match="wrong"):
        retry_while_away(failing(1, ValueError("wrong")), is_away)
    assert pauses == []


def caused_by(cause):
    error = RuntimeError("storage")
    error.__cause__ = cause
    return error


def test_a_server_is_away_but_a_file_is_not():
    assert is_database_away(caused_by(OperationalError("SELECT 1", {}, OSError("refused"))))
    locked = sqlite3.OperationalError("database is locked")
    assert not is_database_away(caused_by(OperationalError("SELECT 1", {}, locked)))
    assert not is_database_away(caused_by(ValueError()))


def test_calls_to_mlflow_wait_for_its_database_but_nothing_is_created_twice(pauses):
    class Calls:
        """MLflow's client whose calls are answered the third time; its database is away before."""

        tracking_uri = "postgresql://host/mlflow"

        def __getattr__(self, name):
            return failing(2, OperationalError("SELECT 1", {}, OSError("refused")))

    client = PatientClient(Calls())
    assert client.get_run() == client.search_runs() == client.set_tag() == "answer"
    for create in (client.create_run, client.create_experiment):
        with pytest.raises(OperationalError):
            create()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sqlite:///text.db", "text.db: cannot be used .file is not a database"),
        ("mysql+pymysql://lab:Sup3rSecret@host/db", "pip install pymysql"),
        ("./mlruns", "is a folder of files"),
        ("ftp://lab:Sup3rSecret@host", "knows no such kind of store"),
        ("http://lab:Sup3rSecret@host:port", "is no address of a server"),
    ],
)
def test_a_stage_does_not_begin_before_a_store_that_cannot_be_used(
    mlflow_project, monkeypatch, address, told
):
    (mlflow_project / "text.db").write_text("no database\n" * 999)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(StoreError, match=told) as refused, tracked_run("prepare", None):
        pytest.fail("the stage has begun")
    assert refused.value.exit_code == 2
    assert "Sup3rSecret" not in str(refused.value)


def test_what_stores_waits_for_a_database_server_and_what_looks_does_not(
    mlflow_project, monkeypatch, pauses
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://lab:Sup3rSecret@127.0.0.1:1/db")
    with pytest.raises(StoreError, match="Connection refused"), mlflow_client():
        pytest.fail("there is no such database")
    assert pauses == []
    with pytest.raises(StoreError, match="Connection refused"), tracked_run("prepare", None):
        pytest.fail("the stage has begun")
    assert sum(pauses) >= store.LONGEST_WAIT


def test_looking_makes_no_database(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'new' / 'mlflow.db'}")
    with pytest.raises(StoreError, match="there is no such file"), mlflow_client():
        pytest.fail("there is no database")
    assert not (tmp_path / "new").exists()


def test_a_server_that_knows_the_answer_is_not_waited_for():
    refused = OSError('FATAL: password authentication failed for user "lab"')
    assert not is_database_away(caused_by(OperationalError("SELECT 1", {}, refused)))
    starting = OSError("FATAL: the database system is starting up")
    assert is_database_away(caused_by(OperationalError("SELECT 1", {}, starting)))


MAKE_AND_DIE = """
import os, signal
from sqlalchemy import Engine, event
from deepdep.tracking import mlflow_client
statements = []
@event.listens_for(Engine, "after_cursor_execute")
def die(*_):
    statements.append(1)
    if len(statements) == 150:
        os.kill(os.getpid(), signal.SIGKILL)
with mlflow_client(makes_store=True):
    pass
"""


def test_a_process_that_is_killed_while_mlflow_makes_its_tables_leaves_no_half_of_them(
    tmp_path, monkeypatch
):
    database = tmp_path / "mlruns" / "mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    done = subprocess.run([sys.executable, "-c", MAKE_AND_DIE], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not database.exists()
    with mlflow_client(makes_store=True) as client:
        assert client.get_experiment_by_name("deepdep-pipeline") is None
    assert list(database.parent.iterdir()) == [database]

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from deepdep.tracking import store
from deepdep.tracking.store import PatientClient, is_database_away, retry_while_away


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

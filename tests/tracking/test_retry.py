import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from deepdep.tracking import retry as patience
from deepdep.tracking.retry import is_database_away, patiently


class AwayError(Exception):
    pass


def is_away(error):
    return isinstance(error, AwayError)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Seconds that were waited, in a world where waiting takes no time."""
    waited = []
    monkeypatch.setattr(patience.time, "sleep", waited.append)
    monkeypatch.setattr(patience.time, "monotonic", lambda: sum(waited))
    return waited


def failing(n_times, error):
    left = [error] * n_times

    def call():
        if left:
            raise left.pop()
        return "answer"

    return call


def test_a_server_that_comes_back_answers(pauses):
    assert patiently(failing(10, AwayError()), is_away) == "answer"
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert max(pauses) == patience.LONGEST_PAUSE


def test_a_server_that_stays_away_is_given_up(pauses):
    with pytest.raises(AwayError):
        patiently(failing(10_000, AwayError()), is_away)
    assert patience.LONGEST_WAIT <= sum(pauses) < patience.LONGEST_WAIT + 10


def test_another_error_is_raised_at_once(pauses):
    with pytest.raises(ValueError, match="wrong"):
        patiently(failing(1, ValueError("wrong")), is_away)
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

"""Waiting for a server that is away for a while, such as a database that restarts."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

LONGEST_WAIT = 600.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds

T = TypeVar("T")


def patiently(call: Callable[[], T], is_away: Callable[[Exception], bool]) -> T:
    """Return what a call returns; while its server is away, call again.

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


def is_database_away(error: Exception) -> bool:
    """Tell whether an error comes from a database server that does not answer."""
    import sqlite3

    from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError

    kinds = (InterfaceError, OperationalError, PendingRollbackError)
    found = [cause for cause in causes(error) if isinstance(cause, kinds)]
    # A file is not away: an error of SQLite stays.
    of_file = any(isinstance(getattr(cause, "orig", None), sqlite3.Error) for cause in found)
    return bool(found) and not of_file


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from, the innermost last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

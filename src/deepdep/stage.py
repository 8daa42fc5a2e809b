"""What every stage and command does around its work: arguments in, progress, exit code out."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

import typer
from tqdm import tqdm
from typer.exceptions import TyperException

from deepdep.errors import DeepDEPError

BAD_USAGE = 2
INTERRUPTED = 130


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage script: the signature of its ``main`` is its command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run commands and exit; an error that a user can act on is one line on standard error."""
    forbid_pickles()
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        message = error.format_message().rstrip(".?")
        if not message:  # nothing asked: the help was shown
            raise SystemExit(BAD_USAGE) from None
        _end(f"{message}; see --help.", BAD_USAGE)
    except DeepDEPError as error:
        _end(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(code or 0)


def forbid_pickles() -> None:
    """Have MLflow, in this process and those it starts, refuse whatever would be unpickled."""
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"


def _end(message: str, code: int) -> NoReturn:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    raise SystemExit(code) from None


SECONDS_BETWEEN_LINES = 30  # where standard error is no terminal


class Progress:
    """A bar on a terminal; elsewhere a line now and then, none when all is done before the first.

    Parameters
    ----------
    what
        Stands before the bar.
    unit
        What is counted, in the singular.
    """

    def __init__(self, what: str, unit: str) -> None:
        self._what = what
        self._unit = unit
        self._bar: tqdm | None = None

    def __call__(self, n_done: int, n_all: int, note: str = "") -> None:
        """Show that so many are done; those done at the first call are not counted for the rate."""
        if self._bar is None:
            self._bar = self._open(n_done, n_all)
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(n_done - self._bar.n)

    def close(self) -> None:
        """End the bar where it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _open(self, n_done: int, n_all: int) -> tqdm:
        common = {"desc": self._what, "unit": self._unit, "initial": n_done, "total": n_all}
        if sys.stderr.isatty():
            return tqdm(**common, dynamic_ncols=True)
        pause = SECONDS_BETWEEN_LINES
        return tqdm(**common, file=_Lines(), mininterval=pause, delay=pause, miniters=1, ncols=100)


class _Lines:
    """Standard error for tqdm where nothing can be drawn over: each drawing is a line."""

    def write(self, text: str) -> None:
        line = text.strip()
        if line:
            sys.stderr.write(line + "\n")

    def flush(self) -> None:
        sys.stderr.flush()


def show(result: str) -> None:
    """Write what the command was asked for."""
    print(result)  # noqa: T201


def say(message: str) -> None:
    """Write what a person should know, and a program that reads the result need not."""
    print(message, file=sys.stderr)  # noqa: T201

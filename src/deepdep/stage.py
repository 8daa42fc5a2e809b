"""What every stage and command does around its work: arguments, messages, progress, exit code."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import typer
from tqdm import tqdm
from typer.exceptions import TyperException

from deepdep.errors import DeepDEPError, without_secrets

OUR_FAULT, BAD_USAGE = 1, 2
INTERRUPTED = 130
SECONDS_BETWEEN_LINES = 30  # of progress, where standard error is no terminal
LOG_LEVEL = "DEEPDEP_LOG_LEVEL"  # variable that holds it, for processes started from here too

logger = logging.getLogger("deepdep")

Item = TypeVar("Item")


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage script: the signature of its ``main`` is its command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run commands and exit; an error that a user can act on is one line on standard error."""
    # MLflow, here and in processes started from here, is to refuse what would be unpickled.
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    show_messages()
    hide_secrets()
    error = ""
    try:
        code = app(standalone_mode=False) or 0
    except TyperException as usage:
        code, message = BAD_USAGE, usage.format_message().rstrip(".?")
        error = f"{message}; see --help." if message else ""  # without arguments, help was shown
    except DeepDEPError as refusal:
        code, error = refusal.exit_code, str(refusal)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception:
        code = OUR_FAULT
        print(without_secrets(traceback.format_exc()), end="", file=sys.stderr)  # noqa: T201
    if error:
        logger.error("error: %s", " ".join(error.split()))
    raise SystemExit(code)


def show_messages(level: str | None = None) -> None:
    """Write the package's messages to standard error, from a level on or as it was set before."""
    if level is not None:
        os.environ[LOG_LEVEL] = level
    logger.setLevel(os.environ.get(LOG_LEVEL, "INFO"))
    if not any(isinstance(handler, _StandardError) for handler in logger.handlers):
        logger.addHandler(_StandardError())


def hide_secrets() -> None:
    """Have no library of this process log a password of an address."""
    logging.setLogRecordFactory(_SecretlessRecord)


def print_result(result: str) -> None:
    """Write what the command was run for to standard output."""
    print(result)  # noqa: T201


def print_message(message: str) -> None:
    """Write what is for people, and not for a program that reads the result, to standard error."""
    show_messages()
    logger.info("%s", message)


class _SecretlessRecord(logging.LogRecord):
    """What any library logs."""

    def getMessage(self) -> str:  # noqa: N802
        return without_secrets(super().getMessage())


class _StandardError(logging.Handler):
    """Writes messages as they are to what is standard error then."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)  # noqa: T201


def reported(items: Sequence[Item], progress: Callable[[int, int], None]) -> Iterator[Item]:
    """Yield items; tell ``progress`` how many of all are done, before each and after the last."""
    for n_done, item in enumerate(items):
        progress(n_done, len(items))
        yield item
    progress(len(items), len(items))


class Progress:
    """A bar on a terminal; elsewhere a line now and then, none when all is done before the first.

    Where messages are not shown, neither is progress.

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
            style: dict[str, Any] = {"dynamic_ncols": True}
            if not sys.stderr.isatty():
                pause = SECONDS_BETWEEN_LINES
                style = {"file": _Lines(), "mininterval": pause, "delay": pause}
                style |= {"miniters": 1, "ncols": 100}
            show_messages()
            style["disable"] = not logger.isEnabledFor(logging.INFO)
            self._bar = tqdm(desc=self._what, unit=self._unit, initial=n_done, total=n_all, **style)
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(n_done - self._bar.n)

    def close(self) -> None:
        """End the bar where it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Lines:
    """Standard error for tqdm where nothing can be drawn over: each drawing is a line."""

    def write(self, text: str) -> None:
        line = text.strip()
        if line:
            sys.stderr.write(line + "\n")

    def flush(self) -> None:
        sys.stderr.flush()

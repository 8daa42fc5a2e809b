"""What every stage and command does around its work: arguments, messages, progress, exit code."""

import errno
import logging
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import typer
from tqdm import tqdm
from typer.exceptions import TyperException

from deepdep.errors import DeepDEPError, without_secrets

OUR_FAULT, BAD_USAGE = 1, 2
INTERRUPTED, TERMINATED = 130, 143  # by SIGINT, by SIGTERM
SECONDS_BETWEEN_LINES = 30  # of progress, where standard error is no terminal
SECONDS_BETWEEN_DRAWINGS = 1.0  # where it is one
SHORT = 10  # seconds; what takes less as a whole is not shown
LOG_LEVEL = "DEEPDEP_LOG_LEVEL"  # variable that holds it, for processes started from here too

# What a machine may lack, and what to do; all that was there is as it was, as files are written
# whole or not at all.
NO_MEMORY = "end other programs, or work on a machine with more"
LACKS = {
    errno.ENOSPC: "make room on the disk and call again",
    errno.EDQUOT: "make room on the disk and call again",
    errno.EROFS: "name another place, or have it mounted for writing",
    errno.EMFILE: "allow more open files (ulimit -n) and call again",
    errno.ENFILE: "end other programs and call again",
    errno.ENOMEM: NO_MEMORY,
    errno.EIO: "look at the disk",
}

logger = logging.getLogger("deepdep")

Item = TypeVar("Item")


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage script: the signature of its ``main`` is its command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    with under_way(Path(sys.argv[0]).stem):
        run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run commands and exit; an error that a user can act on is one line on standard error.

    SIGTERM ends them as SIGINT does, so that runs in MLflow end and trials are given back.
    """
    # MLflow, here and in processes started from here, is to refuse what would be unpickled.
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    show_messages()
    hide_secrets()
    _hide_repeats()
    error, lacks = "", False
    terminated = _interrupt_when_terminated()
    try:
        # Not `app()`, which would have its own hook show errors of objects that are taken apart.
        code = typer.main.get_command(app)(standalone_mode=False) or 0
    except TyperException as usage:
        code, message = BAD_USAGE, usage.format_message().rstrip(".?")
        error = f"{message}; see --help." if message else ""  # without arguments, help was shown
    except DeepDEPError as refusal:
        code, error = refusal.exit_code, str(refusal)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as failure:
        code, error = OUR_FAULT, lack_of_resources(failure)
        lacks = bool(error)
        if not lacks:
            print(without_secrets(traceback.format_exc()), end="", file=sys.stderr)  # noqa: T201
    if terminated.is_set():
        code = TERMINATED
    if error:
        logger.error("error: %s", " ".join(error.split()))
    if lacks and "h5py" in sys.modules:
        # HDF5 would try to write what it could not, and crash.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def lack_of_resources(error: BaseException | None) -> str:
    """Say what of the machine did not suffice, and what to do; empty where that is not why."""
    while error is not None:
        if isinstance(error, MemoryError):
            return f"the memory does not suffice{f' ({error})' if str(error) else ''}; {NO_MEMORY}"
        # HDF5 and SQLite tell the system's reason in words alone.
        in_words = re.search(r"errno = (\d+)", str(error))
        number = getattr(error, "errno", None) or (int(in_words[1]) if in_words else None)
        if number is None and "database or disk is full" in str(error):
            number = errno.ENOSPC
        if number in LACKS:
            file = getattr(error, "filename", None)
            return f"{f'{file}: ' if file else ''}{os.strerror(number)}; {LACKS[number]}"
        error = error.__cause__ or error.__context__
    return ""


def _hide_repeats() -> None:
    """Have objects that are taken apart not repeat what the machine lacks; HDF5's do, at length."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = lambda kind, error, trace: (
            None if lack_of_resources(error) else sys.__excepthook__(kind, error, trace)
        )
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = lambda raised: (
            None if lack_of_resources(raised.exc_value) else sys.__unraisablehook__(raised)
        )


def _interrupt_when_terminated() -> threading.Event:
    """Raise KeyboardInterrupt at the first SIGTERM; further ones do not disturb the tidying up.

    Returns
    -------
    What tells whether one came.
    """
    came = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        came.set()
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():  # Python allows it there only
        signal.signal(signal.SIGTERM, interrupt)
    return came


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
    print(result, flush=True)  # noqa: T201


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


def with_progress(items: Sequence[Item], what: str, unit: str) -> Iterator[Item]:
    """Yield items under a bar of their own, or under lines of it."""
    with closing(Progress(what, unit)) as progress:
        yield from reported(items, progress)


@contextmanager
def under_way(what: str) -> Iterator[None]:
    """Show how long something has taken whose steps are not counted."""
    with closing(Progress(what, "")) as progress:
        progress(0, 0)
        yield


def reported(items: Sequence[Item], progress: Callable[[int, int], None]) -> Iterator[Item]:
    """Yield items; tell ``progress`` how many of all are done, before each and after the last."""
    for n_done, item in enumerate(items):
        progress(n_done, len(items))
        yield item
    progress(len(items), len(items))


class Progress:
    """A bar on a terminal; elsewhere a line every thirty seconds, none when all is done before.

    Of several that are open, the innermost is drawn again while nothing is counted, so that what
    takes long is seen to go on. Where messages are not shown, neither is progress.

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
        self._pause = 0.0  # seconds between drawings

    def __call__(self, n_done: int, n_all: int, note: str = "") -> None:
        """Show that so many are done; those done at the first call are not counted for the rate."""
        if self._bar is None:
            style: dict[str, Any] = {"dynamic_ncols": True}
            self._pause = SECONDS_BETWEEN_DRAWINGS
            if not sys.stderr.isatty():
                self._pause = SECONDS_BETWEEN_LINES
                style = {"file": _Lines(), "mininterval": self._pause, "delay": self._pause}
                style |= {"miniters": 1, "ncols": 100}
            if not n_all:
                delay = max(SHORT, style.get("delay", 0)) if sys.stderr.isatty() else self._pause
                style |= {"bar_format": "{desc}: {elapsed}{postfix}", "delay": delay}
                style["leave"] = False
            if logger.level == logging.NOTSET:  # else whoever set it decides
                show_messages()
            style["disable"] = not logger.isEnabledFor(logging.INFO)
            total = n_all or None
            self._bar = tqdm(desc=self._what, unit=self._unit, initial=n_done, total=total, **style)
            _OPEN.opened(self)
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(n_done - self._bar.n)

    def close(self) -> None:
        """End the bar where it is."""
        if self._bar is not None:
            _OPEN.closed(self)
            self._bar.close()
            self._bar = None

    def draw_if_due(self) -> None:
        """Draw again what was not drawn for a while."""
        bar = self._bar
        if bar is None or bar.disable:
            return
        now = time.time()
        if now - bar.last_print_t >= self._pause and now >= bar.start_t + bar.delay:
            bar.refresh()
            bar.last_print_t = now


class _Open:
    """Progress that is shown now, the innermost last, and the thread that draws it again."""

    def __init__(self) -> None:
        self._progress: list[Progress] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def opened(self, progress: Progress) -> None:
        """Draw this one from now on."""
        with self._lock:
            self._progress.append(progress)
            if self._thread is None:
                self._thread = threading.Thread(target=self._draw, name="progress", daemon=True)
                self._thread.start()

    def closed(self, progress: Progress) -> None:
        """Draw this one no more."""
        with self._lock:
            self._progress.remove(progress)

    def _draw(self) -> None:
        while True:
            time.sleep(min(SECONDS_BETWEEN_DRAWINGS, SECONDS_BETWEEN_LINES))
            with self._lock:
                if not self._progress:
                    self._thread = None
                    return
                self._progress[-1].draw_if_due()


_OPEN = _Open()


class _Lines:
    """Standard error for tqdm where nothing can be drawn over: each drawing is a line."""

    def write(self, text: str) -> None:
        line = text.strip()
        if line:
            sys.stderr.write(line + "\n")

    def flush(self) -> None:
        sys.stderr.flush()

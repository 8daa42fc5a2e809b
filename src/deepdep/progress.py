"""How far something long has come, on standard error."""

import sys

from tqdm import tqdm

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

"""SIGTERM as an interrupt, so that a worker that is to go gives its trial back."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first SIGTERM; further ones do not disturb the tidying up."""
    if threading.current_thread() is not threading.main_thread():  # Python allows it there only
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

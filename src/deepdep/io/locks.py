"""A lock on a file, which ends with its process however that ends; the only door to filelock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from deepdep.errors import BusyError


@contextmanager
def locked(file: Path, *, busy: str) -> Iterator[None]:
    """Hold a lock on a file, which is made and stays, or raise BusyError when another holder does.

    Parameters
    ----------
    busy
        What the error says.
    """
    # A soft lock, where the file system knows no other, would outlive its process.
    lock = FileLock(file, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise BusyError(busy) from None
    try:
        yield
    finally:
        lock.release()

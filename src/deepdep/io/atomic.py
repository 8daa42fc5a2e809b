"""Files that are either complete or not there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepdep.domain.errors import BadFileError


@contextmanager
def new_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` that becomes ``target`` at the end.

    Works for a file and for a folder (create it with ``mkdir``). When the body raises, ``target``
    is as it was and nothing is left beside it. A place that cannot be written is a BadFileError.
    """
    with _refusal_told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    written = scratch / target.name
    try:
        yield written
        _sync(written)
        with _refusal_told(target):
            _put_in_place(written, target, scratch)
        _sync_one(target.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_text(text: str, target: Path) -> None:
    """Write a text file atomically."""
    with new_path(target) as path:
        path.write_text(text, encoding="utf-8")


@contextmanager
def _refusal_told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"cannot be written ({error.strerror})"
        raise BadFileError(target, reason, "Name another place") from error


def _put_in_place(written: Path, target: Path, scratch: Path) -> None:
    if not (target.is_dir() and written.is_dir()):
        written.rename(target)
        return
    replaced = scratch / "replaced"  # a folder cannot be renamed onto one that is not empty
    target.rename(replaced)
    try:
        written.rename(target)
    except OSError:
        replaced.rename(target)
        raise


def _sync(path: Path) -> None:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        _sync_one(file)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

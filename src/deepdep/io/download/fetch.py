"""The only door to Pooch: a file appears under its name once it is whole and verified."""

import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm import tqdm

from deepdep.domain.errors import BadFileError, DeepDEPError
from deepdep.io.download.part import Part
from deepdep.io.download.remote_file import RemoteFile
from deepdep.io.download.server import IN_A_BROWSER, looks_like_page, size_on_server
from deepdep.io.download.transfer import Progress, transfer
from deepdep.io.text_files import GZIP

PIECE = 1 << 20  # bytes
pooch.get_logger().setLevel("WARNING")


@dataclass(frozen=True)
class Fetched:
    """A file that is there."""

    file: RemoteFile
    size: int  # bytes
    was_there: bool


def fetch(file: RemoteFile, to: Path, session: requests.Session) -> Fetched:
    """Have a file in the folder ``to``, verified; what is there and right is not brought again.

    Raises
    ------
    DeepDEPError
        As for a transfer; or another file of that name is there, which is never replaced; or
        what came is not the file, and then it is removed.
    """
    target = to / file.name
    part = Part(target)
    was_there = target.exists()
    if not was_there:
        _bring(file, part, session)
    elif file.md5 is None:
        _require_same(file, target, session)
    registry = pooch.create(
        path=to.absolute(),
        base_url="",
        registry={file.name: None if file.md5 is None else f"md5:{file.md5}"},
        urls={file.name: file.url},
        allow_updates=False,
    )
    # The transfer is over by now: Pooch keeps an empty temporary file while it waits for its
    # downloader, and a program that is killed would leave it behind.
    try:
        registry.fetch(file.name, downloader=_hand_over(part))
    except ValueError as error:
        part.remove()
        raise _not_the_file(file, target, was_there=was_there) from error
    part.remove()
    return Fetched(file, target.stat().st_size, was_there)


def _bring(file: RemoteFile, part: Part, session: requests.Session) -> None:
    if not file.url:
        raise BadFileError(
            file.name,
            "the listing gives no address for it",
            "Fetch it from the pages of its source into the folder, and run the command again: "
            "it verifies and keeps what is there",
        )
    with _progress_bar(file.name, part.size) as progress:
        transfer(file, part, session, progress)
    problem = None if file.md5 else _damage(part.path, file)
    if problem is not None:
        part.remove()
        raise BadFileError(file.name, f"what came {problem}, and was removed", IN_A_BROWSER)
    _sync(part.path)


def _hand_over(part: Part) -> Any:
    def downloader(_url: str, output_file: str, _registry: object) -> None:
        part.path.replace(output_file)

    return downloader


def _require_same(file: RemoteFile, target: Path, session: requests.Session) -> None:
    """Check what can be checked of a file that is there and has no checksum."""
    problem = _damage(target, file)
    size = size_on_server(file.url, session)
    if problem is None and size not in (None, target.stat().st_size):
        problem = f"has {target.stat().st_size:,} bytes where the server's has {size:,}"
    if problem is not None:
        raise BadFileError(target, problem, "Remove it, or give another folder")


def _not_the_file(file: RemoteFile, target: Path, *, was_there: bool) -> DeepDEPError:
    if was_there:
        return BadFileError(
            target,
            f"is there, but is not the file that is listed (md5 {file.md5})",
            "Remove it, or give another folder for another release",
        )
    return BadFileError(
        target,
        f"what came has another checksum than the listed md5 {file.md5}, and was removed",
        "Run the command again; if it stays so, tell whoever runs that server",
    )


def _damage(path: Path, file: RemoteFile) -> str | None:
    """Tell what is wrong with content that has no checksum; None if nothing is."""
    with path.open("rb") as stored:
        head = stored.read(1024)
    if not head:
        return "is empty"
    if looks_like_page(head):
        return "is a web page, not data"
    gzipped = head.startswith(GZIP)
    if gzipped != file.name.endswith(".gz"):
        return "is gzipped, against its name" if gzipped else "is not gzipped, against its name"
    return "is a truncated or damaged gzip file" if gzipped and not _unzips(path) else None


def _unzips(path: Path) -> bool:
    try:
        with gzip.open(path) as text:
            while text.read(PIECE):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False
    return True


def _sync(path: Path) -> None:
    with path.open("rb") as stored:
        os.fsync(stored.fileno())


@contextmanager
def _progress_bar(name: str, n_bytes: int) -> Iterator[Progress]:
    """Yield what to tell about the bytes; they are shown on standard error once some came."""
    interval = 0.5 if sys.stderr.isatty() else 30  # seconds
    with ExitStack() as bars:

        @cache
        def bar() -> Any:
            return bars.enter_context(
                tqdm(desc=name, initial=n_bytes, unit="B", unit_scale=True, mininterval=interval)
            )

        def progress(n_bytes: int, size: int | None) -> None:
            bar().total = size
            bar().update(n_bytes - bar().n)

        yield progress

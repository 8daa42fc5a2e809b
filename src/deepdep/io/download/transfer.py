"""Bytes from a server, continued where they stopped if the file there is still the same."""

import shutil
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from itertools import chain

import requests
import urllib3

from deepdep.domain.errors import DeepDEPError
from deepdep.io.download.part import Part, Version
from deepdep.io.download.remote_file import RemoteFile, plain
from deepdep.io.download.server import (
    first_byte_of,
    get,
    looks_like_page,
    pieces_of,
    version_of,
    web_page,
)

FRUITLESS_TRIES = 4  # in a row, before a connection that breaks is given up
PAUSE = 0.5  # seconds, longer with each fruitless try

Progress = Callable[[int, int | None], None]  # bytes that are there, bytes of the whole file


def transfer(file: RemoteFile, part: Part, session: requests.Session, progress: Progress) -> None:
    """Bring what ``part`` lacks of a file.

    Raises
    ------
    DeepDEPError
        The server cannot be reached, has no such file, sends a web page in its place, or breaks
        off again and again; or there is no room. The part stays, to be continued.
    """
    furthest, fruitless = part.size, 0
    while not _receive(file, part, session, progress):
        fruitless = 0 if part.size > furthest else fruitless + 1
        furthest = max(furthest, part.size)
        if fruitless == FRUITLESS_TRIES:
            raise DeepDEPError(
                f"{plain(file.url)}: the connection broke {fruitless} times after byte "
                f"{part.size:,}. Run the command again later: it goes on where it stopped."
            )
        time.sleep(PAUSE * fruitless)


def _receive(file: RemoteFile, part: Part, session: requests.Session, progress: Progress) -> bool:
    """Ask once for what is missing; tell whether the file is whole now."""
    known = part.version
    start = part.size if known else 0
    with get(session, file.url, _continuing(known, start)) as response:
        version = version_of(response, file.md5)
        same = known is not None and known.agrees_with(version)
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return (same and version.size == start) or _start_again(part)
        if response.status_code == HTTPStatus.OK:
            start = 0  # the server cannot continue, or its file has changed
        elif not same or first_byte_of(response) != start:
            return _start_again(part)
        try:
            _store(response, part, start, version, progress)
        except urllib3.exceptions.HTTPError:
            return False
    return version.size is None or part.size == version.size


def _start_again(part: Part) -> bool:
    part.remove()
    return False


def _store(
    response: requests.Response, part: Part, start: int, version: Version, progress: Progress
) -> None:
    pieces = pieces_of(response)
    first = next(pieces, b"")
    _require_room(part, version.size, start)
    if start == 0:
        if looks_like_page(first):
            raise web_page(response.url)
        part.begin(version)
    _append(chain([first], pieces), part, version.size, progress)


def _append(pieces: Iterator[bytes], part: Part, size: int | None, progress: Progress) -> None:
    n_bytes = part.size
    with part.path.open("ab") as out:
        for piece in pieces:
            out.write(piece)
            n_bytes += len(piece)
            progress(n_bytes, size)


def _continuing(known: Version | None, start: int) -> dict[str, str]:
    if known is None or start == 0:
        return {}
    condition = {"If-Range": known.condition} if known.condition else {}
    return {"Range": f"bytes={start}-"} | condition


def _require_room(part: Part, size: int | None, start: int) -> None:
    folder = next(folder for folder in part.path.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(folder).free
    if size is not None and size - start > free:
        raise DeepDEPError(
            f"{part.path}: needs {size - start:,} bytes more and {free:,} are free. "
            "Make room, or give another folder, and run the command again."
        )

"""Files of a public source, brought into a folder: each whole and verified, or not at all.

The only door to Pooch.
"""

import gzip
import os
import re
import shutil
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import pooch
import requests
import urllib3
from tqdm import tqdm

from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.text import GZIP
from deepdep.sources.download.files import (
    IN_A_BROWSER,
    Choice,
    Connection,
    Part,
    RemoteFile,
    Version,
    base_address,
    looks_like_page,
    pieces_of,
    plain,
    web_page,
)

FRUITLESS_TRIES = 4  # in a row, before a connection that breaks is given up
PAUSE = 0.5  # seconds, longer with each fruitless try

Progress = Callable[[int, int | None], None]  # bytes that are there, bytes of the whole file

pooch.get_logger().setLevel("WARNING")


class RemoteSource(Protocol):
    """A public source, with what a user wants of it."""

    def choose(self, connection: Connection) -> Choice:
        """Return the files to bring; DeepDEPError if the source has no such files."""


@dataclass(frozen=True)
class HGNCDownload:
    """HGNC's complete set of genes: today's table, or that of a date of its archive.

    Attributes
    ----------
    release
        The date, as YYYY-MM-DD.
    base_url
        Address of a mirror, in place of the source's own.
    """

    release: str | None = None
    base_url: str | None = None

    def choose(self, _: Connection) -> Choice:
        """Return the one table."""
        path = "tsv/tsv/hgnc_complete_set.txt"
        if self.release is not None:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.release):
                raise DeepDEPError(
                    f"--release {self.release!r}: HGNC's archive goes by dates. "
                    "Give one as 2024-10-01, or none for today's table."
                )
            path = f"archive/archive/monthly/tsv/hgnc_complete_set_{self.release}.txt"
        of_source = "https://storage.googleapis.com/public-download-files/hgnc"
        address = f"{base_address(self.base_url, of_source)}/{path}"
        return Choice((RemoteFile(path.rpartition("/")[2], address),))


@dataclass(frozen=True)
class MSigDBDownload:
    """Gene sets of MSigDB, which only people may fetch."""

    def choose(self, _: Connection) -> Choice:
        """Raise an error that says how to fetch the sets that DeepDEP made its fingerprints of."""
        raise DeepDEPError(
            "MSigDB: its licence asks you to register and to fetch the file yourself, so nothing "
            "was written. Sign in at https://www.gsea-msigdb.org/gsea/msigdb/human/collections.jsp,"
            " take the gene symbols of C2 CGP (c2.cgp.v<version>.Hs.symbols.gmt), then run "
            "`deepdep import gmt FILE --to COHORT`."
        )


@dataclass(frozen=True)
class Fetched:
    """A file that is there."""

    file: RemoteFile
    size: int  # bytes
    was_there: bool

    def __str__(self) -> str:
        gzipped = self.file.name.endswith(".gz")
        unlisted = "size and gzip checksum" if gzipped else "size"
        verified = f"md5 {self.file.md5}" if self.file.md5 else unlisted
        how = "was there" if self.was_there else "downloaded"
        return f"{self.file.name}: {how}, {self.size:,} bytes, verified by {verified}"


@dataclass(frozen=True)
class DownloadReport:
    """What is in the folder now, and what was left out."""

    fetched: tuple[Fetched, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """One line per file and per note."""
        return [*map(str, self.fetched), *self.notes]


def download(source: RemoteSource, to: Path) -> DownloadReport:
    """Have the chosen files of a source in the folder ``to``, each whole and verified.

    A file that is there and right is left as it is; one that is there and different is an error.
    Files that came before an error, or before an interruption, stay, and so does the part of the
    file that was under way.
    """
    if to.exists() and not to.is_dir():
        raise BadFileError(to, "is a file", "Give a folder, or a name that is free")
    was_there = to.exists()
    try:
        with Connection() as connection:
            choice = source.choose(connection)
            # Those that are there come first: what is wrong with them is known at once.
            files = sorted(choice.files, key=lambda file: not (to / file.name).exists())
            fetched = tuple(fetch(file, to, connection) for file in files)
    except OSError as error:
        raise BadFileError(
            to,
            f"cannot be written ({error.strerror or error})",
            "Make room, or give another folder",
        ) from error
    finally:
        if not was_there and to.is_dir() and not any(to.iterdir()):
            to.rmdir()
    return DownloadReport(fetched, choice.notes)


def fetch(file: RemoteFile, to: Path, connection: Connection) -> Fetched:
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
        _bring(file, part, connection)
    elif file.md5 is None:
        problem = _damage(target, file)
        size = connection.size(file.url)
        if problem is None and size not in (None, target.stat().st_size):
            problem = f"has {target.stat().st_size:,} bytes where the server's has {size:,}"
        if problem is not None:
            raise BadFileError(target, problem, "Remove it, or give another folder")
    registry = pooch.create(
        path=to.absolute(),
        base_url="",
        registry={file.name: None if file.md5 is None else f"md5:{file.md5}"},
        urls={file.name: file.url},
        allow_updates=False,
    )

    # The transfer is over by now: Pooch keeps an empty temporary file while it waits for its
    # downloader, and a program that is killed would leave it behind.
    def hand_over(_url: str, output_file: str, _registry: object) -> None:
        part.path.replace(output_file)

    try:
        registry.fetch(file.name, downloader=hand_over)
    except ValueError as error:
        part.remove()
        if was_there:
            problem = f"is there, but is not the file that is listed (md5 {file.md5})"
            remedy = "Remove it, or give another folder for another release"
        else:
            problem = f"what came has another checksum than the listed md5 {file.md5}, "
            problem += "and was removed"
            remedy = "Run the command again; if it stays so, tell whoever runs that server"
        raise BadFileError(target, problem, remedy) from error
    part.remove()
    return Fetched(file, target.stat().st_size, was_there)


def transfer(file: RemoteFile, part: Part, connection: Connection, progress: Progress) -> None:
    """Bring what ``part`` lacks of a file.

    Raises
    ------
    DeepDEPError
        The server cannot be reached, has no such file, sends a web page in its place, or breaks
        off again and again; or there is no room. The part stays, to be continued.
    """
    furthest, fruitless = part.size, 0
    while not _receive(file, part, connection, progress):
        fruitless = 0 if part.size > furthest else fruitless + 1
        furthest = max(furthest, part.size)
        if fruitless == FRUITLESS_TRIES:
            raise DeepDEPError(
                f"{plain(file.url)}: the connection broke {fruitless} times after byte "
                f"{part.size:,}. Run the command again later: it goes on where it stopped."
            )
        time.sleep(PAUSE * fruitless)


def _receive(file: RemoteFile, part: Part, connection: Connection, progress: Progress) -> bool:
    """Request once what is missing; return whether the file is whole now."""
    begun = part.version
    start = part.size if begun else 0
    headers = {}
    if begun is not None and start > 0:
        headers["Range"] = f"bytes={start}-"
        if begun.condition:
            headers["If-Range"] = begun.condition
    with connection.get(file.url, headers) as response:
        version = Version.of(response, file.md5)
        same = begun is not None and begun.agrees_with(version)
        if response.status_code == HTTPStatus.OK:
            start = 0  # the server cannot continue, or its file has changed
        else:
            nothing_left = response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            if nothing_left and same and version.size == start:
                return True
            first = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
            if nothing_left or not same or first is None or int(first[1]) != start:
                part.remove()
                return False
        try:
            _store(response, part, start, version, progress)
        except urllib3.exceptions.HTTPError:
            return False
    return version.size is None or part.size == version.size


def _store(
    response: requests.Response, part: Part, start: int, version: Version, progress: Progress
) -> None:
    """Append the bytes of an answer; those from the first byte on begin the part anew."""
    pieces = pieces_of(response)
    first = next(pieces, b"")
    folder = next(folder for folder in part.path.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(folder).free
    if version.size is not None and version.size - start > free:
        raise DeepDEPError(
            f"{part.path}: needs {version.size - start:,} bytes more and {free:,} are free. "
            "Make room, or give another folder, and run the command again."
        )
    if start == 0:
        if looks_like_page(first):
            raise web_page(response.url)
        part.begin(version)
    n_bytes = part.size
    with part.path.open("ab") as out:
        for piece in chain([first], pieces):
            out.write(piece)
            n_bytes += len(piece)
            progress(n_bytes, version.size)


def _bring(file: RemoteFile, part: Part, connection: Connection) -> None:
    """Transfer a file that is not there, to where it has not got its name yet."""
    if not file.url:
        raise BadFileError(
            file.name,
            "the listing gives no address for it",
            "Fetch it from the pages of its source into the folder, and run the command again: "
            "it verifies and keeps what is there",
        )
    with _progress_bar(file.name, part.size) as progress:
        transfer(file, part, connection, progress)
    problem = None if file.md5 else _damage(part.path, file)
    if problem is not None:
        part.remove()
        raise BadFileError(file.name, f"what came {problem}, and was removed", IN_A_BROWSER)
    with part.path.open("rb") as stored:
        os.fsync(stored.fileno())


def _damage(path: Path, file: RemoteFile) -> str | None:
    """Describe what is wrong with content that has no checksum; None if nothing is."""
    with path.open("rb") as stored:
        head = stored.read(1024)
    if not head:
        return "is empty"
    if looks_like_page(head):
        return "is a web page, not data"
    gzipped = head.startswith(GZIP)
    if gzipped != file.name.endswith(".gz"):
        return "is gzipped, against its name" if gzipped else "is not gzipped, against its name"
    if gzipped:
        try:
            with gzip.open(path) as text:
                while text.read(1 << 20):
                    pass
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return "is a truncated or damaged gzip file"
    return None


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

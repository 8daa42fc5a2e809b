"""Text that others wrote: UTF-8, gzipped or not, and not something else under a table's name."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from deepdep.domain.errors import BadFileError

HEAD = 1024  # bytes that tell what a file is

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"

# First bytes, lower case, of what gets saved under a table's name: what it is and what to do.
IMPOSTORS = (
    (b"<", "is a web page, not data", "Download it again; its address may ask for a login"),
    (b"version https://git-lfs", "is a git-lfs pointer, not the file", "Run `git lfs pull`"),
    (b"outs:", "is a DVC pointer, not the file", "Run `dvc pull`"),
    (b"pk\x03\x04", "is an Excel workbook or a zip archive", "Save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an Excel workbook", "Save it as CSV"),
    (PARQUET.lower(), "is a Parquet file", "Let its name end in .parquet"),
    (b"\xff\xfe", "is UTF-16 text", "Save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text", "Save it as UTF-8"),
)


# A few megabytes that unzip to gigabytes fill the memory. Tables of zeros shrink most, to a
# two-hundredth; gzip itself cannot do better than a thousandth.
MAX_RATIO = 500
RATIO_COUNTS_FROM = 64 << 20  # bytes of text
MAX_TEXT = 32 << 30


class _Unzipped(gzip.GzipFile):
    """The text of a gzipped file; refuses to go on when there is far too much of it."""

    def __init__(self, stored: BinaryIO, source: Path) -> None:
        super().__init__(fileobj=stored)
        self._stored_bytes = source.stat().st_size
        self._source = source

    def read(self, size: int | None = -1) -> bytes:
        return self._checked(super().read(size))

    def read1(self, size: int = -1) -> bytes:
        return self._checked(super().read1(size))

    def _checked(self, text: bytes) -> bytes:
        n_bytes = self.tell()
        too_dense = n_bytes > RATIO_COUNTS_FROM and n_bytes > MAX_RATIO * self._stored_bytes
        if too_dense or n_bytes > MAX_TEXT:
            raise BadFileError(
                self._source,
                f"unzips to more than {n_bytes >> 20:,} MB from {self._stored_bytes >> 10:,} kB",
                "It is no table but a zip bomb, or far too large; bring another file",
            )
        return text


@contextmanager
def open_text(source: Path) -> Iterator[TextIO]:
    """Yield the text of a file, without byte-order mark and with its line ends as they are.

    What is not UTF-8 text is a BadFileError, here or while the text is read.
    """
    refuse_impostor(source)
    with open_bytes(source) as stream:
        try:
            yield io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        except UnicodeDecodeError as error:
            line = _first_line_not_utf8(source)
            raise BadFileError(
                source, "is not UTF-8 text", "Save it as UTF-8", where=f"line {line}"
            ) from error


def refuse_impostor(source: Path) -> None:
    """Raise BadFileError for an empty file, and for one that is not what its name says."""
    with open_bytes(source) as stream:
        head = stream.read(HEAD)
    if source.suffix == ".parquet" and head.startswith(PARQUET):
        return
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BadFileError(source, "is empty", "Bring the file again")
    for magic, what, remedy in IMPOSTORS:
        if start.lower().startswith(magic):
            raise BadFileError(source, what, remedy)
    if b"\0" in head:
        raise BadFileError(source, "is binary, or UTF-16 text", "Save it as UTF-8 text")


@contextmanager
def open_bytes(source: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of a file, unzipped where it is gzipped."""
    if not source.is_file():
        raise BadFileError(source, "there is no such file", "Check the path")
    try:
        with source.open("rb") as stored:
            gzipped = stored.read(2) == GZIP
            stored.seek(0)
            _check_name(source, gzipped=gzipped)
            yield cast(BinaryIO, _Unzipped(stored, source)) if gzipped else stored
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFileError(
            source, "is a truncated or damaged gzip file", "Bring it again"
        ) from error
    except PermissionError as error:
        raise BadFileError(source, "may not be read", "Change its permissions") from error


def _check_name(source: Path, *, gzipped: bool) -> None:
    if gzipped and source.suffix != ".gz":
        raise BadFileError(source, "is gzipped", "Let its name end in .gz")
    if source.suffix == ".gz" and not gzipped and source.stat().st_size:
        raise BadFileError(source, "is not gzipped", "Remove .gz from its name, or bring it again")


def _first_line_not_utf8(source: Path) -> int:
    with open_bytes(source) as stream:
        return next((n for n, line in enumerate(stream, start=1) if not _is_utf8(line)), 1)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True

"""Text that others wrote: UTF-8, gzipped or not, in rows as long as their header.

What a quote means is defined here, for every reader. In tab-separated text a field that begins and
ends with one was quoted by R or Excel; any other quote is a character, and no quote spans a line.
In comma-separated text a field may be quoted, and hold a line end only where its lines are no rows
by themselves.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import numpy as np
import pyarrow as pa

from deepdep.errors import BadFileError
from deepdep.io.files import LFS_POINTER, refuse_oversized, require_file
from deepdep.io.parquet import SUFFIX as PARQUET_SUFFIX
from deepdep.io.parquet import parquet_header, parquet_text, read_parquet_columns

HEAD = 1024  # bytes that tell what a file is

QUOTE = '"'
_QUOTED_IN_LINE = re.compile(r'(?:^|(?<=,))"(?:[^"]|"")*"(?=,|$)')

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
HDF5 = b"\x89HDF\r\n\x1a\n"
BEGINNINGS = {".parquet": PARQUET} | dict.fromkeys((".h5ad", ".h5mu", ".h5"), HDF5)  # of no text
UTF8_MARK = b"\xef\xbb\xbf"

# First bytes, lower case, of what gets saved under a table's name: what it is and what to do.
IMPOSTORS = (
    (b"<", "is a web page, not data", "Download it again; its address may ask for a login"),
    (LFS_POINTER, "is a git-lfs pointer, not the file", "Run `git lfs pull`"),
    (b"outs:", "is a DVC pointer, not the file", "Run `dvc pull`"),
    (b"pk\x03\x04", "is an Excel workbook or a zip archive", "Save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an Excel workbook", "Save it as CSV"),
    (PARQUET.lower(), "is a Parquet file", "Let its name end in .parquet"),
    (b"\xff\xfe", "is UTF-16 text", "Save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text", "Save it as UTF-8"),
)


@dataclass(frozen=True)
class Row:
    """One row of a delimited file: its fields, and the line it ends on."""

    line: int
    fields: list[str]


class _Unzipped(gzip.GzipFile):
    """The text of a gzipped file; refuses to go on when there is far too much of it."""

    def __init__(self, stored: BinaryIO, source: Path) -> None:
        super().__init__(fileobj=stored)
        self._stored_bytes = source.stat().st_size
        self._source = source

    def read(self, size: int | None = -1) -> bytes:
        text = super().read(size)
        refuse_oversized(self.tell(), self._stored_bytes, self._source)
        return text

    def read1(self, size: int = -1) -> bytes:
        text = super().read1(size)
        refuse_oversized(self.tell(), self._stored_bytes, self._source)
        return text


class _Text(io.BufferedIOBase):
    """Bytes of a text; a NUL, which no text has and HDF5 cannot store, is refused where it is."""

    def __init__(self, stream: BinaryIO, source: Path) -> None:
        self._stream = stream
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        text = self._stream.read(-1 if size is None else size)
        if b"\0" in text:
            line = _first_line(self._source, lambda line: b"\0" in line)
            raise BadFileError(
                self._source, "holds a NUL byte", "Bring the file again", where=f"line {line}"
            )
        return text

    def read1(self, size: int = -1) -> bytes:
        return self.read(io.DEFAULT_BUFFER_SIZE if size < 0 else size)


@contextmanager
def open_text(source: Path) -> Iterator[TextIO]:
    """Yield the text of a file, without byte-order mark and with its line ends as they are.

    What is not UTF-8 text is a BadFileError, here or while the text is read.
    """
    refuse_impostor(source)
    with open_text_bytes(source) as stream:
        try:
            yield io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        except UnicodeDecodeError as error:
            line = _first_line(source, lambda line: not _is_utf8(line))
            raise BadFileError(
                source, "is not UTF-8 text", "Save it as UTF-8", where=f"line {line}"
            ) from error


@contextmanager
def open_text_bytes(source: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of a text, unzipped; a NUL byte is a BadFileError when it is read."""
    with open_bytes(source) as stream:
        yield cast(BinaryIO, _Text(stream, source))


def refuse_impostor(source: Path) -> None:
    """Raise BadFileError for an empty file, and for one that is not what its name says."""
    with open_bytes(source) as stream:
        head = stream.read(HEAD)
    if head.startswith(BEGINNINGS.get(source.suffix, b"never")):
        return
    start = head.removeprefix(UTF8_MARK).lstrip()
    if not start:
        raise BadFileError(source, "is empty", "Bring the file again")
    for magic, what, remedy in IMPOSTORS:
        if start.lower().startswith(magic):
            raise BadFileError(source, what, remedy)
    if b"\0" in head and source.suffix not in BEGINNINGS:
        raise BadFileError(source, "is binary, or UTF-16 text", "Save it as UTF-8 text")


@contextmanager
def open_bytes(source: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of a file, unzipped where it is gzipped."""
    require_file(source)
    try:
        with source.open("rb") as stored:
            gzipped = stored.read(2) == GZIP
            stored.seek(0)
            if gzipped and source.suffix != ".gz":
                raise BadFileError(source, "is gzipped", "Let its name end in .gz")
            if source.suffix == ".gz" and not gzipped and source.stat().st_size:
                remedy = "Remove .gz from its name, or bring it again"
                raise BadFileError(source, "is not gzipped", remedy)
            yield cast(BinaryIO, _Unzipped(stored, source)) if gzipped else stored
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFileError(
            source, "is a truncated or damaged gzip file", "Bring it again"
        ) from error
    except PermissionError as error:
        raise BadFileError(source, "may not be read", "Change its permissions") from error


def whole_lines(source: Path, size: int) -> Iterator[pa.Buffer]:
    """Yield the text, unzipped, in pieces of about ``size`` bytes that end where a line ends.

    Each piece lies in PyArrow's own memory. A thread of PyArrow that lets go of an object of
    Python's while the interpreter shuts down aborts the process (apache/arrow#34314).
    """
    with open_text_bytes(source) as stream:
        begun = b""
        while piece := stream.read(size):
            end = piece.rfind(b"\n") + 1
            if end:
                yield _owned_by_arrow(begun + piece[:end])
                begun = piece[end:]
            else:
                begun += piece
    if begun:
        yield _owned_by_arrow(begun)


def rows_of(source: Path, comment: str | None = None) -> Iterator[Row]:
    """Yield the header and then each row; raise BadFileError where one is shorter or longer.

    The header tells the delimiter: a tab if it has one, else a comma. Fields may be quoted, as
    this module says. Empty lines are allowed at the end only. Lines before the header that begin
    with ``comment`` are skipped. Rows of a Parquet file are those of its CSV.
    """
    if source.suffix == PARQUET_SUFFIX:
        refuse_impostor(source)
        header = parquet_header(source)
        yield Row(1, header)
        columns = map(parquet_text, read_parquet_columns(source, range(len(header))))
        yield from (Row(n, list(fields)) for n, fields in enumerate(zip(*columns, strict=True), 2))
        return
    with open_text(source) as text:
        n_skipped = 0
        first_line = text.readline()
        while comment is not None and first_line.startswith(comment):
            n_skipped += 1
            first_line = text.readline()
        lines = chain([first_line], text)
        if delimiter_of(first_line, source) == "\t":
            bare_lines = (line.rstrip("\r\n") for line in lines)
            rows: Iterator[Row] = (
                Row(number, [*map(unquoted, line.split("\t"))] if line else [])
                for number, line in enumerate(bare_lines, start=n_skipped + 1)
            )
        else:
            rows = _comma_separated(lines, n_skipped, source)
        yield from _even_rows(rows, source)


def unquoted(field: str) -> str:
    """Return a field of tab-separated text without the quotes that R or Excel put around it."""
    is_quoted = len(field) > 1 and field.startswith(QUOTE) and field.endswith(QUOTE)
    return field[1:-1].replace(2 * QUOTE, QUOTE) if is_quoted else field


def quotes_pair(text: np.ndarray) -> bool:
    """Whether in comma-separated text every quote opens or closes a field, within its line.

    Parameters
    ----------
    text
        Bytes, uint8, that begin and end where a line does.
    """
    text = text[len(UTF8_MARK) :] if bytes(text[: len(UTF8_MARK)]) == UTF8_MARK else text
    quotes = np.flatnonzero(text == ord(QUOTE))
    if quotes.size % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    line_ends = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
    in_one_line = np.searchsorted(line_ends, opening) == np.searchsorted(line_ends, closing)
    begins = np.isin(text[opening - 1], [*b",\n\r"]) | (opening == 0)
    ends = np.isin(text[np.minimum(closing + 1, text.size - 1)], [*b",\n\r"])
    ends |= closing == text.size - 1
    doubled = opening[1:] == closing[:-1] + 1  # a quote within a field is written twice
    begins[1:] |= doubled
    ends[:-1] |= doubled
    return bool((in_one_line & begins & ends).all())


def delimiter_of(first_line: str, source: Path) -> str:
    """Tell the delimiter from the header; semicolons are an error."""
    if "\t" in first_line:
        return "\t"
    if ";" in first_line and first_line.count(",") < first_line.count(";"):
        raise BadFileError(
            source,
            "fields are separated by semicolons",
            "Export it with commas or tabs between the fields and decimal points",
            where="line 1",
        )
    return ","


def _first_line(source: Path, is_wrong: Callable[[bytes], bool]) -> int:
    with open_bytes(source) as stream:
        return next((n for n, line in enumerate(stream, start=1) if is_wrong(line)), 1)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _owned_by_arrow(text: bytes) -> pa.Buffer:
    buffer = pa.allocate_buffer(len(text))
    np.frombuffer(buffer, dtype=np.uint8)[:] = np.frombuffer(text, dtype=np.uint8)
    return buffer


def _comma_separated(lines: Iterable[str], n_skipped: int, source: Path) -> Iterator[Row]:
    """Yield rows; a field over several lines that may be rows is a BadFileError."""
    taken: list[str] = []  # lines of one row

    def one_by_one() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(one_by_one(), strict=True)
    n_fields, problem = 0, ""
    try:
        for fields in reader:
            n_fields = n_fields or len(fields)
            if len(taken) > 1:
                are_rows = [
                    _QUOTED_IN_LINE.sub("", line.rstrip("\r\n")).count(",") + 1 == n_fields
                    for line in taken
                ]
                if are_rows[0] and any(are_rows[1:]):
                    problem = "a field that opens here would swallow rows"
                    break
            taken.clear()
            yield Row(n_skipped + reader.line_num, fields)
    except csv.Error as error:
        problem = str(error)
    if problem:
        raise BadFileError(
            source,
            f"quotes do not match ({problem})",
            "Remove the quote, or export the table again with quotes around whole fields",
            where=f"line {n_skipped + reader.line_num - len(taken) + 1}",
        )


def _even_rows(rows: Iterator[Row], source: Path) -> Iterator[Row]:
    n_fields = 0
    empty_line = 0
    for row in rows:
        if not row.fields:
            empty_line = empty_line or row.line
            continue
        if empty_line:
            raise BadFileError(source, "is empty", "Remove it", where=f"line {empty_line}")
        n_fields = n_fields or len(row.fields)
        if len(row.fields) != n_fields:
            what = "is cut short" if len(row.fields) < n_fields else "is too long"
            raise BadFileError(
                source,
                f"{what}: {len(row.fields)} fields where the header has {n_fields}",
                "Every row, and the header, needs one field per column; export the table again",
                where=f"line {row.line}, row {row.fields[0]!r}",
            )
        yield row

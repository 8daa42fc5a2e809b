"""Text and numbers of a delimited file, by column: fast where the file is right, else exact.

PyArrow reads the file. What it refuses is read again, row by row, by a reader that is slower
and stricter and says where the fault is.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from deepdep.errors import BadFileError, shown
from deepdep.io.parquet import SUFFIX as PARQUET_SUFFIX
from deepdep.io.parquet import parquet_numbers, parquet_text, read_parquet_columns
from deepdep.io.text import (
    QUOTE,
    Row,
    delimiter_of,
    open_text,
    quotes_pair,
    rows_of,
    unquoted,
    whole_lines,
)
from deepdep.stage import Progress

MISSING = frozenset({"", "NA", "NaN", "nan", "null", "NULL"})

GROUPED_NUMBER = re.compile(r"\s*-?\d+(,\d+)+(\.\d+)?\s*$")

WORD = re.compile(r"(?!inf|-inf|nan)[A-Za-z][\w .-]*$", re.IGNORECASE)

BLOCK = 32 << 20  # bytes; few blocks mean few pieces to join
STRICT_BLOCK = 1000  # rows
NAMES_FIRST = 512  # bytes of a line that hold its first field


@dataclass(frozen=True)
class Choice:
    """Positions of the columns to read as text and as numbers; others are left out."""

    texts: Sequence[int]
    numbers: Sequence[int]


@dataclass(frozen=True)
class Columns:
    """What was read of a delimited file.

    Attributes
    ----------
    texts
        Columns of text, as they are in the file, one row per row.
    numbers
        Shape (row, column of numbers), float32, finite, NaN where nothing was measured.
    number_names
        Their headers.
    """

    texts: pd.DataFrame
    numbers: np.ndarray
    number_names: list[str]


class Rows(Protocol):
    """What is kept of a file's rows while it is read, where all would be too much."""

    def wants(self, name: str) -> bool:
        """Whether a row is read at all, by its first field."""
        ...

    def add(self, texts: pd.DataFrame, numbers: np.ndarray) -> None:
        """Take further rows."""
        ...

    def taken(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Return what is kept."""
        ...


def _wants_all(_: str) -> bool:
    return True


class KeptRows:
    """All rows, or those whose first field is wanted."""

    def __init__(self, wants: Callable[[str], bool] = _wants_all) -> None:
        self.wants = wants
        self._texts: list[pd.DataFrame] = []
        self._numbers: list[np.ndarray] = []

    def add(self, texts: pd.DataFrame, numbers: np.ndarray) -> None:
        """Take further rows."""
        self._texts.append(texts)
        self._numbers.append(numbers)

    def keep(self, positions: np.ndarray) -> None:
        """Drop all rows but those at some positions among all that were taken."""
        texts, numbers = self.taken()
        self._texts, self._numbers = [texts.iloc[positions]], [numbers[positions]]

    def taken(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Return what is kept; the numbers are shape (0, 0) where nothing is."""
        if not self._texts:
            return pd.DataFrame(), np.empty((0, 0), np.float32)
        return pd.concat(self._texts, ignore_index=True), np.vstack(self._numbers)


def header_of(source: Path, comment: str | None = None) -> list[str]:
    """Return the names in the first line, or the first that does not begin with ``comment``."""
    return _header(source, comment).fields


def read_columns(
    source: Path,
    choose: Callable[[list[str]], Choice],
    *,
    comment: str | None = None,
    n_headers: int = 1,
    rows: Callable[[], Rows] = KeptRows,
) -> Columns:
    """Read the columns that ``choose`` picks from the header, which may hold a name twice.

    Leading lines that begin with ``comment`` are skipped, and so are further lines of the header
    where there are ``n_headers``. A row that is shorter or longer than the header, and text where
    a number is due, is a BadFileError with its line; so is an infinite number, with its row.
    ``rows`` makes what chooses rows while they are read, by their first field, which is to be
    among the texts then; a row that it does not want is not looked at.
    """
    header = _header(source, comment)
    chosen = choose(header.fields)
    if source.suffix == PARQUET_SUFFIX:
        read = _read_stored(source, header, chosen, rows())
    else:
        read = _read_fast(source, header, chosen, comment, n_headers, rows())
    if read is None:
        read = _read_strictly(source, header, chosen, comment, n_headers, rows())
    _refuse_infinite(*read, header, chosen, source)
    return Columns(
        read[0].set_axis([header.fields[i] for i in chosen.texts], axis=1),
        read[1],
        [header.fields[i] for i in chosen.numbers],
    )


def _refuse_infinite(
    texts: pd.DataFrame, numbers: np.ndarray, header: Row, chosen: Choice, source: Path
) -> None:
    infinite = np.isinf(numbers)
    if not infinite.any():
        return
    row, column = divmod(int(np.argmax(infinite)), infinite.shape[1])
    named = repr(texts.iloc[row, 0]) if texts.shape[1] else str(row + 1)
    raise BadFileError(
        source,
        "is infinite",
        "Leave the cell empty where nothing was measured",
        where=f"row {named}, column {header.fields[chosen.numbers[column]]!r}",
    )


def all_numbers_but(n_texts: int) -> Callable[[list[str]], Choice]:
    """Choose the first columns as text and all others as numbers."""
    return lambda header: Choice(range(n_texts), range(n_texts, len(header)))


def not_a_number(cell: object, where: str, source: Path) -> BadFileError:
    """Say what is wrong with a cell that should hold a number."""
    if GROUPED_NUMBER.match(str(cell)):
        return BadFileError(
            source,
            f"{str(cell)!r} has a decimal comma or a thousands separator",
            "Write numbers with a decimal point and no separator",
            where=where,
        )
    return BadFileError(
        source,
        f"{str(cell)[:40]!r} is not a number",
        "Write a number, or nothing where nothing was measured",
        where=where,
    )


def _header(source: Path, comment: str | None) -> Row:
    for row in rows_of(source, comment):
        return row
    raise BadFileError(source, "holds comments only", "Bring the file again")


_Read = tuple[pd.DataFrame, np.ndarray]  # texts and numbers


def _read_stored(source: Path, header: Row, chosen: Choice, rows: Rows) -> _Read | None:
    """Read Parquet; None where a column of numbers holds anything else, or no row is there."""
    numbers = list(map(parquet_numbers, read_parquet_columns(source, chosen.numbers)))
    stored = [column for column in numbers if column is not None]
    texts = list(map(parquet_text, read_parquet_columns(source, chosen.texts)))
    n_rows = len(texts[0]) if texts else len(stored[0]) if stored else 0
    if len(stored) < len(numbers) or not n_rows:
        return None
    values = np.column_stack(stored) if stored else np.empty((n_rows, 0), dtype=np.float32)
    table = pd.DataFrame(dict(enumerate(texts)), index=range(n_rows), dtype=object)
    if table.shape[1]:
        wanted = np.array([rows.wants(name) for name in table.iloc[:, 0]])
        table, values = table[wanted], values[wanted]
    _refuse_infinite(table, values, header, chosen, source)
    rows.add(table, values)
    return _taken(rows, source)


def _read_fast(
    source: Path,
    header: Row,
    chosen: Choice,
    comment: str | None,
    n_headers: int,
    rows: Rows,
) -> _Read | None:
    """Return None where PyArrow finds fault with the file, be it right or wrong."""
    parser = _Parser.of(source, header, chosen, comment)
    chooses = not isinstance(rows, KeptRows) or rows.wants is not _wants_all
    n_read = 0
    try:
        for k, block in enumerate(_pieces(source)):
            n_before = 0 if k else header.line + n_headers - 1
            if chooses:
                wanted = _wanted(block, n_before, parser.delimiter, rows)
                read = None if wanted is None else parser.read(wanted, 0)
            else:
                read = parser.read(block, n_before)
            if read is None:
                return None
            n_read += len(read[1])
            if chooses:
                _refuse_infinite(*read, header, chosen, source)
            rows.add(*read)
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    pa.default_memory_pool().release_unused()  # or a table of 2 GB of text holds 2 GB more
    return _taken(rows, source) if n_read or chooses else None


@dataclass(frozen=True)
class _Parser:
    """How PyArrow reads the text of one file; columns are named by their positions."""

    names: list[str]
    texts: list[str]
    numbers: list[str]
    delimiter: str
    conversion: csv.ConvertOptions

    @classmethod
    def of(cls, source: Path, header: Row, chosen: Choice, comment: str | None) -> "_Parser":
        names = [str(position) for position in range(len(header.fields))]
        texts, numbers = ([names[i] for i in of] for of in (chosen.texts, chosen.numbers))
        types = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.float64())
        with open_text(source) as text:
            line = next(line for line in text if comment is None or not line.startswith(comment))
        conversion = csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=sorted(MISSING),
            strings_can_be_null=False,
        )
        return cls(names, texts, numbers, delimiter_of(line, source), conversion)

    def read(self, block: pa.Buffer, n_before: int) -> _Read | None:
        """Read whole lines but for the first; None where they may not be what they seem."""
        if not block.size:
            return pd.DataFrame(columns=self.texts), np.empty((0, len(self.numbers)), np.float32)
        by_tabs = self.delimiter == "\t"
        content = np.frombuffer(block, dtype=np.uint8)
        has_quotes = bool((content == ord(QUOTE)).any())
        if has_quotes and not by_tabs and not quotes_pair(content):
            return None
        reading = csv.ReadOptions(
            column_names=self.names, skip_rows=n_before, block_size=max(block.size, 1)
        )
        parsing = csv.ParseOptions(
            delimiter=self.delimiter,
            quote_char=False if by_tabs else QUOTE,
            ignore_empty_lines=False,
        )
        table = csv.read_csv(pa.BufferReader(block), reading, parsing, self.conversion)
        texts = table.select(self.texts).to_pandas()
        texts = texts.map(unquoted) if by_tabs and has_quotes else texts
        numbers = _stacked(table, self.numbers)
        # PyArrow may have taken an empty line for a row in which nothing was measured.
        empty = (texts == "").all(axis=1) if self.texts else np.isnan(numbers).all(axis=1)
        return None if empty.any() else (texts, numbers)


def _pieces(source: Path) -> Iterator[pa.Buffer]:
    """Yield ``whole_lines``; show how far they are, where it is known how many bytes there are."""
    n_bytes, n_read = 0 if source.suffix == ".gz" else source.stat().st_size, 0
    with closing(Progress(source.name, "MB")) as progress:
        for piece in whole_lines(source, BLOCK):
            progress(n_read >> 20, n_bytes >> 20, "" if n_bytes else f"{n_read >> 20:,} MB")
            yield piece
            n_read += piece.size


def _wanted(text: pa.Buffer, n_before: int, delimiter: str, rows: Rows) -> pa.Buffer | None:
    """Keep lines whose first field is wanted, after the first few; None without line feeds.

    Some old tables end their lines with a carriage return alone.
    """
    content = np.frombuffer(text, dtype=np.uint8)
    ends = np.append(np.flatnonzero(content == ord("\n")) + 1, content.size)
    if len(ends) == 1 and (content == ord("\r")).sum() > 1:
        return None
    starts = np.append(0, ends[:-1])
    view = memoryview(text)
    kept = []
    for n, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        begins = bytes(view[start : min(end, start + NAMES_FIRST)]).decode(errors="replace")
        name = begins.split(delimiter, 1)[0].strip().strip(QUOTE)
        if n >= n_before and start < end and rows.wants(name):
            kept.append(view[start:end])
    return pa.py_buffer(b"".join(kept))


def _taken(rows: Rows, source: Path) -> _Read:
    texts, numbers = rows.taken()
    if not len(numbers):
        problem = "has none of the rows that were asked for"
        raise BadFileError(source, problem, "Ask for others, by the names in its first column")
    return texts, numbers


def _stacked(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    numbers = np.empty((len(table), len(names)), dtype=np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        for k, name in enumerate(names):
            numbers[:, k] = table.column(name).to_numpy()
    return numbers


def _read_strictly(
    source: Path,
    header: Row,
    chosen: Choice,
    comment: str | None,
    n_headers: int,
    rows: Rows,
) -> _Read:
    lines = islice(rows_of(source, comment), n_headers, None)
    n_read = 0
    while block := list(islice(lines, STRICT_BLOCK)):
        if not n_read:
            _refuse_second_header(block[0], chosen, source)
        n_read += len(block)
        wanted = [row for row in block if rows.wants(row.fields[0].strip())]
        columns = {k: [row.fields[i] for row in wanted] for k, i in enumerate(chosen.texts)}
        texts = pd.DataFrame(columns, index=range(len(wanted)), dtype=object)
        numbers = np.empty((len(wanted), len(chosen.numbers)), np.float32)
        with np.errstate(over="ignore"):  # as above
            for k, row in enumerate(wanted):
                numbers[k] = _numbers(row, header, chosen, source)
        if wanted:
            rows.add(texts, numbers)
    if not n_read:
        raise BadFileError(source, "has a header and no row", "Bring the file again")
    return _taken(rows, source)


def _refuse_second_header(row: Row, chosen: Choice, source: Path) -> None:
    cells = [row.fields[i].strip() for i in chosen.numbers]
    if len(cells) > 1 and all(WORD.match(cell) and cell not in MISSING for cell in cells):
        raise BadFileError(
            source,
            f"is a second header: {shown(list(dict.fromkeys(cells)))}",
            "Remove the line, and columns of other things than the omic's values",
            where=f"line {row.line}",
        )


def _numbers(row: Row, header: Row, chosen: Choice, source: Path) -> list[float]:
    cells = [row.fields[i] for i in chosen.numbers]
    with suppress(ValueError):
        if not any("_" in cell for cell in cells):
            return [*map(float, cells)]
    numbers = []
    for position, cell in zip(chosen.numbers, cells, strict=True):
        try:
            if "_" in cell:  # Python takes 1_000 for a number
                raise ValueError
            numbers.append(math.nan if cell in MISSING else float(cell))
        except ValueError:
            where = f"line {row.line}, row {row.fields[0]!r}, column {header.fields[position]!r}"
            raise not_a_number(cell, where, source) from None
    return numbers

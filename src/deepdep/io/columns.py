"""Text and numbers of a delimited file, by column: fast where the file is right, else exact.

PyArrow reads the file. What it refuses is read again, row by row, by a reader that is slower
and stricter and says where the fault is.
"""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

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

MISSING = frozenset({"", "NA", "NaN", "nan", "null", "NULL"})

GROUPED_NUMBER = re.compile(r"\s*-?\d+(,\d+)+(\.\d+)?\s*$")

WORD = re.compile(r"(?!inf|-inf|nan)[A-Za-z][\w .-]*$", re.IGNORECASE)

BLOCK = 32 << 20  # bytes; few blocks mean few pieces to join


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


def header_of(source: Path, comment: str | None = None) -> list[str]:
    """Return the names in the first line, or the first that does not begin with ``comment``."""
    return _header(source, comment).fields


def read_columns(
    source: Path,
    choose: Callable[[list[str]], Choice],
    *,
    comment: str | None = None,
    n_headers: int = 1,
) -> Columns:
    """Read the columns that ``choose`` picks from the header, which may hold a name twice.

    Leading lines that begin with ``comment`` are skipped, and so are further lines of the header
    where there are ``n_headers``. A row that is shorter or longer than the header, and text where
    a number is due, is a BadFileError with its line; so is an infinite number, with its row.
    """
    header = _header(source, comment)
    chosen = choose(header.fields)
    if source.suffix == PARQUET_SUFFIX:
        read = _read_stored(source, header, chosen)
    else:
        read = _read_fast(source, header, chosen, comment, n_headers)
    columns = _read_strictly(source, header, chosen, comment, n_headers) if read is None else read
    infinite = np.isinf(columns.numbers)
    if infinite.any():
        row, column = divmod(int(np.argmax(infinite)), infinite.shape[1])
        named = repr(columns.texts.iloc[row, 0]) if columns.texts.shape[1] else str(row + 1)
        raise BadFileError(
            source,
            "is infinite",
            "Leave the cell empty where nothing was measured",
            where=f"row {named}, column {columns.number_names[column]!r}",
        )
    return columns


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


def _read_stored(source: Path, header: Row, chosen: Choice) -> Columns | None:
    """Read Parquet; None where a column of numbers holds anything else, or no row is there."""
    numbers = list(map(parquet_numbers, read_parquet_columns(source, chosen.numbers)))
    stored = [column for column in numbers if column is not None]
    texts = list(map(parquet_text, read_parquet_columns(source, chosen.texts)))
    n_rows = len(texts[0]) if texts else len(stored[0]) if stored else 0
    if len(stored) < len(numbers) or not n_rows:
        return None
    values = np.column_stack(stored) if stored else np.empty((n_rows, 0), dtype=np.float32)
    table = pd.DataFrame(dict(enumerate(texts)), index=range(n_rows), dtype=object)
    return _columns(table, [values], header, chosen)


def _read_fast(
    source: Path, header: Row, chosen: Choice, comment: str | None, n_headers: int
) -> Columns | None:
    """Return None where PyArrow finds fault with the file, be it right or wrong."""
    names = [str(position) for position in range(len(header.fields))]
    texts_named, numbers_named = ([names[i] for i in of] for of in (chosen.texts, chosen.numbers))
    types = dict.fromkeys(texts_named, pa.string()) | dict.fromkeys(numbers_named, pa.float64())
    with open_text(source) as text:
        line = next(line for line in text if comment is None or not line.startswith(comment))
    delimiter = delimiter_of(line, source)
    by_tabs = delimiter == "\t"
    parsing = csv.ParseOptions(
        delimiter=delimiter, quote_char=False if by_tabs else QUOTE, ignore_empty_lines=False
    )
    conversion = csv.ConvertOptions(
        column_types=types,
        include_columns=list(types),
        null_values=sorted(MISSING),
        strings_can_be_null=False,
    )
    texts: list[pd.DataFrame] = []
    numbers: list[np.ndarray] = []
    try:
        for k, block in enumerate(whole_lines(source, BLOCK)):
            content = np.frombuffer(block, dtype=np.uint8)
            has_quotes = bool((content == ord(QUOTE)).any())
            if has_quotes and not by_tabs and not quotes_pair(content):
                return None
            reading = csv.ReadOptions(
                column_names=names,
                skip_rows=0 if k else header.line + n_headers - 1,
                block_size=max(block.size, 1),
            )
            table = csv.read_csv(pa.BufferReader(block), reading, parsing, conversion)
            text = table.select(texts_named).to_pandas()
            texts.append(text.map(unquoted) if by_tabs and has_quotes else text)
            numbers.append(_stacked(table, numbers_named))
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    pa.default_memory_pool().release_unused()  # or a table of 2 GB of text holds 2 GB more
    if not any(map(len, numbers)):
        return None
    columns = _columns(pd.concat(texts, ignore_index=True), numbers, header, chosen)
    # PyArrow may have taken an empty line for a row in which nothing was measured.
    if columns.texts.shape[1]:
        may_be_empty = (columns.texts == "").all(axis=1).any()
    else:
        may_be_empty = np.isnan(columns.numbers).all(axis=1).any()
    return None if may_be_empty else columns


def _stacked(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    numbers = np.empty((len(table), len(names)), dtype=np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        for k, name in enumerate(names):
            numbers[:, k] = table.column(name).to_numpy()
    return numbers


def _read_strictly(
    source: Path, header: Row, chosen: Choice, comment: str | None, n_headers: int
) -> Columns:
    rows = islice(rows_of(source, comment), n_headers, None)
    texts: list[list[str]] = []
    numbers: list[np.ndarray] = []
    for row in rows:
        if not texts:
            _refuse_second_header(row, chosen, source)
        texts.append([row.fields[i] for i in chosen.texts])
        with np.errstate(over="ignore"):  # as above
            numbers.append(np.array(_numbers(row, header, chosen, source), dtype=np.float32))
    if not texts:
        raise BadFileError(source, "has a header and no row", "Bring the file again")
    columns = {k: [row[k] for row in texts] for k in range(len(chosen.texts))}
    table = pd.DataFrame(columns, index=range(len(texts)), dtype=object)
    return _columns(table, numbers, header, chosen)


def _refuse_second_header(row: Row, chosen: Choice, source: Path) -> None:
    cells = [row.fields[i].strip() for i in chosen.numbers]
    if len(cells) > 1 and all(WORD.match(cell) and cell not in MISSING for cell in cells):
        raise BadFileError(
            source,
            f"is a second header: {shown(list(dict.fromkeys(cells)))}",
            "Remove the line, and columns of other things than the omic's values",
            where=f"line {row.line}",
        )


def _columns(
    texts: pd.DataFrame, numbers: Sequence[np.ndarray], header: Row, chosen: Choice
) -> Columns:
    return Columns(
        texts.set_axis([header.fields[i] for i in chosen.texts], axis=1),
        np.vstack(numbers),
        [header.fields[i] for i in chosen.numbers],
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

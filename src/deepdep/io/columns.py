"""Text and numbers of a delimited file, by column: fast where the file is right, else exact.

PyArrow reads the file. What it refuses is read again, row by row, by a reader that is slower
and stricter and says where the fault is.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from deepdep.errors import BadFileError
from deepdep.io.text import Row, delimiter_of, open_text, rows_of, whole_lines

MISSING = frozenset({"", "NA", "NaN", "nan", "null", "NULL"})

GROUPED_NUMBER = re.compile(r"\s*-?\d+(,\d+)+(\.\d+)?\s*$")

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
    source: Path, choose: Callable[[list[str]], Choice], *, comment: str | None = None
) -> Columns:
    """Read the columns that ``choose`` picks from the header, which may hold a name twice.

    Leading lines that begin with ``comment`` are skipped. A row that is shorter or longer than
    the header, and text where a number is due, is a BadFileError with its line; so is an
    infinite number, with its row.
    """
    header = _header(source, comment)
    chosen = choose(header.fields)
    read = _read_fast(source, header, chosen, comment)
    columns = _read_strictly(source, header, chosen, comment) if read is None else read
    _refuse_infinite(columns, source)
    return columns


def all_numbers_but(n_texts: int) -> Callable[[list[str]], Choice]:
    """Choose the first columns as text and all others as numbers."""
    return lambda header: Choice(range(n_texts), range(n_texts, len(header)))


def _header(source: Path, comment: str | None) -> Row:
    for row in rows_of(source, comment):
        return row
    raise BadFileError(source, "holds comments only", "Bring the file again")


def _read_fast(source: Path, header: Row, chosen: Choice, comment: str | None) -> Columns | None:
    """Return None where PyArrow finds fault with the file, be it right or wrong."""
    names = [str(position) for position in range(len(header.fields))]
    types = {names[i]: pa.string() for i in chosen.texts}
    types |= {names[i]: pa.float64() for i in chosen.numbers}
    delimiter = _delimiter(source, comment)
    texts: list[pd.DataFrame] = []
    numbers: list[np.ndarray] = []
    try:
        for k, block in enumerate(whole_lines(source, BLOCK)):
            table = csv.read_csv(
                pa.BufferReader(block),
                csv.ReadOptions(
                    column_names=names,
                    skip_rows=0 if k else header.line,
                    block_size=max(block.size, 1),
                ),
                csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
                csv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=sorted(MISSING),
                    strings_can_be_null=False,
                ),
            )
            texts.append(table.select([names[i] for i in chosen.texts]).to_pandas())
            numbers.append(_stacked(table, [names[i] for i in chosen.numbers]))
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    pa.default_memory_pool().release_unused()  # or a table of 2 GB of text holds 2 GB more
    if not any(map(len, numbers)):
        return None
    features = [header.fields[i] for i in chosen.numbers]
    named = _named(pd.concat(texts, ignore_index=True), header, chosen)
    columns = Columns(named, np.concatenate(numbers), features)
    return None if _may_have_empty_lines(columns) else columns


def _stacked(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    numbers = np.empty((len(table), len(names)), dtype=np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        for k, name in enumerate(names):
            numbers[:, k] = table.column(name).to_numpy()
    return numbers


def _may_have_empty_lines(columns: Columns) -> bool:
    """Whether PyArrow may have taken an empty line for a row in which nothing was measured."""
    if columns.texts.shape[1]:
        return bool((columns.texts == "").all(axis=1).any())
    return bool(np.isnan(columns.numbers).all(axis=1).any())


def _delimiter(source: Path, comment: str | None) -> str:
    with open_text(source) as text:
        line = next(line for line in text if comment is None or not line.startswith(comment))
    return delimiter_of(line, source)


def _read_strictly(source: Path, header: Row, chosen: Choice, comment: str | None) -> Columns:
    rows = rows_of(source, comment)
    next(rows)
    features = [header.fields[i] for i in chosen.numbers]
    texts: list[list[str]] = []
    numbers: list[np.ndarray] = []
    for row in rows:
        texts.append([row.fields[i] for i in chosen.texts])
        cells = Row(row.line, [row.fields[i] for i in chosen.numbers])
        numbers.append(_numbers(cells, row.fields[0], features, source))
    if not texts:
        raise BadFileError(source, "has a header and no row", "Bring the file again")
    columns = {k: [row[k] for row in texts] for k in range(len(chosen.texts))}
    table = pd.DataFrame(columns, index=range(len(texts)), dtype=object)
    return Columns(_named(table, header, chosen), np.vstack(numbers), features)


def _named(table: pd.DataFrame, header: Row, chosen: Choice) -> pd.DataFrame:
    return table.set_axis([header.fields[i] for i in chosen.texts], axis=1)


def _refuse_infinite(columns: Columns, source: Path) -> None:
    infinite = np.isinf(columns.numbers)
    if not infinite.any():
        return
    row, column = divmod(int(np.argmax(infinite)), infinite.shape[1])
    named = repr(columns.texts.iloc[row, 0]) if columns.texts.shape[1] else str(row + 1)
    raise BadFileError(
        source,
        "is infinite",
        "Leave the cell empty where nothing was measured",
        where=f"row {named}, column {columns.number_names[column]!r}",
    )


def _numbers(row: Row, name: str, features: Sequence[str], source: Path) -> np.ndarray:
    try:
        numbers = [*map(float, row.fields)]
        if any("_" in cell for cell in row.fields):  # Python takes 1_000 for a number
            raise ValueError
    except ValueError:
        numbers = [
            math.nan if cell in MISSING else _number(cell, row, name, feature, source)
            for cell, feature in zip(row.fields, features, strict=True)
        ]
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        return np.array(numbers, dtype=np.float32)


def _number(cell: str, row: Row, name: str, feature: str, source: Path) -> float:
    try:
        if "_" not in cell:
            return float(cell)
    except ValueError:
        pass
    raise not_a_number(cell, f"line {row.line}, row {name!r}, column {feature!r}", source)


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

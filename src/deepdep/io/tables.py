"""Strict reading of one table, delimited or Parquet: what pandas would guess is an error here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet

from deepdep.errors import BadFileError, written
from deepdep.io.columns import MISSING, Choice, not_a_number, read_columns
from deepdep.io.names import (
    checked_features,
    checked_names,
    checked_samples,
    refuse_nul,
    refuse_quotes,
    refuse_repeated,
)
from deepdep.io.parquet import damage_refused, refuse_dense
from deepdep.io.text import refuse_impostor

TABLE_SUFFIXES = (".parquet", *(s + gz for s in (".csv", ".tsv", ".txt") for gz in ("", ".gz")))

# What a browser or a file manager adds to the name of a second copy: `Model (1).csv`.
COPY = re.compile(r" ?\(\d+\)$| - Copy( \(\d+\))?$|[ _-]copy( ?\d+)?$", re.IGNORECASE)

# A column with this prefix describes the samples; it may hold text.
ANNOTATION_PREFIX = "_"

# Turning a block that fits the processor's cache is 20 times faster than turning it all at once.
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class FeatureRows:
    """One row per feature, in the order of the file; a feature may occur twice.

    Attributes
    ----------
    ids
        Text columns that name or describe the features.
    values
        Shape (feature row, sample), float32, NaN where nothing was measured.
    samples
        Names of the samples, each once.
    """

    ids: pd.DataFrame
    values: np.ndarray
    samples: pd.Index

    def table(self, rows: Sequence[int], features: Sequence[str]) -> pd.DataFrame:
        """Return some rows as a table (sample, feature) under the names ``features``."""
        positions = np.asarray(rows, dtype=int)
        values = np.empty((len(self.samples), len(positions)), dtype=self.values.dtype)
        for first in range(0, len(positions), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            values[:, part] = self.values[positions[part]].T
        return pd.DataFrame(values, index=self.samples, columns=pd.Index(list(features)))


def read_table(source: Path) -> pd.DataFrame:
    """Read numbers, shape (sample, feature), from .csv, .tsv or .txt, gzipped or not, or .parquet.

    The first column, or the index of a Parquet file, names the samples. Columns whose name begins
    with ``_`` may hold text; in all others anything but a finite number or a missing value
    (nothing, ``NA``, ``NaN``, ``null``) is a BadFileError, and so is a name that occurs twice.
    """
    if not source.name.endswith(TABLE_SUFFIXES):
        refuse_impostor(source)
        raise BadFileError(
            source, "is not a known kind of table", f"Bring one of: {', '.join(TABLE_SUFFIXES)}"
        )
    table = _read_parquet(source) if source.suffix == ".parquet" else _read_delimited(source)
    if all(map(is_annotation, table.columns)):
        raise BadFileError(source, "has annotations and no feature", "Bring a table of features")
    numbers = without_annotations(table)
    infinite = np.isinf(numbers.to_numpy())
    if infinite.any():
        where, remedy = place(numbers, infinite), "Leave the cell empty where nothing was measured"
        raise BadFileError(source, "is infinite", remedy, where=where)
    return table


def table_stem(path: Path) -> str:
    """Return the name of a table without its ending, and without what marks a copy of a file."""
    suffix = next((suffix for suffix in TABLE_SUFFIXES if path.name.endswith(suffix)), "")
    return COPY.sub("", path.name.removesuffix(suffix)) if suffix else path.name


def read_annotations(source: Path) -> pd.DataFrame:
    """Read text, shape (row, column), from a delimited file; an empty field is an empty string."""

    def choose(header: list[str]) -> Choice:
        refuse_repeated(header, "column", source)
        return Choice(range(len(header)), [])

    return read_columns(source, choose).texts


def read_descriptions(source: Path) -> pd.DataFrame:
    """Read what is said of samples, columns of numbers or of text, missing where nothing is.

    The first column, or the index of a Parquet file, names the samples. A column is of numbers
    where every cell that says something is one.
    """
    if source.suffix == ".parquet":
        refuse_impostor(source)
        with damage_refused(source):
            refuse_repeated(pyarrow.parquet.read_schema(source).names, "column", source)
            table = pd.read_parquet(source)
        if isinstance(table.index, pd.RangeIndex) and table.shape[1]:
            table = table.set_index(table.columns[0])
    else:
        texts = read_annotations(source)
        table = texts.set_index(texts.columns[0])
    samples = pd.Index(checked_samples([*map(_text, table.index)], source))
    described = {str(name): _described(table[name], source) for name in table.columns}
    return pd.DataFrame(described).set_axis(samples)


def read_feature_rows(
    source: Path, ids: Sequence[str], *, comment: str | None = None
) -> FeatureRows:
    """Read a table in which the columns ``ids`` describe features and all others are samples.

    Those of ``ids`` that the file lacks are left out; the first must be there. A sample that
    occurs twice is a BadFileError.
    """

    def choose(header: list[str]) -> Choice:
        if ids[0] not in header:
            raise BadFileError(source, f"lacks the column {ids[0]!r}", "Bring the file again")
        is_id = [name in ids for name in header]
        positions = range(len(header))
        samples = [i for i in positions if not is_id[i]]
        if not samples:
            raise BadFileError(source, "has no sample", "Bring a table with samples in columns")
        return Choice([header.index(name) for name in ids if name in header], samples)

    read = read_columns(source, choose, comment=comment)
    samples = checked_names(read.number_names, "column", source)
    return FeatureRows(read.texts, read.numbers, pd.Index(samples, dtype=object))


def is_annotation(column: str) -> bool:
    """Whether a column of a table describes the samples and is no feature."""
    return column.startswith(ANNOTATION_PREFIX)


def without_annotations(table: pd.DataFrame) -> pd.DataFrame:
    """Return the features of a table only."""
    return table.loc[:, [not is_annotation(column) for column in table.columns]]


def place(table: pd.DataFrame, wrong: np.ndarray) -> str:
    """Row and column of the first cell that is ``wrong``, a mask of the table's shape."""
    row, column = divmod(int(np.argmax(wrong)), wrong.shape[1])
    return f"row {table.index[row]!r}, column {table.columns[column]!r}"


def refuse_cells(
    table: pd.DataFrame, wrong: np.ndarray, source: Path, what: str, remedy: str
) -> None:
    """Raise BadFileError for the first cell that is ``wrong``, a mask of the table's shape.

    Parameters
    ----------
    what
        Stands behind the cell's value: "is 7, " and this.
    """
    if wrong.any():
        value = table.to_numpy()[wrong][0]
        limits = [round(float(value))] if np.isfinite(value) else []  # of units they are whole
        number = written(value, *limits)
        raise BadFileError(source, f"is {number}, {what}", remedy, where=place(table, wrong))


def _read_delimited(source: Path) -> pd.DataFrame:
    def choose(header: list[str]) -> Choice:
        is_text = np.array([True, *map(is_annotation, checked_features(header[1:], source))])
        return Choice(np.flatnonzero(is_text).tolist(), np.flatnonzero(~is_text).tolist())

    read = read_columns(source, choose)
    names, annotations = read.texts.iloc[:, 0], read.texts.iloc[:, 1:]
    index = pd.Index(checked_samples(list(names), source))
    measured = pd.DataFrame(read.numbers, index=index, columns=[*map(str.strip, read.number_names)])
    if annotations.empty:
        return measured
    described = annotations.set_axis(index).set_axis([*map(str.strip, annotations.columns)], axis=1)
    return pd.concat([described, measured], axis=1)


def _read_parquet(source: Path) -> pd.DataFrame:
    refuse_impostor(source)
    refuse_dense(source)
    with damage_refused(source):
        columns = pyarrow.parquet.read_schema(source).names
    refuse_repeated(columns, "column", source)
    with damage_refused(source):
        table = pd.read_parquet(source)
    if isinstance(table.index, pd.RangeIndex):
        if not table.shape[1] or pd.api.types.is_numeric_dtype(table.dtypes.iloc[0]):
            remedy = "Name them in the index or the first column"
            raise BadFileError(source, "does not name its samples", remedy)
        table = table.set_index(table.columns[0])
    names = checked_samples([*map(_text, table.index)], source)
    features = checked_features([str(column) for column in table.columns], source)
    table = table.set_axis(pd.Index(names)).set_axis(pd.Index(features), axis=1)
    plain = {
        name: _plain_column(table[name], source)
        for name, dtype in zip(features, table.dtypes, strict=True)
        if is_annotation(name) or not (isinstance(dtype, np.dtype) and dtype.kind in "iuf")
    }
    return table.assign(**plain) if plain else table


def _described(column: pd.Series, source: Path) -> pd.Series:
    """Return numbers, or text as categories, which containers can keep."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.astype(float)
    else:
        texts = pd.Series([_text(cell).strip() for cell in column], column.index, dtype=object)
        refuse_nul(texts, f"column {column.name!r}, cell", source)
        refuse_quotes(texts, f"column {column.name!r},", source)
        texts = texts.mask(texts.isin(MISSING), None)
        numbers = pd.to_numeric(texts, errors="coerce").astype(float)
        if numbers.isna().sum() > texts.isna().sum():
            return texts.astype("category")
    wrong = np.isinf(numbers.to_numpy())
    if wrong.any():
        where = f"row {column.index[wrong][0]!r}, column {column.name!r}"
        remedy = "Leave the cell empty where nothing was measured"
        raise BadFileError(source, "is infinite", remedy, where=where)
    return numbers


def _text(cell: Any) -> str:
    is_missing = pd.api.types.is_scalar(cell) and pd.isna(cell)
    return "" if is_missing else str(cell)


def _plain_column(column: pd.Series, source: Path) -> list[str] | pd.Series:
    """Return text of an annotation; numbers of a feature in whatever type they were stored."""
    if is_annotation(str(column.name)):
        texts = [*map(_text, column)]
        refuse_nul(texts, f"column {column.name!r}, cell", source)
        return texts
    if pd.api.types.is_numeric_dtype(column.dtype):  # nullable numbers, and true or false
        return column.astype(np.float32)
    is_text = pd.api.types.is_string_dtype(column.dtype) or column.dtype == object
    numbers = pd.to_numeric(column if is_text else column.astype(str), errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        where = f"row {wrong.index[0]!r}, column {column.name!r}"
        raise not_a_number(wrong.iloc[0], where, source)
    return numbers.astype(np.float32)

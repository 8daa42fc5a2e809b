"""Tables as they are in their files, before anything is checked or changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.genome import Assembly, beyond_chromosome
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, Columns, header_of, read_columns
from deepdep.io.text import open_bytes
from deepdep.sources.inspection.contents import are_in_rows, feature_names, sample_names
from deepdep.sources.inspection.found import SeenTable, TableFacts, Values
from deepdep.sources.segments import (
    read_segment_rows,
    segment_layout,
)
from deepdep.sources.source import Look
from deepdep.sources.tcga.layouts import COMMENT, Layout

FEATURES_IN_ROWS, SAMPLES_IN_ROWS = str(Layout.MATRIX), str(Layout.TRANSPOSED)

# As many values tell the median well enough.
FOR_THE_MEDIAN = 1_000_000

ONE_SEGMENT_PER_ROW = "one segment per row"

AT_ONCE = 1 << 24  # numbers
CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Matrix:
    """Numbers of a table with the names of both axes; ``values`` has shape (row, column)."""

    rows: list[str]
    columns: list[str]
    values: np.ndarray
    features_in_rows: bool

    @property
    def table(self) -> pd.DataFrame:
        """The numbers, shape (sample, feature)."""
        table = pd.DataFrame(self.values, self.rows, self.columns)
        return table.T if self.features_in_rows else table

    @property
    def seen(self) -> SeenTable:
        """What there is to say of it."""
        names = (self.columns, self.rows) if self.features_in_rows else (self.rows, self.columns)
        facts = TableFacts(
            orientation=FEATURES_IN_ROWS if self.features_in_rows else SAMPLES_IN_ROWS,
            n_rows=len(self.rows),
            n_columns=len(self.columns),
            samples=sample_names(names[0]),
            features=feature_names(names[1]),
            values=values_of(self.values),
        )
        return SeenTable(facts, names[1])


@dataclass(frozen=True)
class Axes:
    """Which columns of a file are what.

    Attributes
    ----------
    label
        Position of the column that names the rows.
    numbers
        Positions of the columns of numbers.
    features_in_rows
        Where names do not tell otherwise.
    """

    label: int
    numbers: Sequence[int]
    features_in_rows: bool


def read_matrix(source: Path, axes: Axes, comment: str | None = None) -> Matrix:
    """Read a delimited table."""
    read = read_columns(source, lambda _: Choice([axes.label], axes.numbers), comment=comment)
    rows = [name.strip() for name in read.texts.iloc[:, 0]]
    columns = [name.strip() for name in read.number_names]
    by_names = are_in_rows(rows, columns)
    in_rows = axes.features_in_rows if by_names is None else by_names
    return Matrix(rows, columns, read.numbers, in_rows)


def look_at_matrix(source: Path, axes: Axes, comment: str | None = None) -> SeenTable:
    """Describe a delimited table; by its header only, where its rows cannot be read.

    A file that cannot be unzipped to its end is a BadFileError.
    """
    try:
        return read_matrix(source, axes, comment).seen
    except BadFileError:
        require_whole(source)
    header = header_of(source, comment)
    columns = [header[position].strip() for position in axes.numbers]
    return seen_by_header(columns, features_in_rows=axes.features_in_rows)


def seen_by_header(
    columns: Sequence[str], n_rows: int | None = None, *, features_in_rows: bool = False
) -> SeenTable:
    """Describe a table by the names of its columns, without those that describe the rows."""
    in_rows = features_in_rows or bool(are_in_rows([], columns))
    facts = TableFacts(
        orientation=FEATURES_IN_ROWS if in_rows else SAMPLES_IN_ROWS,
        n_rows=n_rows,
        n_columns=len(columns),
        samples=sample_names(columns) if in_rows else None,
        features=None if in_rows else feature_names(columns),
    )
    return SeenTable(facts, () if in_rows else columns)


def values_of(values: np.ndarray) -> Values | None:
    """Sum up finite numbers of any shape; None where there is none."""
    flat = values.reshape(-1)
    step = -(-flat.size // FOR_THE_MEDIAN)
    n_missing, lows, highs, some = 0, [], [], []
    for first in range(0, flat.size, AT_ONCE):
        part = flat[first : first + AT_ONCE]
        n_missing += int(np.isnan(part).sum())
        finite = part[np.isfinite(part)]
        if finite.size:
            lows.append(finite.min())
            highs.append(finite.max())
            some.append(finite[::step])
    if not some:
        return None
    median = np.median(np.concatenate(some))
    share = n_missing / flat.size
    # Six digits: as many as float32 has, and no more.
    minimum, middle, maximum = (float(f"{x:.6g}") for x in (min(lows), median, max(highs)))
    return Values(minimum, middle, maximum, share)


def require_whole(source: Path) -> None:
    """Raise BadFileError for a file that cannot be unzipped to its end."""
    with open_bytes(source) as stream:
        while stream.read(CHUNK):
            pass


def look_at_mutations(source: Path, sample: str, gene: str) -> Look:
    """Describe a table with one mutation per row by two of its columns."""
    read = _read(source, [sample, gene])
    if read is None:
        return _nothing_but(str(Layout.MUTATIONS))
    samples, genes = (list(read.texts[name].unique()) for name in (sample, gene))
    facts = TableFacts(
        orientation=str(Layout.MUTATIONS),
        n_rows=len(read.texts),
        samples=sample_names(samples),
        features=feature_names(genes),
    )
    return Look((SeenTable(facts, genes),))


def look_at_segments(source: Path, header: Sequence[str]) -> Look:
    """Describe a table of segments; its builds are those in which all of them have a place."""
    layout = segment_layout(header)
    columns = None if layout is None else layout.columns(header)
    read = None if columns is None else _read_positions(source, [columns.sample], [columns.value])
    if read is None or columns is None:
        return _nothing_but(ONE_SEGMENT_PER_ROW)
    try:
        rows = read_segment_rows(source, columns, Notes())
        builds = [build for build in Assembly if not beyond_chromosome(rows, build).any()]
    except BadFileError:
        builds = []
    facts = TableFacts(
        orientation=ONE_SEGMENT_PER_ROW,
        n_rows=len(read.texts),
        samples=sample_names(list(read.texts.iloc[:, 0].unique())),
        values=values_of(read.numbers),
        assembly=" or ".join(builds) or None,
    )
    return Look((SeenTable(facts),))


def look_at_samples(source: Path, column: str, orientation: str) -> Look:
    """Describe a table by the names of samples in one of its columns."""
    read = _read(source, [column])
    if read is None:
        return _nothing_but(orientation)
    samples = sample_names(list(read.texts[column].unique()))
    n_columns = len(header_of(source, COMMENT))
    facts = TableFacts(None, orientation, len(read.texts), n_columns, samples)
    return Look((SeenTable(facts),))


def look_at_names(source: Path, column: str, orientation: str) -> Look:
    """Describe a table by the names of features in one of its columns."""
    read = _read(source, [column])
    if read is None:
        return _nothing_but(orientation)
    names = list(read.texts[column])
    facts = TableFacts(orientation=orientation, n_rows=len(names), features=feature_names(names))
    return Look((SeenTable(facts, names),))


def _read(source: Path, names: Sequence[str]) -> Columns | None:
    """Read columns of text by name; None where the file lacks one or cannot be read."""
    header = header_of(source, COMMENT)
    if not set(names) <= set(header):
        return None
    return _read_positions(source, [header.index(name) for name in names], [])


def _read_positions(source: Path, texts: Sequence[int], numbers: Sequence[int]) -> Columns | None:
    try:
        return read_columns(source, lambda _: Choice(texts, numbers), comment=COMMENT)
    except BadFileError:
        require_whole(source)
        return None


def _nothing_but(orientation: str) -> Look:
    return Look((SeenTable(TableFacts(orientation=orientation)),))

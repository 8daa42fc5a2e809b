"""Tables that are no matrix: one mutation, segment, sample or gene per row."""

from collections.abc import Sequence
from pathlib import Path

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly
from deepdep.domain.segments import beyond_chromosome
from deepdep.io.columns import Choice, Columns, header_of, read_columns
from deepdep.io.inspection.identifiers import feature_names, sample_names
from deepdep.io.inspection.inspection import TableFacts
from deepdep.io.inspection.look import SeenTable, require_whole, values_of
from deepdep.io.inspection.routes import Look
from deepdep.io.segment_layout import SegmentColumns, segment_columns, segment_layout
from deepdep.io.segment_rows import read_segment_rows
from deepdep.io.sources.tcga.layouts import COMMENT, Layout

ONE_SEGMENT_PER_ROW = "one segment per row"


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
    columns = None if layout is None else segment_columns(header, layout)
    read = None if columns is None else _read_positions(source, [columns.sample], [columns.value])
    if read is None or columns is None:
        return _nothing_but(ONE_SEGMENT_PER_ROW)
    facts = TableFacts(
        orientation=ONE_SEGMENT_PER_ROW,
        n_rows=len(read.texts),
        samples=sample_names(list(read.texts.iloc[:, 0].unique())),
        values=values_of(read.numbers),
        assembly=_builds(source, columns),
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


def _builds(source: Path, columns: SegmentColumns) -> str | None:
    try:
        rows = read_segment_rows(source, columns).value
    except BadFileError:
        return None
    fits = [build for build in Assembly if not beyond_chromosome(rows, build).any()]
    return " or ".join(fits) or None

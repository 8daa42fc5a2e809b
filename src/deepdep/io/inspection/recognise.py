"""Which reader a file is for: told by its place, name and header, in the order of certainty."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from deepdep.io.barcodes import is_barcode
from deepdep.io.columns import header_of
from deepdep.io.delimited import rows_of
from deepdep.io.inspection import (
    of_containers,
    of_depmap,
    of_lists,
    of_prep4deepdep,
    of_tables,
    of_tcga,
)
from deepdep.io.inspection.routes import Recognised
from deepdep.io.segment_layout import SegmentLayout, segment_columns, segment_layout
from deepdep.io.sources.tcga.layouts import COMMENT
from deepdep.io.text_files import refuse_impostor

# Layouts whose files name no sample, but for the sample sheet beside them.
WITH_SAMPLE_SHEET = "GDC"


def recognise(source: Path) -> Recognised:
    """Tell what a file is; BadFileError for one that holds no text, or that cannot be opened."""
    container = of_containers.recognise(source) or of_lists.recognise_gene_sets(source)
    if container is not None:
        return container
    refuse_impostor(source)
    placed = of_tables.recognise_placed(source)
    if placed is not None:
        return placed
    if source.suffix == ".parquet":
        return of_tables.recognise(source)
    return _by_header(source, header_of(source, COMMENT))


def _by_header(source: Path, header: Sequence[str]) -> Recognised:
    layout = segment_layout(header)
    if layout is not None:
        return _segments(source, header, layout)
    depmap = None if of_tables.is_named(source) else of_depmap.recognise(source, header)
    known = (
        of_lists.recognise(source, header)
        or depmap
        or of_tcga.recognise(source, header)
        or of_prep4deepdep.recognise(source, header)
    )
    if known is not None:
        return known
    return of_tables.recognise(source) if len(header) > 1 else of_lists.text_of_one_column(source)


def _segments(source: Path, header: Sequence[str], layout: SegmentLayout) -> Recognised:
    if layout.name.startswith(of_depmap.SOURCE):
        return of_depmap.segments(source, header)
    if layout.name == of_prep4deepdep.SOURCE:
        return of_prep4deepdep.segments(source, header)
    if layout.name == WITH_SAMPLE_SHEET or _is_of_tumors(source, header, layout):
        return of_tcga.segments(source, header, layout.name)
    return of_prep4deepdep.segments(source, header)


def _is_of_tumors(source: Path, header: Sequence[str], layout: SegmentLayout) -> bool:
    """Whether the sample of the first row has a barcode."""
    columns = segment_columns(header, layout)
    first = next(islice(rows_of(source, COMMENT), 1, None), None)
    return bool(columns and first and is_barcode(first.fields[columns.sample].strip()))

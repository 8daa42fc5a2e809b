"""Copy-number segments from any source that publishes them."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.genome import Assembly, chromosome_offsets
from deepdep.domain.segments import Segments, beyond_chromosome
from deepdep.io.columns import header_of
from deepdep.io.labels import refuse_repeated
from deepdep.io.noted import Noted, counted
from deepdep.io.segment_layout import SegmentLayout, segment_columns, segment_layout
from deepdep.io.segment_rows import read_segment_rows, refuse
from deepdep.io.segment_values import log2_values


def read_segments(source: Path, assembly: Assembly | None) -> Noted[Segments]:
    """Read segments in log2(CN/2), sorted by place, from a file in any known layout.

    Files number bases from 1 and include both ends. A segment that begins on the base on which
    the one before it ends begins after it; any further overlap is a BadFileError. Samples keep
    the order of the file.

    Parameters
    ----------
    assembly
        What the user says the build is; None lets the layout, or the ends of the segments, tell.
    """
    header = header_of(source)
    layout = segment_layout(header)
    columns = None if layout is None else segment_columns(header, layout)
    if layout is None or columns is None:
        raise BadFileError(
            source,
            f"has the columns of no known table of segments: {shown(header, most=8)}",
            "Name them sample, chr, start, end and value (a log2 ratio), as UCSC Xena does",
            where="line 1",
        )
    used = columns.names(header)
    refuse_repeated([name for name in header if name in used], "column", source)
    rows = read_segment_rows(source, columns)
    valued = log2_values(rows.value, layout, source)
    build = _build(valued.value, layout, assembly, source)
    table = _apart(valued.value, build.value, source)
    size = (
        f"{counted(table['sample'].nunique(), 'sample')} by {header[columns.sample]}, "
        f"{counted(len(table), 'segment')}, {build.value}, in the layout of {layout.name}"
    )
    notes = (size, *build.notes, *rows.notes, *valued.notes)
    return Noted(Segments(table.reset_index(drop=True), build.value), notes)


def _build(
    rows: pd.DataFrame, layout: SegmentLayout, asked: Assembly | None, source: Path
) -> Noted[Assembly]:
    if asked and layout.assembly and asked is not layout.assembly:
        raise BadFileError(
            source,
            f"is in the layout of {layout.name}, which is on {layout.assembly}, not {asked}",
            f"Leave --assembly {asked} out, or name the columns as UCSC Xena does",
        )
    known = asked or layout.assembly
    if known is None:
        return _inferred(rows, source)
    refuse(
        rows,
        beyond_chromosome(rows, known),
        lambda row: f"ends at {row['end']:,}, and chromosome {row['chromosome']} of {known} before",
        "Bring segments of that build only, or name the right one with --assembly",
        source,
    )
    return Noted(known)


def _inferred(rows: pd.DataFrame, source: Path) -> Noted[Assembly]:
    beyond = {build: beyond_chromosome(rows, build) for build in Assembly}
    fits = [build for build in Assembly if not beyond[build].any()]
    if len(fits) == 1:
        return Noted(fits[0], (f"{fits[0]}: the only build whose chromosomes are long enough",))
    if fits:
        raise BadFileError(
            source,
            f"its segments could be on {' or '.join(fits)}",
            "Say which with --assembly",
        )
    places = [
        f"line {rows.index[int(np.argmax(wrong))]} lies beyond chromosome "
        f"{rows['chromosome'].iloc[int(np.argmax(wrong))]} of {build}"
        for build, wrong in beyond.items()
    ]
    raise BadFileError(
        source, f"is of no one build: {', '.join(places)}", "Bring segments of one build"
    )


def _apart(rows: pd.DataFrame, assembly: Assembly, source: Path) -> pd.DataFrame:
    """Sort by sample and place, count from 0, and see that no two segments share a base."""
    samples, _ = pd.factorize(rows["sample"])
    offset = rows["chromosome"].map(chromosome_offsets(assembly)).to_numpy(np.int64)
    order = np.lexsort((rows["start"].to_numpy() + offset, samples))
    rows, samples, offset = rows.iloc[order], samples[order], offset[order]
    follows = (np.diff(samples, prepend=-1) == 0) & (np.diff(offset, prepend=-1) == 0)
    end = rows["end"].to_numpy()
    previous_end = np.where(follows, np.roll(end, 1), 0)
    begins = rows["start"].to_numpy()
    start = np.where(begins == previous_end, previous_end, begins - 1)
    refuse(
        rows,
        follows & ((start < previous_end) | (start >= end)),
        lambda row: (
            f"starts at {row['start']:,} on chromosome {row['chromosome']}, where another segment "
            "of the sample has not ended"
        ),
        "Bring segments that do not overlap, one sequencing per sample",
        source,
    )
    return rows.assign(start=start)

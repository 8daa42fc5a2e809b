"""Copy-number segments from any source that publishes them: their layouts, rows and units."""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepdep.domain.genome import (
    Assembly,
    Segments,
    beyond_chromosome,
    chromosome_name,
    chromosome_offsets,
    is_contig,
)
from deepdep.domain.notes import Notes, UnitChange, counted
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, Omic
from deepdep.errors import BadFileError, shown, written
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.names import refuse_quotes, refuse_repeated

# Names are compared without case, blanks and punctuation: `loc.start`, `Segment_Mean`. Those of
# DNAcopy, GISTIC, CNVkit, GATK, FACETS, TITAN, ichorCNA, ASCAT, Sequenza and R's GRanges.
_CHROMOSOME = ("chromosome", "chrom", "chr", "contig", "seqnames", "seqname")
_START = (
    *("start", "locstart", "startbp", "startpos", "startposition", "startpositionbp"),
    *("chromstart", "segstart", "segmentstart", "chromosomestart"),
)
_END = (
    *("end", "stop", "locend", "endbp", "endpos", "endposition", "endpositionbp"),
    *("chromend", "segend", "segmentend", "chromosomeend"),
)
_IS_DEFAULT = ("isdefaultentryformodel", "isdefaultentry")
_GDC_ALIQUOT = ("gdcaliquot", "gdcaliquotid")
_SAMPLE = (
    *("sample", "id", "sampleid", "samplename", "tumorsamplebarcode", "barcode", "tumorid"),
    *("tumor", "tumorsample", "aliquot", "array", "case", "caseid", "submitterid"),
)
_LOG2 = (
    *("segmean", "segmentmean", "segcn", "segmedianlogr", "cnlrmedian", "segmedianmean"),
    *("medianlogr", "meanlogr", "logr", "log2", "log2ratio", "logratio", "lrr", "log2copyratio"),
    *("meanlog2copyratio", "log2meancn", "segmentlog2ratio", "meanlog2ratio", "segmentlogr"),
)
_COPIES = (
    *("copynumber", "totalcopynumber", "totalcn", "tcn", "tcnem", "cn", "cnt", "ntotal"),
    *("modaltotalcn", "correctedcopynumber"),
)

YES_AND_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

MOST_BASES = 1_000_000_000  # four times the longest chromosome

UNIT = UNITS[DEFAULT_UNITS[Omic.COPY_NUMBER]]

# Medians of log2 ratios, of ratios and of copies lie near 0, 1 and 2: half-way between them.
RATIOS_ABOVE, COPIES_ABOVE = 0.5, 1.5


class SegmentScale(StrEnum):
    """How a number stands for the copies of a segment."""

    LOG2 = "log2 ratios"
    RATIO = "linear ratios"  # to the sample's ploidy
    COPIES = "copies"


@dataclass(frozen=True)
class SegmentColumns:
    """Positions of the columns in a header; ``is_default`` marks one sequencing per model."""

    sample: int
    chromosome: int
    start: int
    end: int
    value: int
    is_default: int | None

    def names(self, header: Sequence[str]) -> list[str]:
        """Return the names that these columns have in the header."""
        positions = (self.sample, self.chromosome, self.start, self.end, self.value)
        named = [header[position] for position in positions]
        return named if self.is_default is None else [*named, header[self.is_default]]


@dataclass(frozen=True)
class SegmentLayout:
    """How one source publishes segments.

    Attributes
    ----------
    name
        Source and release, in words.
    samples, values
        Columns that may hold the sample and its copy number; the best come first.
    scale
        What the values are: copies, ratios to the sample's ploidy, or log2 of those.
    assembly
        The build, where the layout tells it.
    """

    name: str
    samples: tuple[str, ...]
    values: tuple[str, ...]
    scale: SegmentScale
    assembly: Assembly | None

    def columns(self, header: Sequence[str]) -> SegmentColumns | None:
        """Find the columns of this layout by name; None where one is absent."""
        plain = [_plain(column) for column in header]
        sample, chromosome, start, end, value, is_default = (
            next((plain.index(name) for name in names if name in plain), None)
            for names in (self.samples, _CHROMOSOME, _START, _END, self.values, _IS_DEFAULT)
        )
        if sample is None or chromosome is None or start is None or end is None or value is None:
            return None
        return SegmentColumns(sample, chromosome, start, end, value, is_default)


# A layout whose columns are also those of a later one comes first.
LAYOUTS = (
    SegmentLayout(
        "DepMap 25Q2 or later",
        ("modelid", "profileid", "sequencingid"),
        ("segmentcopynumber",),
        SegmentScale.RATIO,
        Assembly.HG38,
    ),
    SegmentLayout(
        "DepMap before 25Q2",
        ("modelid", "depmapid", "profileid"),
        ("segmentmean",),
        SegmentScale.RATIO,
        None,  # hg19 in the older of them, then hg38
    ),
    SegmentLayout(
        "Prep4DeepDEP", ("cclename",), ("segmentmean",), SegmentScale.LOG2, Assembly.HG19
    ),
    SegmentLayout("GDC", _GDC_ALIQUOT, ("segmentmean",), SegmentScale.LOG2, Assembly.HG38),
    SegmentLayout("GDC, ASCAT", _GDC_ALIQUOT, ("copynumber",), SegmentScale.COPIES, Assembly.HG38),
    SegmentLayout("SEG", _SAMPLE, _LOG2, SegmentScale.LOG2, None),
    SegmentLayout("UCSC Xena", _SAMPLE, ("value",), SegmentScale.LOG2, None),
    SegmentLayout("total copy number", _SAMPLE, _COPIES, SegmentScale.COPIES, None),
)


def has_places(header: Sequence[str]) -> bool:
    """Whether columns have the names of chromosomes, starts and ends, as those of segments."""
    plain = {_plain(column) for column in header}
    return all(plain.intersection(names) for names in (_CHROMOSOME, _START, _END))


def segment_layout(header: Sequence[str]) -> SegmentLayout | None:
    """Tell the layout of a table of segments; None for a table of anything else."""
    return next((layout for layout in LAYOUTS if layout.columns(header)), None)


def read_segment_rows(source: Path, columns: SegmentColumns, notes: Notes) -> pd.DataFrame:
    """Read the segments of chromosomes, by line.

    Left out are those of other sequences, those without a value, and all but the default
    sequencing of a DepMap model.

    Returns
    -------
    Columns ``sample``, ``chromosome``, ``start`` and ``end`` as in the file, and ``value``.
    """
    rows = _read(source, columns)
    if "is_default" in rows:
        is_default = _relabelled(
            rows["is_default"], lambda cell: YES_AND_NO.get(cell.strip().lower())
        )
        refuse(
            rows,
            is_default.isna().to_numpy(),
            lambda row: f"is the default entry of its model: {row['is_default']!r}, not Yes or No",
            "Bring the release's file as it was published",
            source,
        )
        others = ~is_default.to_numpy(bool)
        rows = rows.drop(columns="is_default")
        rows = without(rows, others, "not of the default entry of their model", source, notes)
    names = _relabelled(rows["chromosome"], chromosome_name)
    nowhere = names.isna().to_numpy()
    contigs = _relabelled(rows["chromosome"], is_contig).to_numpy(bool)
    refuse(
        rows,
        nowhere & ~contigs,
        lambda row: f"{row['chromosome']!r} is no human chromosome",
        "Write 1 to 22, X or Y, with or without chr",
        source,
    )
    reason = f"on no chromosome ({shown(list(rows['chromosome'][nowhere].unique()))})"
    placed = without(rows.assign(chromosome=names), nowhere, reason, source, notes)
    missing = placed["value"].isna().to_numpy()
    return without(placed, missing, "without a value", source, notes)


def refuse(
    rows: pd.DataFrame,
    wrong: np.ndarray,
    problem: Callable[[pd.Series], str],
    remedy: str,
    source: Path,
) -> None:
    """Raise BadFileError for the first row that is ``wrong``, if any."""
    if wrong.any():
        row = rows.iloc[int(np.argmax(wrong))]
        where = f"line {row.name}, sample {row['sample']!r}"
        raise BadFileError(source, problem(row), remedy, where=where)


def without(
    rows: pd.DataFrame, left_out: np.ndarray, reason: str, source: Path, notes: Notes
) -> pd.DataFrame:
    """Leave out some rows and say so; nothing left is an error."""
    if left_out.all():
        raise BadFileError(source, f"has no segment but those {reason}", "Bring another file")
    if not left_out.any():
        return rows
    kept = rows[~left_out]
    lost = rows["sample"][left_out & ~rows["sample"].isin(kept["sample"].unique())].unique()
    thereby = f"; {counted(len(lost), 'sample')} thereby" if len(lost) else ""
    fate = f"left out, {reason}{thereby}"
    notes.count(int(left_out.sum()), "segment", fate, list(lost))
    return kept


def log2_values(
    rows: pd.DataFrame, layout: SegmentLayout, source: Path, notes: Notes
) -> pd.DataFrame:
    """Return rows with their values in log2(CN/2), or a BadFileError where they cannot be.

    Copies are divided by the sample's ploidy, their mean over all bases.
    """
    values, scale = rows["value"].to_numpy(), layout.scale
    if scale is SegmentScale.COPIES and (values < 0).any():
        scale = SegmentScale.LOG2  # what is negative is no number of copies
    _require_scale(rows, scale, source)
    if scale is SegmentScale.COPIES:
        values = values / _ploidy(rows, source)
    with np.errstate(divide="ignore"):
        ratios = values if scale is SegmentScale.LOG2 else np.log2(values)
    refuse(
        rows,
        ratios > UNIT.maximum,
        lambda row: (
            f"is {written(row['value'], UNIT.maximum)}, beyond the range of {UNIT.name}, "
            f"{UNIT.maximum:g}"
        ),
        "Bring ratios to the sample's ploidy, or their log2",
        source,
    )
    if scale is SegmentScale.RATIO:
        notes.add(UnitChange(str(scale), "log2"))
    elif scale is SegmentScale.COPIES:
        notes.add(UnitChange(str(scale), "log2 of their ratio to the sample's mean"))
    n_lost = int(np.isneginf(ratios).sum())
    lost = f", {n_lost:,} of them without any copy left," if n_lost else ""
    n_raised = int((ratios < UNIT.minimum).sum())
    if n_raised:
        notes.add(f"{counted(n_raised, 'segment')}{lost} set to {UNIT.minimum:g}, the lowest value")
    return rows.assign(value=np.maximum(ratios, UNIT.minimum))


def _require_scale(rows: pd.DataFrame, scale: SegmentScale, source: Path) -> None:
    """Raise BadFileError for values on another scale than that of their layout."""
    values, median = rows["value"].to_numpy(), rows["value"].median()
    if scale is SegmentScale.RATIO:
        refuse(
            rows,
            values < 0,
            lambda row: f"is {row['value']:g}, where this layout holds linear ratios",
            "If these are log2 ratios, name the sample's column `sample` and the ratios' `value`",
            source,
        )
        if median > COPIES_ABOVE:
            raise BadFileError(
                source,
                f"centres on {median:.2g}: absolute copy numbers, where this layout holds ratios "
                "to the sample's ploidy",
                "Divide them by the ploidy",
            )
    elif scale is SegmentScale.LOG2 and values.min() >= 0 and median > RATIOS_ABOVE:
        raise BadFileError(
            source,
            f"has no negative value and centres on {median:.2g}: linear copy number, where this "
            "layout holds log2 ratios",
            "Take the log2 of the ratios, or name the column of copies copy_number",
        )


def _ploidy(rows: pd.DataFrame, source: Path) -> np.ndarray:
    """Mean number of copies of each row's sample, by length; none at all is a BadFileError."""
    length = rows["end"] - rows["start"] + 1
    by_sample = (length * rows["value"]).groupby(rows["sample"]).sum()
    ploidy = rows["sample"].map(by_sample / length.groupby(rows["sample"]).sum()).to_numpy()
    refuse(rows, ploidy == 0, lambda _: "has no copy of anything", "Bring its copies", source)
    return ploidy


def read_segments(source: Path, assembly: Assembly | None, notes: Notes) -> Segments:
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
    columns = None if layout is None else layout.columns(header)
    if layout is None or columns is None:
        raise BadFileError(
            source,
            f"has the columns of no known table of segments: {shown(header, most=8)}",
            "Name them sample, chr, start, end and value (a log2 ratio) or copy_number",
            where="line 1",
        )
    used = columns.names(header)
    refuse_repeated([name for name in header if name in used], "column", source)
    first = notes.place()
    rows = read_segment_rows(source, columns, notes)
    valued = log2_values(rows, layout, source, notes)
    build = _build(valued, layout, assembly, source, first)
    table = _apart(valued, build, source)
    first.add_first(
        f"{counted(table['sample'].nunique(), 'sample')} by {header[columns.sample]}, "
        f"{counted(len(table), 'segment')}, {build}, in the layout of {layout.name}"
    )
    return Segments(table.reset_index(drop=True), build)


def _build(
    rows: pd.DataFrame, layout: SegmentLayout, given: Assembly | None, source: Path, notes: Notes
) -> Assembly:
    if given and layout.assembly and given is not layout.assembly:
        raise BadFileError(
            source,
            f"is in the layout of {layout.name}, which is on {layout.assembly}, not {given}",
            f"Leave --assembly {given} out, or name the columns as UCSC Xena does",
        )
    build = given or layout.assembly
    if build is not None:
        refuse(
            rows,
            beyond_chromosome(rows, build),
            lambda row: (
                f"ends at {row['end']:,}, and chromosome {row['chromosome']} of {build} before"
            ),
            "Bring segments of that build only, or name the right one with --assembly",
            source,
        )
        return build
    beyond = {build: beyond_chromosome(rows, build) for build in Assembly}
    fits = [build for build in Assembly if not beyond[build].any()]
    if len(fits) == 1:
        notes.about(fits[0]).add("the only build whose chromosomes are long enough")
        return fits[0]
    if fits:
        problem, remedy = (
            f"its segments could be on {' or '.join(fits)}",
            "Say which with --assembly",
        )
        raise BadFileError(source, problem, remedy)
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


def _read(source: Path, columns: SegmentColumns) -> pd.DataFrame:
    texts = [columns.sample, columns.chromosome, columns.start, columns.end]
    names = ["sample", "chromosome", "start", "end"]
    if columns.is_default is not None:
        texts, names = [*texts, columns.is_default], [*names, "is_default"]
    read = read_columns(source, lambda _: Choice(texts, [columns.value]))
    lines = pd.RangeIndex(2, len(read.texts) + 2)
    rows = read.texts.set_axis(names, axis=1).set_axis(lines)
    rows = rows.assign(
        sample=_relabelled(rows["sample"], str.strip), value=read.numbers[:, 0].astype(np.float64)
    )
    refuse_quotes(rows["sample"].unique(), "sample", source)
    unnamed = rows["sample"].eq("").to_numpy()
    refuse(rows, unnamed, lambda _: "has no sample", "Name the sample in every row", source)
    rows = rows.assign(start=_places(rows, "start", source), end=_places(rows, "end", source))
    refuse(
        rows,
        ((rows["start"] > rows["end"]) | (rows["end"] == 0)).to_numpy(),
        lambda row: f"starts at {row['start']:,} but ends at {row['end']:,}",
        "A segment cannot end before it starts: check these columns",
        source,
    )
    return rows


def _places(rows: pd.DataFrame, column: str, source: Path) -> np.ndarray:
    numbers = pd.to_numeric(rows[column], errors="coerce").to_numpy(np.float64)
    whole = (numbers >= 0) & (numbers < MOST_BASES) & (np.floor(numbers) == numbers)
    refuse(
        rows,
        ~whole,
        lambda row: f"its {column} is {str(row[column])[:40]!r}, no place on a chromosome",
        "Write a whole number of bases, without separators",
        source,
    )
    return numbers.astype(np.int64)


def _relabelled(column: pd.Series, relabel: Callable[[str], Hashable]) -> pd.Series:
    """Apply a function to each label once; segments repeat theirs thousands of times."""
    labels: dict[Any, Any] = {label: relabel(label) for label in column.unique()}
    return column.map(labels)


def _plain(column: str) -> str:
    return re.sub(r"[\W_]", "", column).lower()

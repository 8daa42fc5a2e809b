"""The layouts in which copy-number segments are published, told apart by the names of columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deepdep.domain.genome import Assembly

# Names are compared without case, blanks and punctuation: `loc.start`, `Segment_Mean`.
_CHROMOSOME = ("chromosome", "chrom", "chr", "contig")
_START = ("start", "locstart")
_END = ("end", "locend")
_IS_DEFAULT = ("isdefaultentryformodel", "isdefaultentry")


@dataclass(frozen=True)
class SegmentLayout:
    """How one source publishes segments.

    Attributes
    ----------
    name
        Source and release, in words.
    samples, values
        Columns that may hold the sample and its copy number; the best come first.
    is_linear
        Whether values are relative to the sample's ploidy, 1 where nothing is gained or lost;
        else they are log2 of that.
    assembly
        The build, where the layout tells it.
    """

    name: str
    samples: tuple[str, ...]
    values: tuple[str, ...]
    is_linear: bool
    assembly: Assembly | None


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


# A layout whose columns are also those of a later one comes first.
LAYOUTS = (
    SegmentLayout(
        "DepMap 25Q2 or later",
        ("modelid", "profileid", "sequencingid"),
        ("segmentcopynumber",),
        is_linear=True,
        assembly=Assembly.HG38,
    ),
    SegmentLayout(
        "DepMap before 25Q2",
        ("modelid", "depmapid", "profileid"),
        ("segmentmean",),
        is_linear=True,
        assembly=None,  # hg19 in the older of them, then hg38
    ),
    SegmentLayout(
        "Prep4DeepDEP", ("cclename",), ("segmentmean",), is_linear=False, assembly=Assembly.HG19
    ),
    SegmentLayout(
        "GDC",
        ("gdcaliquot", "gdcaliquotid"),
        ("segmentmean",),
        is_linear=False,
        assembly=Assembly.HG38,
    ),
    SegmentLayout(
        "SEG", ("id", "sample"), ("segmean", "segmentmean"), is_linear=False, assembly=None
    ),
    SegmentLayout("UCSC Xena", ("sample",), ("value",), is_linear=False, assembly=None),
)


def segment_layout(header: Sequence[str]) -> SegmentLayout | None:
    """Tell the layout of a table of segments; None for a table of anything else."""
    return next((layout for layout in LAYOUTS if segment_columns(header, layout)), None)


def segment_columns(header: Sequence[str], layout: SegmentLayout) -> SegmentColumns | None:
    """Find the columns of a layout by name; None where one is absent."""
    sample, chromosome, start, end, value, is_default = (
        _position(header, names)
        for names in (layout.samples, _CHROMOSOME, _START, _END, layout.values, _IS_DEFAULT)
    )
    if sample is None or chromosome is None or start is None or end is None or value is None:
        return None
    return SegmentColumns(sample, chromosome, start, end, value, is_default)


def _position(header: Sequence[str], names: Sequence[str]) -> int | None:
    plain = [re.sub(r"[\W_]", "", column).lower() for column in header]
    return next((plain.index(name) for name in names if name in plain), None)

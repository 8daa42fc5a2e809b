"""DepMap's copy number: by gene, or in bins made of segments."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly
from deepdep.domain.segments import bin_segments
from deepdep.io.copy_number_values import UNIT, Scale, scale_of_values, to_log2_ratio
from deepdep.io.import_options import ImportOptions
from deepdep.io.noted import Noted, about
from deepdep.io.omic_values import OmicTable, in_unit
from deepdep.io.segments import read_segments
from deepdep.io.sources.depmap.matrix import read_gene_matrix

# Up to 23Q4 OmicsCNGene held log2(x+1); since, that is in PortalOmicsCNGeneLog2.
FIRST_LINEAR = "24Q2"

# A whole release in linear ratios has values above 8: cell lines with sixteen copies of MYC, EGFR
# or ERBB2 are common. A small table may have none.
CELLS_OF_A_RELEASE = 5_000_000


@dataclass(frozen=True)
class CopyNumber:
    """Log2(CN/2), shape (model, gene or bin), and the build that bins are places in."""

    known: OmicTable
    assembly: Assembly | None


def read_copy_number(
    by_gene: Path | None, segments: Path | None, release: str | None, options: ImportOptions
) -> Noted[CopyNumber | None]:
    """Read the table by gene; bins of the segments where bins are asked for, or without it."""
    if segments is not None and (options.bins is not None or by_gene is None):
        return _without(by_gene, _read_binned(segments, options), "bins being asked for")
    if by_gene is None:
        return Noted(None)
    if options.bins is not None:
        raise BadFileError(
            by_gene,
            "is by gene, but bins were asked for",
            "Put OmicsCNSegmentsWGS.csv beside it, or ask for no bins",
        )
    return _without(segments, _read_by_gene(by_gene, release, options), f"{by_gene.name} is there")


def _without(left_out: Path | None, read: Noted[CopyNumber], why: str) -> Noted[CopyNumber]:
    if left_out is None:
        return read
    return Noted(read.value, (*read.notes, f"{left_out.name}: left out, {why}"))


def _read_binned(source: Path, options: ImportOptions) -> Noted[CopyNumber]:
    segments = read_segments(source, options.assembly)
    bins = options.bins_on(segments.value.assembly, source)
    known = in_unit(bin_segments(segments.value, bins), UNIT.name, source)
    notes = about(source.name, (*known.notes, *segments.notes))
    return Noted(CopyNumber(known.value, segments.value.assembly), notes)


def _read_by_gene(source: Path, release: str | None, options: ImportOptions) -> Noted[CopyNumber]:
    matrix = read_gene_matrix(source, options.genes)
    scale = _scale(matrix.value, source, release, options)
    ratios = to_log2_ratio(matrix.value, scale.value, source)
    known = in_unit(ratios.value, UNIT.name, source)
    notes = (*known.notes, *scale.notes, *ratios.notes, *matrix.notes)
    return Noted(CopyNumber(known.value, None), about(source.name, notes))


def _scale(
    table: pd.DataFrame, source: Path, release: str | None, options: ImportOptions
) -> Noted[Scale]:
    """Take what the user says, else what the values tell, else what name and release do."""
    if options.copy_number_unit is not None:
        return Noted(Scale(options.copy_number_unit))
    told = scale_of_values(table)
    if told is not None:
        return Noted(told)
    if source.name.startswith("Portal"):
        return Noted(Scale.LOG2_PLUS_1)
    if source.name.startswith("OmicsCNGeneWGS"):
        return Noted(Scale.LINEAR)
    if release is not None and release < FIRST_LINEAR:
        return Noted(Scale.LOG2_PLUS_1, (f"{release} has log2(x+1) here",))
    if release is None and table.size >= CELLS_OF_A_RELEASE:
        return Noted(Scale.LOG2_PLUS_1, ("no value above 8: log2(x+1), as up to 23Q4",))
    if release is None:
        before = f"of a release before {FIRST_LINEAR}, say --copy-number-unit '{Scale.LOG2_PLUS_1}'"
        return Noted(Scale.LINEAR, (f"taken for linear ratios; {before}",))
    return Noted(Scale.LINEAR, (f"{release} has linear ratios here",))

"""Copy-number segments, and what they amount to in bins."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from deepdep.domain.bins import Bins
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.genome import CHROMOSOME_LENGTHS, Assembly, chromosome_offsets

# Share of a bin that segments must cover, lest a mean over a sliver stand for the whole.
LEAST_COVERED = 0.5


@dataclass(frozen=True)
class Segments:
    """Stretches of chromosomes over which a sample has one copy number.

    Attributes
    ----------
    table
        One row per segment: ``sample``, ``chromosome``, ``start``, ``end`` and ``value``, which is
        log2(CN/2). Places are counted from 0 and the end is not part of the segment: a file that
        counts from 1 and includes both ends, as nearly all do, has ``start + 1`` and ``end``.
    assembly
        The build that the places are of.
    """

    table: pd.DataFrame
    assembly: Assembly


class Uncovered(StrEnum):
    """What a bin holds for its bases that no segment covers."""

    MISSING = "missing"  # they count for nothing; a bin that is hardly covered is NaN
    ZERO = "zero"  # they count as two copies, as DeepDEP's published preparation has it


class AssemblyMismatchError(DeepDEPError):
    """Segments and bins are places in different builds."""

    def __init__(self, segments: Assembly, bins: Assembly) -> None:
        super().__init__(
            f"segments are on {segments} and bins on {bins}: their places are not the same. "
            f"Choose bins on {segments}, or lift the segments over to {bins}."
        )


@dataclass(frozen=True)
class _Profile:
    """A step function along the genome, chromosomes end to end: one sample's copy number.

    Attributes
    ----------
    breaks
        Where a segment starts or ends, increasing.
    heights, depths
        Sum of the values of the segments, and number of segments, between a break and the next.
    """

    breaks: np.ndarray
    heights: np.ndarray
    depths: np.ndarray


@dataclass(frozen=True)
class _Edges:
    """Starts and ends of bins along the genome, each place once, and which are whose."""

    places: np.ndarray
    start: np.ndarray
    end: np.ndarray


def bin_segments(
    segments: Segments,
    bins: Bins,
    *,
    uncovered: Uncovered = Uncovered.MISSING,
    least_covered: float = LEAST_COVERED,
) -> pd.DataFrame:
    """Average the segments of each sample over bins.

    A sample's integral along the genome is piecewise linear between the ends of segments, so a
    bin's sum is the difference of the integral at its two edges. The only error is rounding:
    at most 1e-5 over the number of bases averaged. Where segments overlap, each counts.

    Parameters
    ----------
    uncovered
        ``MISSING``: the mean over the covered part, NaN where it is less than ``least_covered`` of
        the bin. ``ZERO``: overlap x value, summed over segments, over the width of the bin.

    Returns
    -------
    log2(CN/2), shape (sample, bin), float32; samples in the order of the segments' table.
    """
    if segments.assembly is not bins.assembly:
        raise AssemblyMismatchError(segments.assembly, bins.assembly)
    offsets = chromosome_offsets(segments.assembly)
    edges = _edges(bins.table, offsets)
    width = edges.places[edges.end] - edges.places[edges.start]
    profiles = _profiles(segments.table, offsets)
    means = np.empty((len(profiles), len(width)), dtype=np.float32)
    for row, profile in enumerate(profiles.values()):
        total = _sums(profile.breaks, profile.heights, edges)
        if uncovered is Uncovered.ZERO:
            means[row] = total / width
        else:
            covered = _sums(profile.breaks, profile.depths, edges)
            enough = (covered > 0) & (covered >= least_covered * width)
            means[row] = np.divide(total, covered, where=enough, out=np.full(len(width), np.nan))
    names = pd.Index(list(bins.table["name"]), dtype=object)
    return pd.DataFrame(means, index=pd.Index(list(profiles), dtype=object), columns=names)


def beyond_chromosome(table: pd.DataFrame, assembly: Assembly) -> np.ndarray:
    """Which segments, or bins, end where their chromosome has ended in this build."""
    length = table["chromosome"].map(CHROMOSOME_LENGTHS[assembly]).to_numpy(np.int64)
    return table["end"].to_numpy() > length


def _profiles(table: pd.DataFrame, offsets: dict[str, int]) -> dict[str, _Profile]:
    offset = table["chromosome"].map(offsets).to_numpy(np.int64)
    start, end = table["start"].to_numpy() + offset, table["end"].to_numpy() + offset
    value = table["value"].to_numpy(np.float64)
    codes, samples = pd.factorize(table["sample"])
    rows_of_samples = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return {
        sample: _profile(start[rows], end[rows], value[rows])
        for sample, rows in zip(samples, rows_of_samples, strict=True)
    }


def _profile(start: np.ndarray, end: np.ndarray, value: np.ndarray) -> _Profile:
    breaks, place = np.unique(np.concatenate([start, end]), return_inverse=True)
    one = np.ones(len(value))
    depths = np.cumsum(np.bincount(place, weights=np.concatenate([one, -one])))
    heights = np.cumsum(np.bincount(place, weights=np.concatenate([value, -value])))
    # Between segments the sum is 0 but for rounding; an uncovered bin shall be 0 exactly.
    return _Profile(breaks.astype(np.float64), np.where(depths > 0, heights, 0.0), depths)


def _edges(table: pd.DataFrame, offsets: dict[str, int]) -> _Edges:
    offset = table["chromosome"].map(offsets).to_numpy(np.int64)
    both = np.concatenate([table["start"].to_numpy() + offset, table["end"].to_numpy() + offset])
    places, which = np.unique(both, return_inverse=True)
    return _Edges(places.astype(np.float64), which[: len(table)], which[len(table) :])


def _sums(breaks: np.ndarray, steps: np.ndarray, edges: _Edges) -> np.ndarray:
    """Integrate a step function over each bin."""
    areas = np.cumsum(steps[:-1] * np.diff(breaks))
    integral = np.interp(edges.places, breaks, np.concatenate([[0.0], areas]))
    return integral[edges.end] - integral[edges.start]

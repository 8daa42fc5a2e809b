"""Chromosomes, bins, and copy-number segments with what they amount to in bins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

import numpy as np
import pandas as pd

from deepdep.errors import DeepDEPError


class Assembly(StrEnum):
    """A build of the human genome; places in one are not places in the other."""

    HG19 = "hg19"
    HG38 = "hg38"


AUTOSOMES = tuple(str(number) for number in range(1, 23))
CHROMOSOMES = (*AUTOSOMES, "X", "Y")

# Bases of the primary chromosomes, in the order of CHROMOSOMES: GRCh37 and GRCh38 of the Genome
# Reference Consortium, 3,095,677,412 and 3,088,269,832 in all.
_HG19 = (
    *(249_250_621, 243_199_373, 198_022_430, 191_154_276, 180_915_260, 171_115_067),
    *(159_138_663, 146_364_022, 141_213_431, 135_534_747, 135_006_516, 133_851_895),
    *(115_169_878, 107_349_540, 102_531_392, 90_354_753, 81_195_210, 78_077_248),
    *(59_128_983, 63_025_520, 48_129_895, 51_304_566, 155_270_560, 59_373_566),
)
_HG38 = (
    *(248_956_422, 242_193_529, 198_295_559, 190_214_555, 181_538_259, 170_805_979),
    *(159_345_973, 145_138_636, 138_394_717, 133_797_422, 135_086_622, 133_275_309),
    *(114_364_328, 107_043_718, 101_991_189, 90_338_345, 83_257_441, 80_373_285),
    *(58_617_616, 64_444_167, 46_709_983, 50_818_468, 156_040_895, 57_227_415),
)

CHROMOSOME_LENGTHS = {
    Assembly.HG19: dict(zip(CHROMOSOMES, _HG19, strict=True)),
    Assembly.HG38: dict(zip(CHROMOSOMES, _HG38, strict=True)),
}

# Tables that passed through R or pandas hold `23` for X, and `7.0` for 7.
_CHROMOSOME = re.compile(r"(?:chr)?0?(\d{1,2}|X|Y)(?:\.0)?$", re.IGNORECASE)
_SEX_CHROMOSOMES = {"23": "X", "24": "Y"}

# Mitochondria (also 25 and 26), unplaced and alternate sequence, decoys, HLA alleles, viruses.
_CONTIG = re.compile(
    r"(chr)?(M|MT|25|26|Un|EBV)([_.].*)?$"
    r"|.*_(random|alt|fix|decoy|hap\d+)$"
    r"|(GL|KI|KB|KE|KN|KQ|KV|KZ|JH|ML|MU|NC_|NT_|NW_)\d+(\.\d+)?$"
    r"|HLA-.*|hs3[78]d\w*$",
    re.IGNORECASE,
)

# Y is left out: half of the patients have none, and its share tells sex before it tells disease.
BINNED_CHROMOSOMES = (*AUTOSOMES, "X")

LEAST_WIDTH = 1_000  # bases; 3 million bins, finer than arrays and exomes resolve

_NAME = r"(?P<assembly>\w+):chr(?P<chromosome>\w+):(?P<start>\d{1,9})-(?P<end>\d{1,9})"

# Share of a bin that segments must cover, lest a mean over a sliver stand for the whole.
LEAST_COVERED = 0.5


class AssemblyMismatchError(DeepDEPError):
    """Segments and bins are places in different builds."""

    def __init__(self, segments: Assembly, bins: Assembly) -> None:
        super().__init__(
            f"segments are on {segments} and bins on {bins}: their places are not the same. "
            f"Choose bins on {segments}, or lift the segments over to {bins}."
        )


@dataclass(frozen=True)
class Bins:
    """Stretches of the genome, each a feature.

    Attributes
    ----------
    table
        One row per bin: ``name``, ``chromosome``, ``start`` and ``end``. Places are counted from
        0 and the end is not part of the bin: 0 to 10,000 are the bases 1 to 10,000.
    assembly
        The build that the places are of.
    """

    table: pd.DataFrame
    assembly: Assembly

    @classmethod
    def uniform(
        cls, width: int, assembly: Assembly, chromosomes: Sequence[str] = BINNED_CHROMOSOMES
    ) -> "Bins":
        """Cut chromosomes into bins of ``width`` bases; the last of each ends with the chromosome.

        A bin is named after its build and place, ``hg38:chr7:55000000-56000000``; see ``named``.
        """
        if width < LEAST_WIDTH:
            raise DeepDEPError(
                f"bin width {width:,}: bins of fewer than {LEAST_WIDTH:,} bases are finer than any "
                f"segments. Choose {LEAST_WIDTH:,} or more."
            )
        lengths = [CHROMOSOME_LENGTHS[assembly][chromosome] for chromosome in chromosomes]
        starts = [np.arange(0, length, width) for length in lengths]
        n_bins = [*map(len, starts)]
        start = np.concatenate(starts)
        end = np.minimum(start + width, np.repeat(lengths, n_bins))
        chromosome = np.repeat(np.array(chromosomes, dtype=object), n_bins)
        places = zip(chromosome, start, end, strict=True)
        name = [f"{assembly}:chr{c}:{a}-{b}" for c, a, b in places]
        table = {"name": name, "chromosome": chromosome, "start": start, "end": end}
        return cls(pd.DataFrame(table), assembly)

    @classmethod
    def named(cls, names: Sequence[str]) -> "Bins | None":
        """Return the bins that have these names; None where they are not all bins of one build.

        Reads the names that ``uniform`` gives, in any order and of any width.
        """
        parts = pd.Series(names, dtype=object).str.extract(f"^{_NAME}$")
        builds = parts["assembly"].unique()
        if len(builds) != 1 or builds[0] not in list(Assembly):
            return None
        assembly = Assembly(builds[0])
        length = parts["chromosome"].map(CHROMOSOME_LENGTHS[assembly])
        places = parts[["start", "end"]].astype(np.int64)
        if not ((places["start"] < places["end"]) & (places["end"] <= length)).all():
            return None
        table = pd.DataFrame({"name": list(names), "chromosome": parts["chromosome"]}).join(places)
        return cls(table, assembly)


class Uncovered(StrEnum):
    """What a bin holds for its bases that no segment covers."""

    MISSING = "missing"  # they count for nothing; a bin that is hardly covered is NaN
    ZERO = "zero"  # they count as two copies, as DeepDEP's published preparation has it


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

    def binned(
        self,
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
            ``MISSING``: the mean over the covered part, NaN where it is less than
            ``least_covered`` of the bin. ``ZERO``: overlap x value, summed over segments, over the
            width of the bin.

        Returns
        -------
        log2(CN/2), shape (sample, bin), float32; samples in the order of the segments' table.
        """
        if self.assembly is not bins.assembly:
            raise AssemblyMismatchError(self.assembly, bins.assembly)
        edges = _Edges.of_bins(bins)
        start, end = _along_genome(self.table, self.assembly)
        value = self.table["value"].to_numpy(np.float64)
        codes, samples = pd.factorize(self.table["sample"])
        rows_of_samples = np.split(
            np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1]
        )
        means = np.empty((len(samples), len(edges.width)), dtype=np.float32)
        for sample, rows in enumerate(rows_of_samples):
            profile = _Profile.of_segments(start[rows], end[rows], value[rows])
            total = edges.sums(profile.breaks, profile.heights)
            if uncovered is Uncovered.ZERO:
                means[sample] = total / edges.width
                continue
            covered = edges.sums(profile.breaks, profile.depths)
            enough = (covered > 0) & (covered >= least_covered * edges.width)
            missing = np.full(len(edges.width), np.nan)
            means[sample] = np.divide(total, covered, where=enough, out=missing)
        names = pd.Index(list(bins.table["name"]), dtype=object)
        return pd.DataFrame(means, index=pd.Index(list(samples), dtype=object), columns=names)


def chromosome_name(label: str) -> str | None:
    """Name a chromosome ``1`` to ``22``, ``X`` or ``Y``; None where the label is of none of them.

    ``chr1``, ``1`` and ``1.0`` are the same; 23 is X and 24 is Y.
    """
    found = _CHROMOSOME.match(label.strip())
    if found is None:
        return None
    name = found[1].upper()
    name = _SEX_CHROMOSOMES.get(name, name)
    return name if name in CHROMOSOMES else None


def is_contig(label: str) -> bool:
    """Whether a label is of a sequence that is part of a build but of no chromosome."""
    return _CONTIG.match(label.strip()) is not None


def chromosome_offsets(assembly: Assembly) -> dict[str, int]:
    """Count the bases before each chromosome when they are put end to end, in the usual order."""
    lengths = CHROMOSOME_LENGTHS[assembly]
    return dict(zip(lengths, accumulate(lengths.values(), initial=0), strict=False))


def beyond_chromosome(table: pd.DataFrame, assembly: Assembly) -> np.ndarray:
    """Which segments, or bins, end where their chromosome has ended in this build."""
    length = table["chromosome"].map(CHROMOSOME_LENGTHS[assembly]).to_numpy(np.int64)
    return table["end"].to_numpy() > length


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

    @classmethod
    def of_segments(cls, start: np.ndarray, end: np.ndarray, value: np.ndarray) -> "_Profile":
        """Add one sample's segments up."""
        breaks, place = np.unique(np.concatenate([start, end]), return_inverse=True)
        one = np.ones(len(value))
        depths = np.cumsum(np.bincount(place, weights=np.concatenate([one, -one])))
        heights = np.cumsum(np.bincount(place, weights=np.concatenate([value, -value])))
        # Between segments the sum is 0 but for rounding; an uncovered bin shall be 0 exactly.
        return cls(breaks.astype(np.float64), np.where(depths > 0, heights, 0.0), depths)


@dataclass(frozen=True)
class _Edges:
    """Starts and ends of bins along the genome, each place once, and which are whose."""

    places: np.ndarray
    start: np.ndarray
    end: np.ndarray

    @classmethod
    def of_bins(cls, bins: Bins) -> "_Edges":
        """Put the edges of bins in order."""
        both = np.concatenate(_along_genome(bins.table, bins.assembly))
        places, which = np.unique(both, return_inverse=True)
        n_bins = len(bins.table)
        return cls(places.astype(np.float64), which[:n_bins], which[n_bins:])

    @property
    def width(self) -> np.ndarray:
        """Bases of each bin."""
        return self.places[self.end] - self.places[self.start]

    def sums(self, breaks: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Integrate a step function over each bin."""
        areas = np.cumsum(steps[:-1] * np.diff(breaks))
        integral = np.interp(self.places, breaks, np.concatenate([[0.0], areas]))
        return integral[self.end] - integral[self.start]


def _along_genome(table: pd.DataFrame, assembly: Assembly) -> tuple[np.ndarray, np.ndarray]:
    """Return starts and ends of segments, or bins, when chromosomes are put end to end."""
    offset = table["chromosome"].map(chromosome_offsets(assembly)).to_numpy(np.int64)
    return table["start"].to_numpy() + offset, table["end"].to_numpy() + offset

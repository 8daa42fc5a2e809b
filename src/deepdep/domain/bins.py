"""Bins: stretches of the genome that serve as features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.errors import DeepDEPError
from deepdep.domain.genome import AUTOSOMES, CHROMOSOME_LENGTHS, Assembly

# Y is left out: half of the patients have none, and its share tells sex before it tells disease.
BINNED_CHROMOSOMES = (*AUTOSOMES, "X")

LEAST_WIDTH = 1_000  # bases; 3 million bins, finer than arrays and exomes resolve

_NAME = r"(?P<assembly>\w+):chr(?P<chromosome>\w+):(?P<start>\d{1,9})-(?P<end>\d{1,9})"


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


def uniform_bins(
    width: int, assembly: Assembly, chromosomes: Sequence[str] = BINNED_CHROMOSOMES
) -> Bins:
    """Cut chromosomes into bins of ``width`` bases; the last of each ends with the chromosome.

    A bin is named after its build and place, ``hg38:chr7:55000000-56000000``; see ``bins_named``.
    """
    if width < LEAST_WIDTH:
        raise DeepDEPError(
            f"bin width {width:,}: bins of fewer than {LEAST_WIDTH:,} bases are finer than any "
            f"segments. Choose {LEAST_WIDTH:,} or more."
        )
    lengths = {chromosome: CHROMOSOME_LENGTHS[assembly][chromosome] for chromosome in chromosomes}
    starts = {chromosome: np.arange(0, length, width) for chromosome, length in lengths.items()}
    start = np.concatenate(list(starts.values()))
    n_bins = [len(of_chromosome) for of_chromosome in starts.values()]
    end = np.minimum(start + width, np.repeat(list(lengths.values()), n_bins))
    chromosome = np.repeat(np.array(chromosomes, dtype=object), n_bins)
    name = [f"{assembly}:chr{c}:{a}-{b}" for c, a, b in zip(chromosome, start, end, strict=True)]
    return Bins(
        pd.DataFrame({"name": name, "chromosome": chromosome, "start": start, "end": end}),
        assembly,
    )


def bins_named(names: Sequence[str]) -> Bins | None:
    """Return the bins of which these are the names; None where they are not all bins of one build.

    Reads the names that ``uniform_bins`` gives, in any order and of any width.
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
    return Bins(table, assembly)

"""Which omic a matrix holds: its values tell, and the file's name where they leave a choice."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import UNITS, Omic
from deepdep.io.sources.tcga.names import omic_of_name

PROBE = re.compile(
    r"cg\d{8}(_|$)|ch\.\w+\.\d+[FR]?$"
)  # of Illumina's arrays: cg00000029, ch.1.1024R

LARGEST_LOG = UNITS["log2(norm_count+1)"].maximum

# Half of all log2 ratios lie closer to 0 than this, for most of a genome has two copies; half of
# all z-scores lie further than 0.67.
RATIOS_WITHIN = 0.5

# Log expression runs from silent genes to those of ten thousand copies; nothing else does.
EXPRESSION_SPREAD = 1.0  # between quartiles

# As many values tell what all do, and looking at all takes longer than reading them.
LOOKED_AT = 2_000_000


@dataclass(frozen=True)
class _Look:
    """What matters of the values."""

    are_whole: bool
    minimum: float
    maximum: float
    median: float
    median_size: float  # of absolute values
    spread: float  # between quartiles

    def __str__(self) -> str:
        kind = "whole numbers" if self.are_whole else "values"
        return f"{kind} from {self.minimum:g} to {self.maximum:g}, median {self.median:g}"


def are_probes(features: Sequence[str]) -> bool:
    """Whether most features are probes of a methylation array."""
    return 2 * sum(PROBE.match(name) is not None for name in features) > len(features)


def omic_of_matrix(values: np.ndarray, features: Sequence[str], source: Path) -> Omic:
    """Tell the omic of a table, or raise BadFileError where it remains open.

    Parameters
    ----------
    values
        Shape (feature, sample), NaN where nothing was measured.
    """
    if are_probes(features):
        return Omic.METHYLATION
    look = _look(values, source)
    named = omic_of_name(source.name)
    if named is None:
        likely = _likely(look)
        if likely is None:
            raise BadFileError(
                source,
                f"holds {look}, and neither these nor its name tell which omic it is of",
                f"Let the file's name begin with one of {', '.join(Omic)}",
            )
        return likely
    if not _may_be(look, named):
        raise BadFileError(
            source,
            f"holds {look}, and its name speaks of {named}",
            "Bring log2 values or calls, or name the file after the omic that it holds",
        )
    return named


def possible_omics(values: np.ndarray, features: Sequence[str], source: Path) -> list[Omic]:
    """Tell what a table may be of by its values: the omic that they tell, or all not ruled out."""
    if are_probes(features):
        return [Omic.METHYLATION]
    look = _look(values, source)
    likely = _likely(look)
    return [likely] if likely else [omic for omic in Omic if _may_be(look, omic)]


def _likely(look: _Look) -> Omic | None:
    """Tell the omic from the values alone."""
    if look.are_whole:
        if look.minimum >= 0 and look.maximum <= 1:
            return Omic.MUTATION
        if look.minimum < 0:
            return Omic.COPY_NUMBER if _may_be(look, Omic.COPY_NUMBER) else None
        return Omic.EXPRESSION if look.maximum > LARGEST_LOG else None  # counts: refused later
    if look.minimum < 0:
        return Omic.COPY_NUMBER if look.median_size < RATIOS_WITHIN else None
    is_expression = look.maximum > LARGEST_LOG or look.spread > EXPRESSION_SPREAD
    return Omic.EXPRESSION if is_expression else None


def _may_be(look: _Look, omic: Omic) -> bool:
    """Whether values may be of an omic; its unit and range are checked once it is chosen."""
    match omic:
        case Omic.MUTATION:
            return True
        case Omic.METHYLATION:
            return not look.are_whole
        case Omic.COPY_NUMBER:
            return not look.are_whole or (look.minimum >= -2 and look.maximum <= 2)
        case Omic.EXPRESSION:
            return look.maximum > (LARGEST_LOG if look.are_whole else 1)


def _look(values: np.ndarray, source: Path) -> _Look:
    step = max(1, values.size // LOOKED_AT)
    some = values[::step] if step < len(values) else values
    measured = some[~np.isnan(some)]
    if not measured.size:
        raise BadFileError(source, "has no sample with a value left", "Bring a table with values")
    lower, median, upper = np.quantile(measured, (0.25, 0.5, 0.75))
    return _Look(
        are_whole=bool((np.floor(measured) == measured).all()),
        minimum=float(np.nanmin(values)),
        maximum=float(np.nanmax(values)),
        median=float(median),
        median_size=float(np.median(np.abs(measured))),
        spread=float(upper - lower),
    )

"""How large a network's weights are, told from its settings before any of it is built."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import EncoderSettings
from deepdep.models.predictor import PredictorSettings

BYTES = 4  # of a weight
MOST_LAYERS = 64  # one behind the other

# What a file of weights may take beyond its matrices: biases, norms and HDF5's own pages.
MOST_RATIO, SPARE = 1.5, 4 << 20


def encoder_bytes(n_features: int, settings: EncoderSettings) -> int:
    """Return the bytes of an encoder's matrices."""
    return _matrices([n_features, *settings.widths])


def predictor_bytes(
    n_features: Mapping[Omic, int],
    encoders: Mapping[Omic, EncoderSettings],
    n_gene_sets: int,
    settings: PredictorSettings,
) -> int:
    """Return the bytes of the matrices of a predictor and its encoders."""
    cell = [sum(each.widths[-1] for each in encoders.values()), *settings.cell_widths]
    gene = [n_gene_sets, *settings.gene_widths]
    chains = [[n_features[omic], *each.widths] for omic, each in encoders.items()]
    chains += [[*cell, settings.embedding], [*gene, settings.embedding]]
    if settings.pair_widths:
        chains.append([cell[-1] + gene[-1], *settings.pair_widths])
    return sum(map(_matrices, chains))


def layers_are_possible(chains: Iterable[Sequence[int]]) -> bool:
    """Whether layers have widths at all, and a number that a network may have."""
    return all(len(widths) <= MOST_LAYERS and min(widths, default=1) > 0 for widths in chains)


def fits(stored: int, matrices: int) -> bool:
    """Whether a file of ``stored`` bytes can be that of these matrices, and nothing much else."""
    return matrices <= stored <= MOST_RATIO * matrices + SPARE


def _matrices(widths: Sequence[int]) -> int:
    return BYTES * sum(rows * columns for rows, columns in pairwise(widths))

"""How many additions and multiplications dense layers need, counted layer by layer."""

import itertools
from collections.abc import Iterator, Sequence

from deepdep.models.inputs import row_blocks
from deepdep.training.settings import FinetuneSettings
from full_size.cohort import N_FEATURES, N_SETS, Size, counts
from full_size.pairwise import WIDTHS

HEAD = (250, 250)
GENE_WIDTHS = (1000, 100, 50)


def epoch_flops(size: Size, settings: FinetuneSettings) -> float:
    """Products of dense layers, forward and backward, and nothing else.

    Backward, a layer needs its weights' gradient and its inputs', but the first layers' inputs
    are data.
    """
    n_genes = settings.genes_per_block or size.n_genes
    total = 0.0
    for lines in row_blocks(size.n_lines, settings.lines_per_block):
        for genes in row_blocks(size.n_genes, n_genes):
            total += _block_flops(size, lines.stop - lines.start, genes.stop - genes.start)
    return total


def _block_flops(size: Size, n_lines: int, n_genes: int) -> float:
    towers = [
        (n_lines, (counts(size)[f"n_{omic}"], *widths)) for omic, widths in WIDTHS.items()
    ] + [(n_genes, (size.n_sets, *GENE_WIDTHS))]
    products = [p for rows, widths in towers for p in _products(rows, widths, of_data=True)]
    code = sum(widths[-1] for widths in WIDTHS.values())
    products += _products(n_lines, (code, HEAD[0]), of_data=False)
    products += _products(n_genes, (GENE_WIDTHS[-1], HEAD[0]), of_data=False)
    products += _products(n_lines * n_genes, (*HEAD, 1), of_data=False)
    return sum(products)


def pretraining_flops(n_samples: int, n_features: int, widths: Sequence[int]) -> float:
    """Products of an epoch of an autoencoder, forward and backward: its encoder and the mirror."""
    mirrored = (n_features, *widths, *reversed(widths[:-1]), n_features)
    return sum(_products(n_samples, mirrored, of_data=True))


def prediction_flops(n_samples: int, n_genes: int) -> float:
    """Products of a table of the published network, forward only, each sample and gene once."""
    towers = [(n_samples, (N_FEATURES[omic], *widths)) for omic, widths in WIDTHS.items()]
    code = sum(widths[-1] for widths in WIDTHS.values())
    towers += [
        (n_genes, (N_SETS, *GENE_WIDTHS)),
        (n_samples, (code, HEAD[0])),
        (n_genes, (GENE_WIDTHS[-1], HEAD[0])),
        (n_samples * n_genes, (*HEAD, 1)),
    ]
    return sum(2.0 * n * i * o for n, widths in towers for i, o in itertools.pairwise(widths))


def _products(rows: int, widths: Sequence[int], *, of_data: bool) -> Iterator[float]:
    for depth, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
        yield 2.0 * rows * n_in * n_out * (2 if of_data and depth == 0 else 3)

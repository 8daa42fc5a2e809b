"""A predictor's whole table, block by block: each sample and each gene is encoded once."""

from collections.abc import Mapping

import keras
import numpy as np

from deepdep.models.inputs import (
    CELL_EMBEDDING,
    CELL_PART,
    FINGERPRINT,
    GENE_EMBEDDING,
    GENE_PART,
    N_SAMPLES,
    row_blocks,
)
from deepdep.models.predicted import Progress

N_GENES = 4096  # encoded at once

# Pairs in the head at once: a hidden layer of 250 takes 64 MB; with fewer, calls cost too much.
N_PAIRS = 1 << 16

# Layers at which the head begins, of cell lines and of genes: the product's, and the pairs'.
ENDS = {CELL_EMBEDDING: GENE_EMBEDDING, CELL_PART: GENE_PART}

EncodedGenes = Mapping[str, np.ndarray]  # (gene, width), by the layer at which the head begins


class TablePredictor:
    """A predictor cut where samples meet genes."""

    def __init__(self, network: keras.Model) -> None:
        names = {layer.name for layer in network.layers}
        ends = {cell: gene for cell, gene in ENDS.items() if gene in names}
        cell_ends = {name: network.get_layer(name).output for name in ends}
        gene_ends = {name: network.get_layer(name).output for name in ends.values()}
        of_samples = {name: x for name, x in network.input.items() if name != FINGERPRINT}
        self._cell_tower = keras.Model(of_samples, cell_ends)
        self._gene_tower = keras.Model(network.input[FINGERPRINT], gene_ends)
        self._head = keras.Model([*cell_ends.values(), *gene_ends.values()], network.output)

    def __call__(
        self, inputs: Mapping[str, np.ndarray], progress: Progress | None = None
    ) -> np.ndarray:
        """Return the table (sample, gene) of samples and genes given as the network's inputs.

        The memory beyond inputs and table does not grow with either number.
        """
        of_samples = {name: values for name, values in inputs.items() if name != FINGERPRINT}
        return self.with_genes(of_samples, self.encode_genes(inputs[FINGERPRINT]), progress)

    def with_genes(
        self,
        of_samples: Mapping[str, np.ndarray],
        genes: EncodedGenes,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Return the table (sample, gene) of samples and genes that were encoded before."""
        n_samples = len(next(iter(of_samples.values())))
        if progress is not None:
            progress(0, n_samples)
        table = np.empty((n_samples, len(next(iter(genes.values())))), np.float32)
        for rows in row_blocks(n_samples, N_SAMPLES):
            cells = self._cell_tower.predict_on_batch({n: v[rows] for n, v in of_samples.items()})
            self._fill(table[rows], cells, genes)
            if progress is not None:
                progress(rows.stop, n_samples)
        return table

    def encode_genes(self, fingerprints: np.ndarray) -> EncodedGenes:
        """Take genes as far as they go without samples."""
        blocks = [
            self._gene_tower(fingerprints[rows], training=False)
            for rows in row_blocks(len(fingerprints), N_GENES)
        ] or [self._gene_tower(fingerprints, training=False)]
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

    def _fill(self, table: np.ndarray, cells: Mapping, genes: EncodedGenes) -> None:
        n_genes = max(1, min(table.shape[1], N_PAIRS))
        for of_genes in row_blocks(table.shape[1], n_genes):
            some_genes = [keras.ops.convert_to_tensor(part[of_genes]) for part in genes.values()]
            for of_cells in row_blocks(len(table), max(1, N_PAIRS // n_genes)):
                some_cells = [part[of_cells] for part in cells.values()]
                table[of_cells, of_genes] = self._head.predict_on_batch([*some_cells, *some_genes])

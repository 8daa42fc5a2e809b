"""Dense layers over pairs of a cell line and a gene, each of which was encoded once.

The first layer over a pair is linear in what is known of the cell line and of the gene. It is
therefore computed as two narrow products, one per cell line and one per gene, and a sum.
"""

from collections.abc import Sequence

import keras
from keras import ops


def pair_head(
    cell: keras.KerasTensor, gene: keras.KerasTensor, widths: Sequence[int]
) -> keras.KerasTensor:
    """Return a number per pair, shape (cell line, gene).

    Parameters
    ----------
    cell, gene
        What is known of cell lines (cell line, width) and of genes (gene, width).
    widths
        Hidden layers over the two joined.
    """
    first, *others = widths
    # He's uniform draw for the joined layer: the limit counts the inputs of both parts.
    limit = (6 / (cell.shape[-1] + gene.shape[-1])) ** 0.5
    cell_part = keras.layers.Dense(
        first, use_bias=False, kernel_initializer=_uniform(limit), name="cell_part"
    )(cell)
    gene_part = keras.layers.Dense(first, kernel_initializer=_uniform(limit), name="gene_part")(
        gene
    )
    hidden = JoinPairs(name="pair_1")(cell_part, gene_part)
    for depth, width in enumerate(others, start=2):
        hidden = keras.layers.Dense(
            width, "relu", kernel_initializer="he_uniform", name=f"pair_{depth}"
        )(hidden)
    effect = keras.layers.Dense(
        1, kernel_initializer="he_uniform", dtype="float32", name="gene_effect"
    )(hidden)
    return PairTable(name="pair_table")(effect, gene_part)


class JoinPairs(keras.layers.Layer):
    """Each cell line's part plus each gene's, behind a ReLU: a row per pair.

    Rows, because one product over all pairs is faster than one per cell line.
    """

    def call(self, cell_part: keras.KerasTensor, gene_part: keras.KerasTensor) -> keras.KerasTensor:
        """Return hidden units of pairs, shape (cell line x gene, width)."""
        pairs = ops.relu(ops.expand_dims(cell_part, 1) + ops.expand_dims(gene_part, 0))
        return ops.reshape(pairs, (-1, cell_part.shape[-1]))

    def compute_output_spec(
        self, cell_part: keras.KerasTensor, gene_part: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Tell what ``call`` returns."""
        del gene_part
        return keras.KerasTensor((None, cell_part.shape[-1]), self.compute_dtype)


class PairTable(keras.layers.Layer):
    """Rows of pairs as a table (cell line, gene)."""

    def call(self, effect: keras.KerasTensor, gene_part: keras.KerasTensor) -> keras.KerasTensor:
        """Return the effects, shape (cell line, gene)."""
        return ops.reshape(effect, (-1, ops.shape(gene_part)[0]))

    def compute_output_spec(
        self, effect: keras.KerasTensor, gene_part: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Tell what ``call`` returns."""
        del gene_part
        return keras.KerasTensor((None, None), effect.dtype)


def _uniform(limit: float) -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-limit, limit)

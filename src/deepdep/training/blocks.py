"""Blocks of (cell lines x genes): what a training step reads; never a list of pairs."""

import keras
import numpy as np

from deepdep.data.blocks import row_blocks
from deepdep.training.resident import GENES, LINES


class TrainingBlocks(keras.utils.PyDataset):
    """Numbers of some cell lines and genes, and their effects.

    An epoch shows every pair once, in an order that (seed, epoch) decides.

    Parameters
    ----------
    effects
        Shape (cell line, gene), NaN where not screened.
    n_lines, n_genes
        Size of a block. Where lines run out it is smaller; where genes do, the rest of the block
        is NaN.
    """

    def __init__(self, effects: np.ndarray, *, n_lines: int, n_genes: int, seed: int) -> None:
        super().__init__()
        self._effects = effects
        self._of_lines = list(row_blocks(effects.shape[0], n_lines))
        self._n_genes = min(n_genes, effects.shape[1])
        self._of_genes = list(row_blocks(effects.shape[1], n_genes))
        self._seed = seed
        self.start_at(0)

    def __len__(self) -> int:
        return len(self._of_lines) * len(self._of_genes)

    def __getitem__(self, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        of_lines, of_genes = divmod(int(self._steps[step]), len(self._of_genes))
        lines = self._lines[self._of_lines[of_lines]]
        genes = self._genes[self._of_genes[of_genes]]
        effects = self._effects[np.ix_(lines, genes)]
        n_short = self._n_genes - len(genes)  # Keras wants as many columns in every step
        if n_short:
            genes = np.pad(genes, (0, n_short))
            effects = np.pad(effects, ((0, 0), (0, n_short)), constant_values=np.nan)
        return {LINES: lines, GENES: genes}, effects

    def start_at(self, epoch: int) -> None:
        """Take the order of this epoch, counted from zero."""
        rng = np.random.default_rng([self._seed, epoch])
        n_lines, n_genes = self._effects.shape
        self._lines = rng.permutation(n_lines).astype(np.int32)
        whole = len(self._of_genes) == 1
        self._genes = (np.arange(n_genes) if whole else rng.permutation(n_genes)).astype(np.int32)
        self._steps = rng.permutation(len(self))

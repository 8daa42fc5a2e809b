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
        Size of a block; the last ones of an epoch may be smaller.
    """

    def __init__(self, effects: np.ndarray, *, n_lines: int, n_genes: int, seed: int) -> None:
        super().__init__()
        self._effects = effects
        self._of_lines = list(row_blocks(effects.shape[0], n_lines))
        self._of_genes = list(row_blocks(effects.shape[1], n_genes))
        self._seed = seed
        self.start_at(0)

    def __len__(self) -> int:
        return len(self._of_lines) * len(self._of_genes)

    def __getitem__(self, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        of_lines, of_genes = divmod(int(self._steps[step]), len(self._of_genes))
        lines = self._lines[self._of_lines[of_lines]]
        genes = self._genes[self._of_genes[of_genes]]
        return {LINES: lines, GENES: genes}, self._effects[np.ix_(lines, genes)]

    def start_at(self, epoch: int) -> None:
        """Take the order of this epoch, counted from zero."""
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, epoch])
        n_lines, n_genes = self._effects.shape
        self._lines = rng.permutation(n_lines).astype(np.int32)
        whole = len(self._of_genes) == 1
        self._genes = (np.arange(n_genes) if whole else rng.permutation(n_genes)).astype(np.int32)
        self._steps = rng.permutation(len(self))

    def on_epoch_end(self) -> None:
        """Move to the next epoch's order."""
        self.start_at(self._epoch + 1)

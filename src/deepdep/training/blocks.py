"""Blocks of (cell lines x genes): what a training step reads; never a list of pairs."""

from collections.abc import Mapping

import keras
import numpy as np

from deepdep.data.blocks import FINGERPRINT


class TrainingBlocks(keras.utils.PyDataset):
    """Some cell lines, all genes and their effects, in an order that (seed, epoch) decides."""

    def __init__(
        self,
        inputs: Mapping[str, np.ndarray],
        fingerprints: np.ndarray,
        effects: np.ndarray,
        *,
        n_lines: int,
        seed: int,
    ) -> None:
        super().__init__()
        self._inputs = inputs
        self._fingerprints = fingerprints  # (gene, gene set)
        self._effects = effects  # (cell line, gene), NaN where not screened
        self._n_lines = n_lines
        self._seed = seed
        self._epoch = 0
        self._order = self._draw()

    def __len__(self) -> int:
        return -(-len(self._effects) // self._n_lines)

    def __getitem__(self, block: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        rows = self._order[block * self._n_lines : (block + 1) * self._n_lines]
        inputs = {name: values[rows] for name, values in self._inputs.items()}
        return inputs | {FINGERPRINT: self._fingerprints}, self._effects[rows]

    def on_epoch_end(self) -> None:
        """Move to the next epoch's order."""
        self._epoch += 1
        self._order = self._draw()

    def _draw(self) -> np.ndarray:
        return np.random.default_rng([self._seed, self._epoch]).permutation(len(self._effects))

"""Batches of rows: what a pretraining step reads."""

import keras
import numpy as np


class ShuffledRows(keras.utils.PyDataset):
    """Rows of two arrays, in batches.

    An epoch shows every row once, in an order that (seed, epoch) decides; Keras would shuffle
    arrays by draws that depend on all that was drawn before.

    Parameters
    ----------
    x, y
        Inputs and targets, shape (row, column). Give the same array twice where they are equal:
        its rows are then gathered once.
    batch_size
        Rows of a batch; the last one of an epoch may be smaller.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, *, batch_size: int, seed: int) -> None:
        super().__init__()
        self._x = np.ascontiguousarray(x)  # a table's array often lies column by column
        self._y = self._x if y is x else np.ascontiguousarray(y)
        self._batch_size = batch_size
        self._seed = seed
        self.start_at(0)

    def __len__(self) -> int:
        return -(-len(self._x) // self._batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[step * self._batch_size : (step + 1) * self._batch_size]
        x = self._x[rows]
        return x, x if self._y is self._x else self._y[rows]

    def start_at(self, epoch: int) -> None:
        """Take the order of this epoch, counted from zero."""
        self._order = np.random.default_rng([self._seed, epoch]).permutation(len(self._x))

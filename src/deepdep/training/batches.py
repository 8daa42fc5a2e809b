"""What a training step reads: blocks of cell lines x genes, or shuffled rows."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from deepdep.models.inputs import FINGERPRINT, row_blocks

LINES, GENES = "lines", "genes"  # inputs: rows of the tables


class Rows(keras.layers.Layer):
    """Rows of a table, by their number; the table is no weight and is never saved."""

    def __init__(self, table: np.ndarray, *, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self._table = ops.convert_to_tensor(table, dtype="float32")

    def call(self, rows: keras.KerasTensor) -> keras.KerasTensor:
        """Return the rows, shape (row, column)."""
        return ops.take(self._table, rows, axis=0)

    def compute_output_shape(self, rows_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of what ``call`` returns."""
        return (*rows_shape, self._table.shape[1])


def resident_network(
    network: keras.Model, inputs: Mapping[str, np.ndarray], fingerprints: np.ndarray
) -> keras.Model:
    """Return a model from numbers of cell lines and genes to what ``network`` makes of them.

    It shares the network's weights and has no others, so that a step moves a few hundred numbers
    to the device and not the features themselves.

    Parameters
    ----------
    inputs
        What the network reads of the lines, one array (cell line, column) per input.
    fingerprints
        Shape (gene, gene set).
    """
    lines = keras.Input((), dtype="int32", name=LINES)
    genes = keras.Input((), dtype="int32", name=GENES)
    read = {name: Rows(table, name=f"{name}_rows")(lines) for name, table in inputs.items()}
    read[FINGERPRINT] = Rows(fingerprints, name=f"{FINGERPRINT}_rows")(genes)
    return keras.Model({LINES: lines, GENES: genes}, network(read), name="resident")


class TrainingBlocks(keras.utils.PyDataset):
    """Numbers of some cell lines and genes, and their effects.

    An epoch shows every pair once, in an order that (seed, epoch) decides; or every line once, with
    genes that are drawn for each block of lines, so that a step costs no more where genes are many.

    Parameters
    ----------
    effects
        Shape (cell line, gene), NaN where not screened.
    n_drawn
        Genes that a block of lines shows in an epoch; None is all.
    n_lines, n_genes
        Size of a block. Where lines run out it is smaller; where genes do, the rest of the block
        is NaN.
    """

    def __init__(
        self,
        effects: np.ndarray,
        *,
        n_lines: int,
        n_genes: int,
        seed: int,
        n_drawn: int | None = None,
    ) -> None:
        super().__init__()
        self._effects = effects
        self._n_shown = min(n_drawn or effects.shape[1], effects.shape[1])
        self._of_lines = list(row_blocks(effects.shape[0], n_lines))
        self._n_genes = min(n_genes, self._n_shown)
        self._of_genes = list(row_blocks(self._n_shown, n_genes))
        self._seed = seed
        self.start_at(0)

    def __len__(self) -> int:
        return len(self._of_lines) * len(self._of_genes)

    def __getitem__(self, step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        of_lines, of_genes = divmod(int(self._steps[step]), len(self._of_genes))
        lines = self._lines[self._of_lines[of_lines]]
        genes = self._genes[of_lines][self._of_genes[of_genes]]
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
        if self._n_shown == n_genes:
            whole = len(self._of_genes) == 1
            shown = (np.arange(n_genes) if whole else rng.permutation(n_genes)).astype(np.int32)
            self._genes = [shown] * len(self._of_lines)
        else:
            self._genes = [
                rng.choice(n_genes, self._n_shown, replace=False).astype(np.int32)
                for _ in self._of_lines
            ]
        self._steps = rng.permutation(len(self))

    def close(self) -> None:
        """Let go of the effects: no epoch follows."""
        self._effects = np.empty((0, 0), np.float32)


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

    def close(self) -> None:
        """Let go of the arrays: no epoch follows."""
        self._x = self._y = np.empty((0, 0), np.float32)

"""A network that is told which cell lines and genes to read; their tables stay on the device."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from deepdep.data.blocks import FINGERPRINT

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

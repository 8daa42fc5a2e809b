"""The state that Keras keeps for a whole process."""

from typing import Literal

import keras

Precision = Literal["float32", "mixed_bfloat16"]  # of the products; weights are float32 in both


def start_session(seed: int, precision: Precision = "float32") -> None:
    """Forget earlier models, and seed every draw that Keras makes by itself."""
    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)

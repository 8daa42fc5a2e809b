"""The state that Keras keeps for a whole process."""

import gc
import logging
from typing import Literal

import keras
import tensorflow as tf

# Keras collects garbage whenever it forgets models, and would look through all of TensorFlow's
# objects each time: 0.3 s.
gc.freeze()

Precision = Literal["float32", "mixed_bfloat16"]  # of the products; weights are float32 in both


def start_session(seed: int, precision: Precision = "float32") -> None:
    """Forget earlier models, and seed every draw that Keras makes by itself."""
    # Each network that predicts is compiled anew; TensorFlow would warn of every one.
    tf.get_logger().setLevel(logging.ERROR)
    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)

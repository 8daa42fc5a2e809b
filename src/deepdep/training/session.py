"""The state that Keras keeps for a whole process, and how far a training has come.

A module of its own: stages, trials and experiments begin with it, whatever they train.
"""

import gc
import logging
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from deepdep.stage import Progress
from deepdep.training.settings import Precision

# Keras collects garbage whenever it forgets models, and would look through all of TensorFlow's
# objects each time: 0.3 s.
gc.freeze()


def start_session(seed: int, precision: Precision = "float32") -> None:
    """Forget earlier models, and seed every draw that Keras makes by itself."""
    # Each network that predicts is compiled anew; TensorFlow would warn of every one.
    tf.get_logger().setLevel(logging.ERROR)
    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)


class EpochProgress(keras.callbacks.Callback):
    """Shows the epoch, the metrics and the time left; it stands behind callbacks that add metrics.

    Parameters
    ----------
    what
        Stands before the bar, such as the name of the stage.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._progress = Progress(what, "epoch")
        self._started = False

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start from this epoch, which is not 0 where a training goes on."""
        if not self._started:
            self._progress(epoch, self.params["epochs"])
            self._started = True

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Show what this epoch gave."""
        note = ", ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        self._progress(epoch + 1, self.params["epochs"], note)

    def close(self) -> None:
        """End the bar, perhaps before the last epoch."""
        self._progress.close()

"""How far a training has come, on standard error."""

from collections.abc import Mapping
from typing import Any

import keras

from deepdep.progress import Progress


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

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """End the bar, perhaps before the last epoch."""
        self._progress.close()

"""Training that a killed process takes up again, to the same bits."""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd

from deepdep.training.checkpoints import Checkpoint, TrainingState
from deepdep.training.identity import identity_of

logger = logging.getLogger(__name__)

SEED_STATE = "seed_generator_state"  # Keras's name of the variable of a SeedGenerator


class EpochData(Protocol):
    """A ``keras.utils.PyDataset`` whose order depends on nothing but the epoch."""

    def start_at(self, epoch: int) -> None:
        """Take the order of this epoch, counted from zero."""


def fit_resumable(
    model: keras.Model,
    data: EpochData,
    *,
    epochs: int,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
    depends_on: Sequence[object] = (),
    **options: Any,
) -> pd.DataFrame:
    """Train a compiled model; go on from a checkpoint of the same training, if there is one.

    An epoch depends on nothing but (seed, epoch) and what the epochs before it left, so that a
    training that went on ends with the weights, bit by bit, of one that was never interrupted.

    Parameters
    ----------
    callbacks
        Called in this order, as by ``fit``.
    depends_on
        Settings and data, as ``identity_of`` takes them. A checkpoint is used only where they
        and the weights before the first epoch are the same.
    options
        Passed on to ``fit``, such as ``validation_data``.

    Returns
    -------
    One row per epoch, those before an interruption included: ``epoch`` and one column per metric.
    """
    model.optimizer.build(model.trainable_variables)
    history = keras.callbacks.History()
    last: list[keras.callbacks.Callback] = [history]
    first_epoch = 0
    if checkpoint is not None:
        identity = identity_of(*depends_on, seed, model.get_weights())
        state = checkpoint.read(identity)
        last.append(_Keeper(checkpoint, identity, state, callbacks, history))
        if state is not None:
            first_epoch = epochs if state.stopped else state.n_epochs
            logger.warning("Training goes on after epoch %d of %d.", state.n_epochs, epochs)
    model.fit(
        data,
        epochs=epochs,
        initial_epoch=first_epoch,
        callbacks=[_EpochStart(data, seed), *callbacks, *last],
        shuffle=False,  # would shuffle the batches, by Python's own random numbers
        verbose=0,
        **options,
    )
    return pd.DataFrame({"epoch": history.epoch, **history.history})


class _EpochStart(keras.callbacks.Callback):
    """Makes all that is random in an epoch a matter of (seed, epoch)."""

    def __init__(self, data: EpochData, seed: int) -> None:
        super().__init__()
        self._data = data
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._data.start_at(epoch)
        states = [state for state in self.model.variables if state.name == SEED_STATE]
        # From 1 on: NumPy takes [seed, epoch, 0] for [seed, epoch], the order of the data.
        for number, state in enumerate(states, start=1):
            rng = np.random.default_rng([self._seed, epoch, number])
            state.assign([int(rng.integers(2**31)), 0])


class _Keeper(keras.callbacks.Callback):
    """Puts a state back before the first epoch, and writes the state after each.

    It stands behind all others: it must see what they have done.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        identity: str,
        state: TrainingState | None,
        callbacks: Sequence[keras.callbacks.Callback],
        history: keras.callbacks.History,
    ) -> None:
        super().__init__()
        self._checkpoint = checkpoint
        self._identity = identity
        self._state = state
        self._callbacks = callbacks
        self._history = history

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        if self._state is not None:
            self._state.restore(self.model, self._callbacks, self._history)
            self._state = None  # it is as large as the model and its optimizer

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        ends = self.model.stop_training or epoch + 1 == self.params["epochs"]
        if ends or self._checkpoint.is_due:
            state = TrainingState.of(self.model, self._callbacks, self._history)
            self._checkpoint.write(state, self._identity)

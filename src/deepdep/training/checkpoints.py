"""Training that a killed process takes up again, to the same bits, by its state on disk."""

import json
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import keras
import numpy as np
import pandas as pd

from deepdep.errors import BadFileError
from deepdep.io.files import new_path
from deepdep.training.identity import identity_of
from deepdep.training.session import EpochProgress

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
CHECKPOINTS = Path(".checkpoints")  # in the project's folder; one folder per stage and omic
STATE = "state.npz"
SEED_STATE = "seed_generator_state"  # Keras's name of the variable of a SeedGenerator

# What Keras's callbacks remember from epoch to epoch, besides EarlyStopping's best weights. A
# callback that is not here must not remember anything that changes the weights.
REMEMBERED: dict[type[keras.callbacks.Callback], tuple[str, ...]] = {
    keras.callbacks.EarlyStopping: ("wait", "best", "best_epoch", "stopped_epoch"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
}

# Of the training's time, for writing. The published predictor's state, 220 MB, takes 0.3 to 0.7 s
# where an epoch takes 1.8 to 2.4 s: about every fifth is kept, of a small network most.
TIME_SHARE = 0.05


@dataclass(frozen=True)
class CallbackState:
    """What one callback remembers; ``best_weights`` is None where it keeps none."""

    numbers: dict[str, float | None]
    best_weights: list[np.ndarray] | None


@dataclass(frozen=True)
class TrainingState:
    """All that the epochs to come depend on, besides what is given before the first one.

    The order of the data and the seeds of dropout are not in it: (seed, epoch) decides them.
    """

    n_epochs: int  # finished
    stopped: bool  # a callback has ended the training
    history: dict[str, list[float]]  # metric by epoch
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]  # its step, learning rate and moments
    callbacks: list[CallbackState]  # of those in ``REMEMBERED``, in their order

    @classmethod
    def of(
        cls,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        history: keras.callbacks.History,
    ) -> Self:
        """Return the state of a model that is being trained, after an epoch.

        Weights and moments are not copied: read them before the next step.
        """
        states = []
        for callback, names in _remembering(callbacks):
            values = {name: getattr(callback, name) for name in names}
            numbers = {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
            states.append(CallbackState(numbers, getattr(callback, "best_weights", None)))
        return cls(
            n_epochs=history.epoch[-1] + 1,
            stopped=bool(model.stop_training),
            history={name: list(values) for name, values in history.history.items()},
            # `numpy()` would copy
            weights=[np.asarray(each.value.read_value()) for each in model.weights],
            optimizer=[np.asarray(each.value.read_value()) for each in model.optimizer.variables],
            callbacks=states,
        )

    def restore(
        self,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        history: keras.callbacks.History,
    ) -> None:
        """Put the state back, after ``on_train_begin``, which clears it, of each callback."""
        model.set_weights(self.weights)
        for variable, array in zip(model.optimizer.variables, self.optimizer, strict=True):
            variable.assign(array)
        for (callback, _), saved in zip(_remembering(callbacks), self.callbacks, strict=True):
            for name, value in saved.numbers.items():
                setattr(callback, name, value)
            if saved.best_weights is not None:
                callback.best_weights = saved.best_weights
        history.epoch = list(range(self.n_epochs))
        history.history = {name: list(values) for name, values in self.history.items()}

    def write(self, identity: str, path: Path) -> None:
        """Write the state of the training with this identity."""
        groups = {"weights": self.weights, "optimizer": self.optimizer}
        for number, callback in enumerate(self.callbacks):
            if callback.best_weights is not None:
                groups[f"best_{number}"] = callback.best_weights
        text = {
            "format_version": FORMAT_VERSION,
            "identity": identity,
            "n_epochs": self.n_epochs,
            "stopped": self.stopped,
            "history": self.history,
            "callbacks": [callback.numbers for callback in self.callbacks],
            "n_arrays": {group: len(arrays) for group, arrays in groups.items()},
        }
        named = {f"{name}.{k}": a for name, arrays in groups.items() for k, a in enumerate(arrays)}
        encoded = np.frombuffer(json.dumps(text).encode(), np.uint8)
        np.savez(path, allow_pickle=False, text=encoded, **named)

    @classmethod
    def read(cls, file: Path, identity: str) -> Self | None:
        """Read a state, None if of another identity; the zip's checksums tell if it is damaged."""
        with np.load(file, allow_pickle=False) as stored:
            text = json.loads(stored["text"].tobytes())
            if (text["format_version"], text["identity"]) != (FORMAT_VERSION, identity):
                return None
            groups = {
                name: [stored[f"{name}.{k}"] for k in range(n)]
                for name, n in text["n_arrays"].items()
            }
        return cls(
            n_epochs=text["n_epochs"],
            stopped=text["stopped"],
            history=text["history"],
            weights=groups["weights"],
            optimizer=groups["optimizer"],
            callbacks=[
                CallbackState(numbers, groups.get(f"best_{number}"))
                for number, numbers in enumerate(text["callbacks"])
            ],
        )


def _remembering(
    callbacks: Sequence[keras.callbacks.Callback],
) -> list[tuple[keras.callbacks.Callback, tuple[str, ...]]]:
    return [
        (callback, names)
        for callback in callbacks
        for kind, names in REMEMBERED.items()
        if isinstance(callback, kind)
    ]


class Checkpoint:
    """A folder that keeps the state of one training until its result is written.

    Parameters
    ----------
    time_share
        Share of the training's time that writing may take at most; 1 writes after every epoch.
        The first, the last and an early end are written in any case.
    """

    def __init__(self, folder: Path, *, time_share: float = TIME_SHARE) -> None:
        self._folder = folder
        self._file = folder / STATE
        self._pause = 1 / time_share - 1  # between two states, in times of what one took to write
        self._next_write = 0.0

    def read(self, identity: str) -> TrainingState | None:
        """Return the state of the training with this identity; None when there is none."""
        for scratch in self._folder.glob(f".{STATE}.*"):  # of a writer that was killed
            shutil.rmtree(scratch, ignore_errors=True)
        if not self._file.exists():
            return None
        try:
            state = TrainingState.read(self._file, identity)
        except Exception as error:  # a damaged zip raises errors of many kinds
            logger.warning("%s: ignored, it is damaged (%s).", self._file, error)
            return None
        if state is None:
            logger.warning("%s: ignored, it is of other settings, data or code.", self._file)
        return state

    @property
    def is_due(self) -> bool:
        """Whether another state may be written by now."""
        return time.monotonic() >= self._next_write

    def write(self, state: TrainingState, identity: str) -> None:
        """Replace what is there; a full disk costs the checkpoint, not the training."""
        start = time.monotonic()
        try:
            with new_path(self._file) as path:
                state.write(identity, path)
        except (OSError, BadFileError) as error:
            logger.warning("%s: not written (%s); training goes on.", self._file, error)
        end = time.monotonic()
        self._next_write = end + self._pause * (end - start)

    def clear(self) -> None:
        """Remove the folder: the training's result is written."""
        shutil.rmtree(self._folder, ignore_errors=True)


class EpochData(Protocol):
    """A ``keras.utils.PyDataset`` whose order depends on nothing but the epoch."""

    def start_at(self, epoch: int) -> None:
        """Take the order of this epoch, counted from zero."""

    def close(self) -> None:
        """Let go of what the epochs read: none follows."""


def fit_resumable(
    model: keras.Model,
    data: EpochData,
    *,
    epochs: int,
    seed: int,
    what: str = "training",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
    depends_on: Sequence[object] = (),
    **options: Any,
) -> pd.DataFrame:
    """Train a compiled model; go on from a checkpoint of the same training, if there is one.

    Shows how far it is, under the name ``what``.

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
    # TensorFlow 2.21 keeps what a generator reads for as long as the process lives
    # (https://github.com/tensorflow/tensorflow/issues/37653).
    with closing(EpochProgress(what)) as progress, closing(data):
        model.fit(
            data,
            epochs=epochs,
            initial_epoch=first_epoch,
            callbacks=[_EpochStart(data, seed), *callbacks, *last, progress],
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

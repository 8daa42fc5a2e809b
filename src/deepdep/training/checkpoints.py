"""The state of a training between two epochs, on disk, so that a killed one goes on."""

import json
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from deepdep.errors import BadFileError
from deepdep.io.files import new_path

# What Keras's callbacks remember from epoch to epoch, besides EarlyStopping's best weights. A
# callback that is not here must not remember anything that changes the weights.
REMEMBERED: dict[type[keras.callbacks.Callback], tuple[str, ...]] = {
    keras.callbacks.EarlyStopping: ("wait", "best", "best_epoch", "stopped_epoch"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
}


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


def state_of(
    model: keras.Model,
    callbacks: Sequence[keras.callbacks.Callback],
    history: keras.callbacks.History,
) -> TrainingState:
    """Return the state of a model that is being trained, after an epoch.

    Weights and moments are not copied: read them before the next step.
    """
    return TrainingState(
        n_epochs=history.epoch[-1] + 1,
        stopped=bool(model.stop_training),
        history={name: list(values) for name, values in history.history.items()},
        weights=[_values(variable) for variable in model.weights],
        optimizer=[_values(variable) for variable in model.optimizer.variables],
        callbacks=[
            CallbackState(
                {name: _number(getattr(callback, name)) for name in names},
                getattr(callback, "best_weights", None),
            )
            for callback, names in _remembering(callbacks)
        ],
    )


def restore(
    state: TrainingState,
    model: keras.Model,
    callbacks: Sequence[keras.callbacks.Callback],
    history: keras.callbacks.History,
) -> None:
    """Put a state back; each callback's ``on_train_begin``, which clears it, must have run."""
    model.set_weights(state.weights)
    for variable, array in zip(model.optimizer.variables, state.optimizer, strict=True):
        variable.assign(array)
    for (callback, _), saved in zip(_remembering(callbacks), state.callbacks, strict=True):
        for name, value in saved.numbers.items():
            setattr(callback, name, value)
        if saved.best_weights is not None:
            callback.best_weights = saved.best_weights
    history.epoch = list(range(state.n_epochs))
    history.history = {name: list(values) for name, values in state.history.items()}


def _remembering(
    callbacks: Sequence[keras.callbacks.Callback],
) -> list[tuple[keras.callbacks.Callback, tuple[str, ...]]]:
    return [
        (callback, names)
        for callback in callbacks
        for kind, names in REMEMBERED.items()
        if isinstance(callback, kind)
    ]


def _values(variable: keras.Variable) -> np.ndarray:
    return np.asarray(variable.value.read_value())  # `numpy()` would copy


def _number(value: float | np.generic | None) -> float | None:
    return value.item() if isinstance(value, np.generic) else value


logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
CHECKPOINTS = Path(".checkpoints")  # in the project's folder; one folder per stage and omic
STATE = "state.npz"

# Of the training's time, for writing. The published predictor's state, 220 MB, takes 0.3 to 0.7 s
# where an epoch takes 1.8 to 2.4 s: about every fifth is kept, of a small network most.
TIME_SHARE = 0.05


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
            state = _read(self._file, identity)
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
                _write(state, identity, path)
        except (OSError, BadFileError) as error:
            logger.warning("%s: not written (%s); training goes on.", self._file, error)
        end = time.monotonic()
        self._next_write = end + self._pause * (end - start)

    def clear(self) -> None:
        """Remove the folder: the training's result is written."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _write(state: TrainingState, identity: str, path: Path) -> None:
    groups = {"weights": state.weights, "optimizer": state.optimizer}
    for number, callback in enumerate(state.callbacks):
        if callback.best_weights is not None:
            groups[f"best_{number}"] = callback.best_weights
    text = {
        "format_version": FORMAT_VERSION,
        "identity": identity,
        "n_epochs": state.n_epochs,
        "stopped": state.stopped,
        "history": state.history,
        "callbacks": [callback.numbers for callback in state.callbacks],
        "n_arrays": {group: len(arrays) for group, arrays in groups.items()},
    }
    named = {f"{group}.{k}": a for group, arrays in groups.items() for k, a in enumerate(arrays)}
    encoded = np.frombuffer(json.dumps(text).encode(), np.uint8)
    np.savez(path, allow_pickle=False, text=encoded, **named)


def _read(file: Path, identity: str) -> TrainingState | None:
    """Return a state of this identity; the zip's checksums tell whether it is as written."""
    with np.load(file, allow_pickle=False) as stored:
        text = json.loads(stored["text"].tobytes())
        if (text["format_version"], text["identity"]) != (FORMAT_VERSION, identity):
            return None
        groups = {name: _arrays(stored, name, n) for name, n in text["n_arrays"].items()}
    return TrainingState(
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


def _arrays(stored: Mapping[str, Any], group: str, n_arrays: int) -> list[np.ndarray]:
    return [stored[f"{group}.{k}"] for k in range(n_arrays)]

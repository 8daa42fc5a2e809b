"""The state of a training between two epochs."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

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

"""The one optimizer of the project."""

import keras


def adam(learning_rate: float, weight_decay: float) -> keras.optimizers.Optimizer:
    """Return Adam with decoupled weight decay; without decay it skips a pass over all weights."""
    return keras.optimizers.Adam(learning_rate, weight_decay=weight_decay or None)

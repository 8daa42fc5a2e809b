"""Losses that leave out what was not measured: NaN in the target."""

from collections.abc import Callable

import keras
from keras import ops

from deepdep.domain.omics import Omic

Loss = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


def masked_mse(target: keras.KerasTensor, predicted: keras.KerasTensor) -> keras.KerasTensor:
    """Mean squared error over the measured entries; 0 when nothing was measured."""
    predicted = ops.cast(predicted, "float32")
    measured = ops.logical_not(ops.isnan(target))
    error = ops.where(measured, target, predicted) - predicted
    return ops.sum(ops.square(error)) / _count(measured)


def masked_crossentropy(
    target: keras.KerasTensor, predicted: keras.KerasTensor
) -> keras.KerasTensor:
    """Mean binary cross-entropy of logits over the measured entries."""
    predicted = ops.cast(predicted, "float32")
    measured = ops.logical_not(ops.isnan(target))
    known = ops.where(measured, target, 0.0)
    # log(1 + exp(z)) - y z is the cross-entropy of a logit z.
    entropy = ops.softplus(predicted) - known * predicted
    return ops.sum(ops.where(measured, entropy, 0.0)) / _count(measured)


def reconstruction_loss(omic: Omic) -> Loss:
    """Return the loss that suits an omic: mutations are bits, the others numbers."""
    return masked_crossentropy if omic is Omic.MUTATION else masked_mse


def _count(measured: keras.KerasTensor) -> keras.KerasTensor:
    return ops.maximum(ops.sum(ops.cast(measured, "float32")), 1.0)

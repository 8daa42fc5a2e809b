"""One omic: an encoder that compresses a profile, a decoder that restores it, and their loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import keras
from keras import ops

from deepdep.domain.omics import Omic, omic_of_table
from deepdep.models.settings import EncoderSettings, activation_of, initializer

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
    filled = ops.where(measured, target, 0.0)
    # log(1 + exp(z)) - y z is the cross-entropy of a logit z.
    entropy = ops.softplus(predicted) - filled * predicted
    return ops.sum(ops.where(measured, entropy, 0.0)) / _count(measured)


def reconstruction_loss(omic: str) -> Loss:
    """Return the loss that suits a table's omic: mutations are bits, the others numbers."""
    return masked_crossentropy if omic_of_table(omic) is Omic.MUTATION else masked_mse


def _count(measured: keras.KerasTensor) -> keras.KerasTensor:
    return ops.maximum(ops.sum(ops.cast(measured, "float32")), 1.0)


@dataclass(frozen=True)
class Autoencoder:
    """An encoder and the model that reconstructs its input; they share the encoder's weights."""

    encoder: keras.Model  # (sample, feature) -> (sample, code)
    reconstructor: keras.Model  # (sample, feature) -> (sample, feature)

    @classmethod
    def build(cls, n_features: int, settings: EncoderSettings, *, name: str) -> Self:
        """Return the encoder of an omic and its mirror image behind it."""
        encoder = settings.build(n_features, name=name)
        restored = encoder.output
        for depth, width in reversed(list(enumerate(settings.widths[:-1], start=1))):
            layer = keras.layers.Dense(
                width,
                activation_of(settings.activation),
                kernel_initializer="he_uniform",
                name=f"{name}_decoder_{depth}",
            )
            restored = layer(restored)
        restored = keras.layers.Dense(
            n_features,
            activation_of(settings.restored_activation),
            kernel_initializer=initializer(settings.restored_activation),
            name=f"{name}_restored",
        )(restored)
        return cls(encoder, keras.Model(encoder.input, restored, name=f"{name}_autoencoder"))

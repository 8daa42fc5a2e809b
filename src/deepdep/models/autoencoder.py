"""One omic: an encoder that compresses a profile, a decoder that restores it, and their loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import keras
from keras import ops

from deepdep.domain.omics import Omic, omic_of_table
from deepdep.settings import Settings

BYTES = 4  # of a weight

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


def matrix_bytes(widths: Sequence[int]) -> int:
    """Return the bytes of the matrices between layers of these widths, float32."""
    return BYTES * sum(rows * columns for rows, columns in pairwise(widths))


def _count(measured: keras.KerasTensor) -> keras.KerasTensor:
    return ops.maximum(ops.sum(ops.cast(measured, "float32")), 1.0)


@dataclass(frozen=True)
class EncoderSettings(Settings):
    """The shape of one omic's encoder; with it and its weights the encoder is whole."""

    widths: tuple[int, ...]  # dense layers, outermost first; the last is the code
    activation: str  # of the hidden layers
    code_activation: str  # linear, so that no unit of the code can die, or another
    restored_activation: str  # of the decoder's output; linear restores any number
    corruption: float  # share of the inputs hidden from the encoder while it trains

    def n_bytes(self, n_features: int) -> int:
        """Return the bytes of the encoder's matrices."""
        return matrix_bytes([n_features, *self.widths])

    def build(self, n_features: int, *, name: str) -> keras.Model:
        """Return the encoder of the omic called ``name``: (sample, feature) -> (sample, code)."""
        profile = keras.Input((n_features,), name=name)
        hidden = keras.layers.Dropout(self.corruption, name=f"{name}_corruption")(profile)
        *hidden_widths, code_width = self.widths
        for depth, width in enumerate(hidden_widths, start=1):
            layer = keras.layers.Dense(
                width, self.activation, kernel_initializer="he_uniform", name=f"{name}_{depth}"
            )
            hidden = layer(hidden)
        code = keras.layers.Dense(
            code_width,
            self.code_activation,
            kernel_initializer=_initializer(self.code_activation),
            name=f"{name}_code",
        )(hidden)
        return keras.Model(profile, code, name=f"{name}_encoder")


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
                settings.activation,
                kernel_initializer="he_uniform",
                name=f"{name}_decoder_{depth}",
            )
            restored = layer(restored)
        restored = keras.layers.Dense(
            n_features,
            settings.restored_activation,
            kernel_initializer=_initializer(settings.restored_activation),
            name=f"{name}_restored",
        )(restored)
        return cls(encoder, keras.Model(encoder.input, restored, name=f"{name}_autoencoder"))


def _initializer(activation: str) -> str:
    """He's draw allows for the half of the inputs that a ReLU cuts; Glorot's is for the others."""
    return "glorot_uniform" if activation == "linear" else "he_uniform"

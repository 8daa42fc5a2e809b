"""The shapes of encoders and networks, as params.yaml and stored models say them.

Apart from the layers themselves, for whom these are read and no network is used: Keras takes
seconds to load.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from deepdep.settings import Settings

if TYPE_CHECKING:
    import keras

BYTES = 4  # of a weight


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

    def build(self, n_features: int, *, name: str) -> "keras.Model":
        """Return the encoder of the omic called ``name``: (sample, feature) -> (sample, code)."""
        import keras

        profile = keras.Input((n_features,), name=name)
        hidden = keras.layers.Dropout(self.corruption, name=f"{name}_corruption")(profile)
        *hidden_widths, code_width = self.widths
        for depth, width in enumerate(hidden_widths, start=1):
            layer = keras.layers.Dense(
                width,
                activation_of(self.activation),
                kernel_initializer="he_uniform",
                name=f"{name}_{depth}",
            )
            hidden = layer(hidden)
        code = keras.layers.Dense(
            code_width,
            activation_of(self.code_activation),
            kernel_initializer=initializer(self.code_activation),
            name=f"{name}_code",
        )(hidden)
        return keras.Model(profile, code, name=f"{name}_encoder")


@dataclass(frozen=True)
class PredictorSettings(Settings):
    """The shape of the network behind the encoders."""

    cell_widths: tuple[int, ...]  # dense layers over the joined codes
    gene_widths: tuple[int, ...]  # dense layers over the fingerprint
    embedding: int  # width in which a cell line and a gene are compared; 0 compares pairs only
    pair_widths: tuple[int, ...]  # dense layers over pairs; none leaves only the product
    normalize_codes: bool  # each sample's code of an omic, to mean 0 and spread 1
    target: Literal["deviation", "effect"]  # from the gene's mean in its SD, or the effect itself
    dropout: float  # of the hidden layers
    omic_dropout: float  # chance that a training line loses an omic for one step

    def n_bytes(
        self,
        n_features: Mapping[str, int],
        encoders: Mapping[str, EncoderSettings],
        n_gene_sets: int,
    ) -> int:
        """Return the bytes of the matrices of the network and its encoders."""
        cell = [sum(each.widths[-1] for each in encoders.values()), *self.cell_widths]
        gene = [n_gene_sets, *self.gene_widths]
        chains = [[*cell, self.embedding], [*gene, self.embedding]]
        if self.pair_widths:
            chains.append([cell[-1] + gene[-1], *self.pair_widths])
        of_encoders = sum(each.n_bytes(n_features[omic]) for omic, each in encoders.items())
        return of_encoders + sum(map(matrix_bytes, chains))


def matrix_bytes(widths: Sequence[int]) -> int:
    """Return the bytes of the matrices between layers of these widths, float32."""
    return BYTES * sum(rows * columns for rows, columns in pairwise(widths))


def initializer(activation: str) -> str:
    """He's draw allows for the half of the inputs that a ReLU cuts; Glorot's is for the others."""
    return "glorot_uniform" if activation == "linear" else "he_uniform"


def activation_of(name: str) -> "str | Callable[[keras.KerasTensor], keras.KerasTensor]":
    """Return Keras's activation of this name, but our own gelu, which every CPU rounds alike."""
    return gelu if name == "gelu" else name


def gelu(x: "keras.KerasTensor") -> "keras.KerasTensor":
    """Return x times the normal distribution's share below x (Hendrycks and Gimpel 2016).

    Keras takes the complementary error function, whose reciprocal each kind of CPU approximates in
    its own way; the error function itself has none.
    """
    from keras import ops

    return 0.5 * x * (1.0 + ops.erf(x / 2**0.5))

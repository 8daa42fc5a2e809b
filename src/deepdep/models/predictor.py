"""Cell tower, gene tower and the head where they meet: the only place where pairs exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
from keras import ops

from deepdep.data.blocks import FINGERPRINT, MEASURED
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings

CELL_EMBEDDING = "cell_embedding"  # layer: where the network places a sample


@dataclass(frozen=True)
class PredictorSettings(Settings):
    """The shape of the network behind the encoders."""

    cell_widths: tuple[int, ...]  # dense layers over the joined codes
    gene_widths: tuple[int, ...]  # dense layers over the fingerprint
    embedding: int  # width in which a cell line and a gene are compared
    pair_width: int  # hidden layer over pairs; 0 leaves only the product of the embeddings
    dropout: float  # of the hidden layers
    omic_dropout: float  # chance that a training line loses an omic for one step
    wide_dropout: float  # share of the features hidden from the wide path for one step


def build_predictor(
    encoders: Mapping[Omic, keras.Model], n_gene_sets: int, settings: PredictorSettings
) -> keras.Model:
    """Return the network from samples and genes to a table of standardised effects.

    Inputs are the profile of each omic (sample, feature), ``measured`` (sample, omic) in the
    order of ``encoders`` and ``fingerprint`` (gene, gene set); samples and genes differ in number.
    The output has shape (sample, gene): the deviation from the gene's mean in units of its SD.
    """
    measured = keras.Input((len(encoders),), name=MEASURED)
    present = {
        omic: keras.layers.Dropout(settings.omic_dropout, name=f"{omic}_present")(
            measured[:, position : position + 1]
        )
        for position, omic in enumerate(encoders)
    }
    cell = _tower(_codes(encoders, present), settings.cell_widths, settings, name="cell")
    placed = keras.layers.Dense(settings.embedding, name="cell_deep")(cell)
    wide = _wide_path(encoders, present, settings)
    embedding = keras.layers.Add(name=CELL_EMBEDDING)([placed, *wide])
    fingerprint = keras.Input((n_gene_sets,), name=FINGERPRINT)
    gene = _tower(fingerprint, settings.gene_widths, settings, name="gene")
    effect = _product(embedding, gene, settings.embedding)
    if settings.pair_width:
        effect = effect + _pair_layer(cell, gene, settings.pair_width)
    profiles = {str(omic): encoder.input for omic, encoder in encoders.items()}
    return keras.Model(
        profiles | {MEASURED: measured, FINGERPRINT: fingerprint}, effect, name="predictor"
    )


def cell_tower(predictor: keras.Model) -> keras.Model:
    """Return the part of a predictor that places samples: inputs of samples -> their embedding."""
    inputs = {name: tensor for name, tensor in predictor.input.items() if name != FINGERPRINT}
    return keras.Model(inputs, predictor.get_layer(CELL_EMBEDDING).output, name="cell_tower")


def _codes(
    encoders: Mapping[Omic, keras.Model], present: Mapping[Omic, keras.KerasTensor]
) -> keras.KerasTensor:
    """Join the omics' codes, 0 where a sample lacks an omic or the step hides it."""
    codes = []
    for omic, encoder in encoders.items():
        code = keras.layers.LayerNormalization(name=f"{omic}_normalized")(encoder.output)
        codes.append(keras.layers.Multiply(name=f"{omic}_if_present")([code, present[omic]]))
    return keras.layers.Concatenate(name="codes")(codes) if len(codes) > 1 else codes[0]


def _wide_path(
    encoders: Mapping[Omic, keras.Model],
    present: Mapping[Omic, keras.KerasTensor],
    settings: PredictorSettings,
) -> list[keras.KerasTensor]:
    """Pass each profile straight to the embedding, by a linear map that starts at zero.

    A code of a few dozen numbers loses the single genes whose change decides a dependency.
    """
    paths = []
    for omic, encoder in encoders.items():
        some = keras.layers.Dropout(settings.wide_dropout, name=f"{omic}_wide_dropout")
        linear = keras.layers.Dense(
            settings.embedding, use_bias=False, kernel_initializer="zeros", name=f"{omic}_wide"
        )
        path = linear(some(encoder.input))
        paths.append(keras.layers.Multiply(name=f"{omic}_wide_if_present")([path, present[omic]]))
    return paths


def _tower(
    hidden: keras.KerasTensor, widths: Sequence[int], settings: PredictorSettings, *, name: str
) -> keras.KerasTensor:
    for depth, width in enumerate(widths, start=1):
        hidden = keras.layers.Dense(
            width, "relu", kernel_initializer="he_uniform", name=f"{name}_{depth}"
        )(hidden)
        hidden = keras.layers.Dropout(settings.dropout, name=f"{name}_{depth}_dropout")(hidden)
    return hidden


def _product(cell: keras.KerasTensor, gene: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Compare each cell line with each gene by an inner product: (sample, gene)."""
    gene = keras.layers.Dense(width, name="gene_embedding")(gene)
    return ops.matmul(cell, ops.transpose(gene)) / width**0.5


def _pair_layer(cell: keras.KerasTensor, gene: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Pass each pair through a hidden layer, split into a cell and a gene part: (sample, gene)."""
    cell_part = keras.layers.Dense(width, use_bias=False, name="cell_part")(cell)
    gene_part = keras.layers.Dense(width, name="gene_part")(gene)
    pair = ops.expand_dims(cell_part, 1) + ops.expand_dims(gene_part, 0)
    effect = keras.layers.Dense(1, name="gene_effect")(ops.relu(pair))
    return ops.squeeze(effect, -1)

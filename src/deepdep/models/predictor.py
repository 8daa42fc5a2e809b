"""Cell tower, gene tower and the head where they meet: the only place where pairs exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
from keras import ops

from deepdep.data.blocks import FINGERPRINT, MEASURED
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings


@dataclass(frozen=True)
class PredictorSettings(Settings):
    """The shape of the network behind the encoders."""

    cell_widths: tuple[int, ...]  # dense layers over the joined codes
    gene_widths: tuple[int, ...]  # dense layers over the fingerprint
    embedding: int  # width in which a cell line and a gene are compared
    pair_width: int  # hidden layer over pairs; 0 leaves only the product of the embeddings
    dropout: float  # of the hidden layers
    omic_dropout: float  # chance that a training line loses an omic for one step


def build_predictor(
    encoders: Mapping[Omic, keras.Model], n_gene_sets: int, settings: PredictorSettings
) -> keras.Model:
    """Return the network from samples and genes to a table of standardised effects.

    Inputs are the profile of each omic (sample, feature), ``measured`` (sample, omic) in the
    order of ``encoders`` and ``fingerprint`` (gene, gene set); samples and genes differ in number.
    The output has shape (sample, gene): the deviation from the gene's mean in units of its SD.
    """
    measured = keras.Input((len(encoders),), name=MEASURED)
    codes = [
        _code(encoder, measured, position, settings.omic_dropout, name=str(omic))
        for position, (omic, encoder) in enumerate(encoders.items())
    ]
    joined = keras.layers.Concatenate(name="codes")(codes) if len(codes) > 1 else codes[0]
    cell = _tower(joined, settings.cell_widths, settings, name="cell")
    fingerprint = keras.Input((n_gene_sets,), name=FINGERPRINT)
    gene = _tower(fingerprint, settings.gene_widths, settings, name="gene")
    effect = _product(cell, gene, settings.embedding)
    if settings.pair_width:
        effect = effect + _pair_layer(cell, gene, settings.pair_width)
    profiles = {str(omic): encoder.input for omic, encoder in encoders.items()}
    return keras.Model(
        profiles | {MEASURED: measured, FINGERPRINT: fingerprint}, effect, name="predictor"
    )


def cell_tower(predictor: keras.Model) -> keras.Model:
    """Return the part of a predictor that places samples: inputs of samples -> their embedding."""
    inputs = {name: tensor for name, tensor in predictor.input.items() if name != FINGERPRINT}
    return keras.Model(inputs, predictor.get_layer("cell_embedding").output, name="cell_tower")


def _code(
    encoder: keras.Model,
    measured: keras.KerasTensor,
    position: int,
    omic_dropout: float,
    *,
    name: str,
) -> keras.KerasTensor:
    """Return an omic's code, 0 where the sample lacks the omic or the step hides it."""
    normalized = keras.layers.LayerNormalization(name=f"{name}_normalized")(encoder.output)
    present = keras.layers.Dropout(omic_dropout, name=f"{name}_dropout")(
        measured[:, position : position + 1]
    )
    return keras.layers.Multiply(name=f"{name}_present")([normalized, present])


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
    cell = keras.layers.Dense(width, name="cell_embedding")(cell)
    gene = keras.layers.Dense(width, name="gene_embedding")(gene)
    return ops.matmul(cell, ops.transpose(gene)) / width**0.5


def _pair_layer(cell: keras.KerasTensor, gene: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Pass each pair through a hidden layer, split into a cell and a gene part: (sample, gene)."""
    cell_part = keras.layers.Dense(width, use_bias=False, name="cell_part")(cell)
    gene_part = keras.layers.Dense(width, name="gene_part")(gene)
    pair = ops.expand_dims(cell_part, 1) + ops.expand_dims(gene_part, 0)
    effect = keras.layers.Dense(1, name="gene_effect")(ops.relu(pair))
    return ops.squeeze(effect, -1)

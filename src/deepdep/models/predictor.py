"""Cell tower, gene tower and the head where they meet: the only place where pairs exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from deepdep.data.blocks import FINGERPRINT, MEASURED
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.models.pair_head import pair_head

CELL_EMBEDDING = "cell_embedding"  # layer: where the network places a sample


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


def build_predictor(
    encoders: Mapping[Omic, keras.Model], n_gene_sets: int, settings: PredictorSettings
) -> keras.Model:
    """Return the network from samples and genes to a table of standardised effects.

    Inputs are the profile of each omic (sample, feature), ``measured`` (sample, omic) in the
    order of ``encoders`` and ``fingerprint`` (gene, gene set); samples and genes differ in number.
    The output has shape (sample, gene), in the unit that ``settings.target`` says.
    """
    if not settings.embedding and not settings.pair_widths:
        raise DeepDEPError(
            "params.yaml: finetune: embedding is 0 and pair_widths is empty: nothing compares "
            "cell lines with genes; set one of them."
        )
    measured = keras.Input((len(encoders),), name=MEASURED)
    present = {
        omic: keras.layers.Dropout(settings.omic_dropout, name=f"{omic}_present")(
            measured[:, position : position + 1]
        )
        for position, omic in enumerate(encoders)
    }
    codes = _codes(encoders, present, normalize=settings.normalize_codes)
    cell = _tower(codes, settings.cell_widths, settings, name="cell")
    fingerprint = keras.Input((n_gene_sets,), name=FINGERPRINT)
    gene = _tower(fingerprint, settings.gene_widths, settings, name="gene")
    embedding = _embedding(cell, settings.embedding)
    effects = [_product(embedding, gene, settings.embedding)] if settings.embedding else []
    if settings.pair_widths:
        effects.append(pair_head(cell, gene, settings.pair_widths))
    total = keras.layers.Add(name="both_ways")(effects) if len(effects) > 1 else effects[0]
    effect = keras.layers.Activation("linear", dtype="float32", name="effect")(total)
    profiles = {str(omic): encoder.input for omic, encoder in encoders.items()}
    return keras.Model(
        profiles | {MEASURED: measured, FINGERPRINT: fingerprint}, effect, name="predictor"
    )


def cell_tower(predictor: keras.Model) -> keras.Model:
    """Return the part of a predictor that places samples: inputs of samples -> their embedding."""
    inputs = {name: tensor for name, tensor in predictor.input.items() if name != FINGERPRINT}
    return keras.Model(inputs, predictor.get_layer(CELL_EMBEDDING).output, name="cell_tower")


def _codes(
    encoders: Mapping[Omic, keras.Model],
    present: Mapping[Omic, keras.KerasTensor],
    *,
    normalize: bool,
) -> keras.KerasTensor:
    """Join the omics' codes, 0 where a sample lacks an omic or the step hides it."""
    codes = []
    for omic, encoder in encoders.items():
        code = encoder.output
        if normalize:
            code = keras.layers.LayerNormalization(name=f"{omic}_normalized")(code)
        codes.append(keras.layers.Multiply(name=f"{omic}_if_present")([code, present[omic]]))
    return keras.layers.Concatenate(name="codes")(codes) if len(codes) > 1 else codes[0]


def _embedding(cell: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Place samples where genes are compared with them; without such a place, as the tower does."""
    if not width:
        return keras.layers.Identity(name=CELL_EMBEDDING)(cell)
    return keras.layers.Dense(width, name=CELL_EMBEDDING)(cell)


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

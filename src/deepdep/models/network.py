"""The network: encoders and fingerprint, then a head that reads every pair."""

from collections.abc import Mapping, Sequence
from functools import partial

import keras
from keras import ops

from deepdep.errors import DeepDEPError
from deepdep.models.inputs import (
    CELL_EMBEDDING,
    CELL_PART,
    FINGERPRINT,
    GENE_EMBEDDING,
    GENE_PART,
    MEASURED,
)
from deepdep.models.settings import PredictorSettings


def pair_head(
    cell: keras.KerasTensor, gene: keras.KerasTensor, widths: Sequence[int]
) -> keras.KerasTensor:
    """Return a number per pair, shape (cell line, gene).

    Parameters
    ----------
    cell, gene
        What is known of cell lines (cell line, width) and of genes (gene, width).
    widths
        Hidden layers over the two joined.
    """
    first, *others = widths
    # He's uniform draw for the joined layer: the limit counts the inputs of both parts.
    limit = (6 / (cell.shape[-1] + gene.shape[-1])) ** 0.5
    draw = partial(keras.initializers.RandomUniform, -limit, limit)
    cell_part = keras.layers.Dense(
        first, use_bias=False, kernel_initializer=draw(), name=CELL_PART
    )(cell)
    gene_part = keras.layers.Dense(first, kernel_initializer=draw(), name=GENE_PART)(gene)
    hidden = JoinPairs(name="pair_1")(cell_part, gene_part)
    for depth, width in enumerate(others, start=2):
        hidden = keras.layers.Dense(
            width, "relu", kernel_initializer="he_uniform", name=f"pair_{depth}"
        )(hidden)
    effect = keras.layers.Dense(
        1, kernel_initializer="he_uniform", dtype="float32", name="gene_effect"
    )(hidden)
    return PairTable(name="pair_table")(effect, gene_part)


class JoinPairs(keras.layers.Layer):
    """Each cell line's part plus each gene's, behind a ReLU: a row per pair.

    Rows, because one product over all pairs is faster than one per cell line.
    """

    def call(self, cell_part: keras.KerasTensor, gene_part: keras.KerasTensor) -> keras.KerasTensor:
        """Return hidden units of pairs, shape (cell line x gene, width)."""
        pairs = ops.relu(ops.expand_dims(cell_part, 1) + ops.expand_dims(gene_part, 0))
        return ops.reshape(pairs, (-1, cell_part.shape[-1]))

    def compute_output_spec(
        self, cell_part: keras.KerasTensor, gene_part: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Tell what ``call`` returns."""
        del gene_part
        return keras.KerasTensor((None, cell_part.shape[-1]), self.compute_dtype)


class PairTable(keras.layers.Layer):
    """Rows of pairs as a table (cell line, gene)."""

    def call(self, effect: keras.KerasTensor, gene_part: keras.KerasTensor) -> keras.KerasTensor:
        """Return the effects, shape (cell line, gene)."""
        return ops.reshape(effect, (-1, ops.shape(gene_part)[0]))

    def compute_output_spec(
        self, effect: keras.KerasTensor, gene_part: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Tell what ``call`` returns."""
        del gene_part
        return keras.KerasTensor((None, None), effect.dtype)


def build_predictor(
    encoders: Mapping[str, keras.Model], n_gene_sets: int, settings: PredictorSettings
) -> keras.Model:
    """Return the network from samples and genes to a table of standardised effects.

    Inputs are the profile of each omic (sample, feature), ``measured`` (sample, omic) in the
    order of ``encoders`` and ``fingerprint`` (gene, gene set); samples and genes differ in number.
    The output has shape (sample, gene), in the unit that ``settings.target`` says.
    """
    if not settings.embedding and not settings.pair_widths:
        raise DeepDEPError(
            "params.yaml: finetune.network: embedding is 0 and pair_widths is empty: nothing "
            "compares cell lines with genes; set one of them."
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
    effects = []
    if settings.embedding:
        embedding = keras.layers.Dense(settings.embedding, name=CELL_EMBEDDING)(cell)
        of_genes = keras.layers.Dense(settings.embedding, name=GENE_EMBEDDING)(gene)
        effects.append(ops.matmul(embedding, ops.transpose(of_genes)) / settings.embedding**0.5)
    if settings.pair_widths:
        effects.append(pair_head(cell, gene, settings.pair_widths))
    total = keras.layers.Add(name="both_ways")(effects) if len(effects) > 1 else effects[0]
    effect = keras.layers.Activation("linear", dtype="float32", name="effect")(total)
    profiles = {str(omic): encoder.input for omic, encoder in encoders.items()}
    return keras.Model(
        profiles | {MEASURED: measured, FINGERPRINT: fingerprint}, effect, name="predictor"
    )


def cell_tower(predictor: keras.Model) -> keras.Model:
    """Return the part of a predictor that places samples: inputs of samples -> their embedding.

    Where pairs alone are compared, samples are placed where pairs read them.
    """
    inputs = {name: tensor for name, tensor in predictor.input.items() if name != FINGERPRINT}
    has_embedding = any(layer.name == CELL_EMBEDDING for layer in predictor.layers)
    place = (
        predictor.get_layer(CELL_EMBEDDING).output
        if has_embedding
        else predictor.get_layer(CELL_PART).input
    )
    return keras.Model(inputs, place, name="cell_tower")


class LayerNormalization(keras.layers.LayerNormalization):
    """Keras's own, of whose name weights are stored, with a root and a division.

    All CPUs round these alike; the reciprocal root of Keras each kind approximates in its own way.
    """

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return codes of mean 0 and variance 1 per sample, scaled and moved as learned."""
        centred = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        return centred / ops.sqrt(variance + self.epsilon) * self.gamma + self.beta


def _codes(
    encoders: Mapping[str, keras.Model],
    present: Mapping[str, keras.KerasTensor],
    *,
    normalize: bool,
) -> keras.KerasTensor:
    """Join the omics' codes, 0 where a sample lacks an omic or the step hides it."""
    codes = []
    for omic, encoder in encoders.items():
        code = encoder.output
        if normalize:
            code = LayerNormalization(name=f"{omic}_normalized")(code)
        codes.append(keras.layers.Multiply(name=f"{omic}_if_present")([code, present[omic]]))
    return keras.layers.Concatenate(name="codes")(codes) if len(codes) > 1 else codes[0]


def _tower(
    hidden: keras.KerasTensor, widths: Sequence[int], settings: PredictorSettings, *, name: str
) -> keras.KerasTensor:
    for depth, width in enumerate(widths, start=1):
        hidden = keras.layers.Dense(
            width, "relu", kernel_initializer="he_uniform", name=f"{name}_{depth}"
        )(hidden)
        hidden = keras.layers.Dropout(settings.dropout, name=f"{name}_{depth}_dropout")(hidden)
    return hidden

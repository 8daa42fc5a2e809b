"""The architecture of 2021, as params of the same code: its size, and what it computes."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import Autoencoder, masked_mse
from deepdep.models.network import build_predictor
from deepdep.settings import read_settings
from deepdep.training.settings import FinetuneSettings, PretrainSettings

M, E, T, C = Omic.MUTATION, Omic.EXPRESSION, Omic.METHYLATION, Omic.COPY_NUMBER
N_FEATURES = {M: 4539, E: 6016, C: 7460, T: 6617}
N_SETS = 3115
PRESET = Path(__file__).resolve().parents[2] / "presets" / "deepdep-2021.yaml"


def encoders_of(omics, n_features=N_FEATURES, widths=None):
    return {
        omic: encoder_settings(omic, widths).build(n_features[omic], name=omic) for omic in omics
    }


def encoder_settings(omic, widths=None):
    preset = read_settings(PRESET, f"pretrain.{omic}", PretrainSettings).encoder
    return preset if widths is None else replace(preset, widths=widths[omic])


def network_settings():
    return read_settings(PRESET, "finetune", FinetuneSettings).network


@pytest.mark.parametrize(
    ("omics", "n_parameters"),
    [
        ((M, E, T, C), 18_370_801),
        ((E,), 6_428_151),
        ((M,), 7_954_551),
        ((M, E), 11_085_801),
    ],
)
def test_it_has_as_many_parameters_as_published(omics, n_parameters):
    predictor = build_predictor(encoders_of(omics), N_SETS, network_settings())
    assert predictor.count_params() == n_parameters


def test_its_autoencoder_mirrors_the_encoder_and_ends_in_relu():
    autoencoder = Autoencoder.build(N_FEATURES[E], encoder_settings(E), name="expression")
    widths = [layer.units for layer in autoencoder.reconstructor.layers if hasattr(layer, "units")]
    assert widths == [500, 200, 50, 200, 500, 6016]
    restored = np.asarray(autoencoder.reconstructor(np.ones((2, 6016), np.float32)))
    assert (restored >= 0).all()
    assert (restored > 0).any()


SMALL = {M: 30, E: 40, T: 20, C: 50}
SMALL_WIDTHS = {M: (20, 10, 6), E: (16, 8, 5), T: (16, 8, 4), C: (16, 8, 3)}
N_LINES, N_GENES, N_SMALL_SETS, N_PAIRS = 12, 9, 25, 64
SMALL_GENE_WIDTHS, SMALL_PAIR_WIDTHS = (14, 8, 6), (24, 24)


@pytest.fixture(scope="module")
def factorised():
    keras.utils.set_random_seed(0)
    encoders = encoders_of(SMALL, SMALL, SMALL_WIDTHS)
    settings = replace(
        network_settings(), gene_widths=SMALL_GENE_WIDTHS, pair_widths=SMALL_PAIR_WIDTHS
    )
    network = build_predictor(encoders, N_SMALL_SETS, settings)
    rng = np.random.default_rng(0)
    for weight in network.weights:  # biases too, which start at zero
        weight.assign(rng.normal(scale=0.3, size=weight.shape))
    return network


@pytest.fixture(scope="module")
def pairwise(factorised):
    """The model as its authors wrote it: a row is a pair, with all features of both."""
    features = [layers.Input((SMALL[omic],)) for omic in SMALL]
    fingerprint = layers.Input((N_SMALL_SETS,))
    codes = []
    dense = {}

    def stack(hidden, widths, names):
        for width, name in zip(widths, names, strict=True):
            dense[name] = layers.Dense(width, "relu")
            hidden = dense[name](hidden)
        return hidden

    for omic, profile in zip(SMALL, features, strict=True):
        names = [f"{omic}_1", f"{omic}_2", f"{omic}_code"]
        codes.append(stack(profile, SMALL_WIDTHS[omic], names))
    codes.append(stack(fingerprint, SMALL_GENE_WIDTHS, ["gene_1", "gene_2", "gene_3"]))
    dense["joined"] = layers.Dense(24, "relu")
    dense["pair_2"] = layers.Dense(24, "relu")
    dense["gene_effect"] = layers.Dense(1)
    hidden = dense["joined"](layers.Concatenate()(codes))
    effect = dense["gene_effect"](dense["pair_2"](hidden))
    model = keras.Model([*features, fingerprint], effect)
    for name, layer in dense.items():
        if name != "joined":
            layer.set_weights(factorised.get_layer(name).get_weights())
    (of_cells,), (of_genes, bias) = (
        factorised.get_layer(name).get_weights() for name in ("cell_part", "gene_part")
    )
    dense["joined"].set_weights([np.concatenate([of_cells, of_genes]), bias])
    return model, dense


@pytest.fixture(scope="module")
def batch():
    """Random pairs of some lines and genes, with a pair drawn twice and labels that are NaN."""
    rng = np.random.default_rng(1)
    profiles = {o: rng.normal(size=(N_LINES, n)).astype(np.float32) for o, n in SMALL.items()}
    profiles[M] = (profiles[M] > 1).astype(np.float32)
    member = rng.integers(0, 2, (N_GENES, N_SMALL_SETS)).astype(np.float32)
    drawn = rng.permutation(N_LINES * N_GENES)[:N_PAIRS]
    effects = np.full((N_LINES, N_GENES), np.nan, np.float32)
    effects.flat[drawn] = rng.normal(size=N_PAIRS)
    return profiles, member, effects, np.divmod(drawn, N_GENES)


def test_outputs_equal_those_of_the_pairwise_model(factorised, pairwise, batch):
    profiles, member, _, (lines, genes) = batch
    table = np.asarray(factorised(_inputs(profiles, member)))
    by_pair = pairwise[0]([*(p[lines] for p in profiles.values()), member[genes]])
    _require_equal(table[lines, genes], np.asarray(by_pair)[:, 0])


def test_gradients_equal_those_of_the_pairwise_model(factorised, pairwise, batch):
    profiles, member, effects, (lines, genes) = batch
    model, dense = pairwise
    pairs = [*(p[lines] for p in profiles.values()), member[genes]]
    loss, of_table = _gradients(factorised, _inputs(profiles, member), effects)
    loss_of_pairs, of_pairs = _gradients(model, pairs, effects[lines, genes][:, None])
    assert loss == pytest.approx(loss_of_pairs, rel=1e-5)
    for name in dense:
        expected = [of_pairs[id(w)] for w in dense[name].weights]
        found = (
            [of_table[id(w)] for w in factorised.get_layer(name).weights]
            if name != "joined"
            else _joined(factorised, of_table)
        )
        for one, other in zip(found, expected, strict=True):
            _require_equal(one, other)


def _require_equal(one, other):
    """To 1e-5 of the largest number: sums of the same terms in another order."""
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())


def _inputs(profiles, member):
    measured = np.ones((N_LINES, len(SMALL)), np.float32)
    return {str(o): p for o, p in profiles.items()} | {"measured": measured, "fingerprint": member}


def _gradients(model, inputs, effects):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = masked_mse(tf.constant(effects), model(inputs))
    weights = model.trainable_weights
    gradients = tape.gradient(loss, [w.value for w in weights])
    return float(loss), {id(w): np.asarray(g) for w, g in zip(weights, gradients, strict=True)}


def _joined(network, gradients):
    cell, gene = (network.get_layer(name) for name in ("cell_part", "gene_part"))
    kernels = [gradients[id(layer.kernel)] for layer in (cell, gene)]
    return [np.concatenate(kernels), gradients[id(gene.bias)]]

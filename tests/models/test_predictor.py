import keras
import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import EncoderSettings, build_encoder
from deepdep.models.losses import masked_mse
from deepdep.models.predictor import PredictorSettings, build_predictor, cell_tower

ENCODER = EncoderSettings((8, 4), "relu", "linear", "linear", corruption=0.0)
SETTINGS = PredictorSettings(
    cell_widths=(32,),
    gene_widths=(32,),
    embedding=16,
    pair_widths=(8, 6),
    normalize_codes=True,
    target="deviation",
    dropout=0.0,
    omic_dropout=0.0,
)
N_LINES, N_GENES, N_SETS = 24, 10, 12


@pytest.fixture
def encoders():
    keras.utils.set_random_seed(0)
    return {
        omic: build_encoder(6, ENCODER, name=str(omic)) for omic in (Omic.MUTATION, Omic.EXPRESSION)
    }


@pytest.fixture
def predictor(encoders):
    return build_predictor(encoders, N_SETS, SETTINGS)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {
        "mutation": rng.normal(size=(N_LINES, 6)).astype(np.float32),
        "expression": rng.normal(size=(N_LINES, 6)).astype(np.float32),
        "measured": np.ones((N_LINES, 2), np.float32),
        "fingerprint": rng.integers(0, 2, (N_GENES, N_SETS)).astype(np.float32),
    }


def test_gives_a_table_of_cell_lines_and_genes(predictor, inputs):
    assert predictor(inputs).shape == (N_LINES, N_GENES)


def test_a_line_is_predicted_alike_alone_and_in_company(predictor, inputs):
    whole = np.asarray(predictor(inputs))
    alone = {name: v if name == "fingerprint" else v[3:4] for name, v in inputs.items()}
    np.testing.assert_allclose(np.asarray(predictor(alone))[0], whole[3], rtol=1e-4, atol=1e-5)


def test_an_omic_that_was_not_measured_is_not_read(predictor, inputs):
    without = {**inputs, "measured": np.tile(np.float32([0, 1]), (N_LINES, 1))}
    other_profile = {**without, "mutation": without["mutation"] + 5}
    np.testing.assert_array_equal(predictor(without), predictor(other_profile))
    assert np.abs(np.asarray(predictor(without)) - np.asarray(predictor(inputs))).max() > 1e-4


def test_learns_an_effect_of_one_feature_on_one_gene(predictor, inputs):
    effects = np.zeros((N_LINES, N_GENES), np.float32)
    effects[:, 2] = inputs["expression"][:, 1]
    effects[0, 5] = np.nan
    predictor.compile(keras.optimizers.Adam(0.01), loss=masked_mse)
    losses = [float(predictor.train_on_batch(inputs, effects)) for _ in range(300)]
    assert losses[-1] < 0.05 * losses[0]


def test_carries_the_pretrained_weights(encoders, predictor):
    pretrained = encoders[Omic.EXPRESSION].get_layer("expression_1").get_weights()[0]
    np.testing.assert_array_equal(predictor.get_layer("expression_1").get_weights()[0], pretrained)


def test_the_cell_tower_places_samples(predictor, inputs):
    of_samples = {name: v for name, v in inputs.items() if name != "fingerprint"}
    assert cell_tower(predictor)(of_samples).shape == (N_LINES, SETTINGS.embedding)


def test_one_omic_and_no_pair_layer_serve_too(encoders, inputs):
    settings = PredictorSettings((), (), 4, (), True, "deviation", 0.0, 0.0)
    network = build_predictor({Omic.EXPRESSION: encoders[Omic.EXPRESSION]}, N_SETS, settings)
    one = {name: inputs[name] for name in ("expression", "fingerprint")}
    assert network({**one, "measured": np.ones((N_LINES, 1), np.float32)}).shape == (
        N_LINES,
        N_GENES,
    )

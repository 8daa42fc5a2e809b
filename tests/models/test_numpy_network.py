import keras
import numpy as np
import pytest

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.models.artifacts import load_predictor
from deepdep.models.inputs import FINGERPRINT
from deepdep.models.network import build_predictor, cell_tower
from deepdep.models.numpy_network import NumpyNetwork, weight_shapes
from deepdep.models.settings import EncoderSettings, PredictorSettings

N_FEATURES = {Omic.MUTATION: 6, Omic.EXPRESSION: 5}
N_SETS = 7


def networks(embedding, pair_widths, activation, *, normalize):
    """Return a random network and what computes it by NumPy; no weight is 0 or 1."""
    keras.utils.set_random_seed(0)
    of_omic = EncoderSettings((4, 3), activation, "linear", "linear", 0.2)
    encoders = dict.fromkeys(N_FEATURES, of_omic)
    settings = PredictorSettings(
        (5, 4), (4,), embedding, pair_widths, normalize, "effect", 0.5, 0.5
    )
    built = {omic: s.build(N_FEATURES[omic], name=str(omic)) for omic, s in encoders.items()}
    network = build_predictor(built, N_SETS, settings)
    rng = np.random.default_rng(1)
    network.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in network.weights])
    weights = {weight.path: np.asarray(weight) for weight in network.weights}
    return network, NumpyNetwork(weights, settings, encoders)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    profiles = {str(o): rng.normal(size=(3, n)).astype("float32") for o, n in N_FEATURES.items()}
    measured = np.array([[1, 1], [1, 0], [0, 1]], np.float32)
    genes = rng.integers(0, 2, (4, N_SETS)).astype(np.float32)
    return profiles | {"measured": measured, FINGERPRINT: genes}


@pytest.mark.parametrize(
    ("embedding", "pair_widths", "activation", "normalize"),
    [(3, (), "gelu", True), (0, (4, 5), "relu", False), (3, (4,), "tanh", True)],
)
def test_numpy_computes_what_keras_does(inputs, embedding, pair_widths, activation, normalize):
    network, by_numpy = networks(embedding, pair_widths, activation, normalize=normalize)
    table = by_numpy.with_genes(inputs, by_numpy.encode_genes(inputs[FINGERPRINT]))
    np.testing.assert_allclose(table, np.asarray(network(inputs)), rtol=1e-4, atol=1e-5)
    of_samples = {name: values for name, values in inputs.items() if name != FINGERPRINT}
    places = np.asarray(cell_tower(network)(of_samples))
    np.testing.assert_allclose(by_numpy.place(of_samples), places, rtol=1e-4, atol=1e-5)
    shapes = weight_shapes(by_numpy.settings, by_numpy.encoders, N_FEATURES, N_SETS)
    assert shapes == {weight.path: tuple(weight.shape) for weight in network.weights}


def test_an_activation_that_it_does_not_know_is_left_to_keras():
    encoders = {Omic.MUTATION: EncoderSettings((4, 3), "gelu", "softplus", "linear", 0.0)}
    assert not NumpyNetwork.can_compute(encoders)


def test_a_model_loaded_for_few_predicts_the_same(predictor, predictor_folder, prepared_cohort):
    tumors = StandardizedSamples(prepared_cohort.tumor_profiles, prepared_cohort.tumors.iloc[:3])
    loaded = load_predictor(predictor_folder, for_few=True)
    effect = loaded.predict(tumors, ["BRAF", "WRN"]).effect
    expected = predictor.predict(tumors, ["BRAF", "WRN"]).effect
    np.testing.assert_allclose(effect, expected, atol=1e-5)
    np.testing.assert_allclose(loaded.embed(tumors), predictor.embed(tumors), atol=1e-5)

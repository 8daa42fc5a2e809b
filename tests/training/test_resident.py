import keras
import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import EncoderSettings, build_encoder
from deepdep.models.predictor import PredictorSettings, build_predictor
from deepdep.training.resident import resident_network

N_LINES, N_GENES, N_SETS = 9, 5, 7


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    encoder = build_encoder(6, EncoderSettings((4,), "relu", "relu", "relu", 0.0), name="mutation")
    settings = PredictorSettings((), (4,), 3, (4,), True, "effect", 0.0, 0.0)
    return build_predictor({Omic.MUTATION: encoder}, N_SETS, settings)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    profiles = rng.normal(size=(N_LINES, 6)).astype(np.float32)
    return {"mutation": profiles, "measured": np.ones((N_LINES, 1), np.float32)}


@pytest.fixture
def fingerprints():
    return np.random.default_rng(1).integers(0, 2, (N_GENES, N_SETS)).astype(np.float32)


def test_lines_and_genes_are_read_by_their_numbers(network, inputs, fingerprints):
    resident = resident_network(network, inputs, fingerprints)
    whole = np.asarray(network(inputs | {"fingerprint": fingerprints}))
    lines, genes = np.int32([7, 2, 2]), np.int32([4, 0])
    table = np.asarray(resident({"lines": lines, "genes": genes}))
    np.testing.assert_allclose(table, whole[np.ix_(lines, genes)], rtol=1e-5, atol=1e-6)


def test_it_has_the_weights_of_the_network_and_no_others(network, inputs, fingerprints):
    resident = resident_network(network, inputs, fingerprints)
    assert [w.path for w in resident.weights] == [w.path for w in network.weights]
    assert all(a is b for a, b in zip(resident.weights, network.weights, strict=True))

import keras
import numpy as np
import pytest

from deepdep.models.autoencoder import EncoderSettings, build_autoencoder, build_encoder

SETTINGS = EncoderSettings((16, 4), "relu", "linear", "linear", corruption=0.0)


@pytest.fixture
def autoencoder():
    keras.utils.set_random_seed(0)
    return build_autoencoder(12, SETTINGS, name="expression")


def test_the_code_is_narrow_and_the_restored_profile_wide(autoencoder):
    profiles = np.zeros((5, 12), np.float32)
    assert autoencoder.encoder(profiles).shape == (5, 4)
    assert autoencoder.reconstructor(profiles).shape == (5, 12)


def test_overfits_a_rank_one_table(autoencoder):
    rng = np.random.default_rng(0)
    table = np.outer(rng.random(32), rng.random(12)).astype(np.float32)
    autoencoder.reconstructor.compile(keras.optimizers.Adam(0.01), loss="mse")
    losses = [float(autoencoder.reconstructor.train_on_batch(table, table)) for _ in range(150)]
    assert losses[-1] < 0.05 * losses[0]


def test_encoder_and_reconstructor_share_weights(autoencoder):
    profiles = np.ones((3, 12), np.float32)
    before = np.asarray(autoencoder.encoder(profiles))
    autoencoder.reconstructor.compile(keras.optimizers.Adam(0.1), loss="mse")
    autoencoder.reconstructor.train_on_batch(profiles, profiles)
    assert np.abs(np.asarray(autoencoder.encoder(profiles)) - before).max() > 1e-3


def test_the_code_can_be_negative(autoencoder):
    profiles = np.random.default_rng(0).normal(size=(64, 12)).astype(np.float32)
    assert (np.asarray(autoencoder.encoder(profiles)) < 0).any(axis=0).all()


def test_the_same_seed_builds_the_same_encoder():
    encoders = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        encoders.append(build_encoder(12, SETTINGS, name="expression"))
    for first, second in zip(*(encoder.get_weights() for encoder in encoders), strict=True):
        np.testing.assert_array_equal(first, second)

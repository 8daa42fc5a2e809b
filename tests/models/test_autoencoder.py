import keras
import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import (
    Autoencoder,
    masked_crossentropy,
    masked_mse,
    reconstruction_loss,
)
from deepdep.models.settings import EncoderSettings, activation_of, gelu

SETTINGS = EncoderSettings((16, 4), "relu", "linear", "linear", corruption=0.0)


@pytest.fixture
def autoencoder():
    keras.utils.set_random_seed(0)
    return Autoencoder.build(12, SETTINGS, name="expression")


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
        encoders.append(SETTINGS.build(12, name="expression"))
    for first, second in zip(*(encoder.get_weights() for encoder in encoders), strict=True):
        np.testing.assert_array_equal(first, second)


NAN = np.nan


def test_missing_entries_do_not_count():
    target = np.array([[1.0, NAN], [3.0, 4.0]], np.float32)
    predicted = np.array([[0.0, 100.0], [3.0, 2.0]], np.float32)
    assert float(masked_mse(target, predicted)) == pytest.approx((1 + 0 + 4) / 3)


def test_a_table_without_any_measurement_costs_nothing():
    empty = np.full((2, 2), NAN, np.float32)
    assert float(masked_mse(empty, np.ones((2, 2), np.float32))) == 0
    assert float(masked_crossentropy(empty, np.ones((2, 2), np.float32))) == 0


def test_crossentropy_of_an_undecided_logit_is_log_2():
    target = np.array([[0.0, 1.0, NAN]], np.float32)
    assert float(masked_crossentropy(target, np.zeros((1, 3), np.float32))) == pytest.approx(
        np.log(2)
    )


def test_a_missing_target_gives_no_gradient():
    import tensorflow as tf

    predicted = tf.Variable([[2.0, 5.0]])
    with tf.GradientTape() as tape:
        loss = masked_mse(tf.constant([[NAN, 4.0]]), predicted)
    np.testing.assert_allclose(tape.gradient(loss, predicted), [[0.0, 2.0]])


def test_mutations_are_bits():
    assert reconstruction_loss(Omic.MUTATION) is masked_crossentropy
    assert reconstruction_loss(Omic.EXPRESSION) is masked_mse


def test_gelu_is_that_of_keras_but_for_the_last_bits():
    x = np.linspace(-6, 6, 97, dtype=np.float32)
    expected = keras.activations.gelu(x, approximate=False)
    assert np.abs(np.asarray(gelu(x)) - np.asarray(expected)).max() < 1e-6
    assert activation_of("gelu") is gelu
    assert activation_of("linear") == "linear"

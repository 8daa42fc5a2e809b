import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.losses import masked_crossentropy, masked_mse, reconstruction_loss

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

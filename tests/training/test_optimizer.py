import keras
import numpy as np
import pytest
import tensorflow as tf

from deepdep.training.optimizer import LARGEST_FOR_MUON, Adam, build_optimizer

SHAPES = [(4, 3), (3,)]


def moved(optimizer, n_steps=5):
    """Weights after some steps along gradients that are the same for every optimizer."""
    rng = np.random.default_rng(0)
    weights = [keras.Variable(rng.normal(size=shape), dtype="float32") for shape in SHAPES]
    optimizer.build(weights)
    for _ in range(n_steps):
        optimizer.apply([tf.constant(rng.normal(size=shape), tf.float32) for shape in SHAPES])
    return [np.asarray(weight) for weight in weights]


@pytest.mark.parametrize("weight_decay", [None, 0.1])
def test_adam_moves_weights_as_keras_does(weight_decay):
    ours = moved(Adam(0.01, weight_decay=weight_decay))
    keras_s = moved(keras.optimizers.Adam(0.01, weight_decay=weight_decay))
    for mine, theirs in zip(ours, keras_s, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_adam_follows_a_schedule():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.01, 0.0])
    two, five = moved(Adam(schedule), 2), moved(Adam(schedule), 5)
    for after_two, after_five in zip(two, five, strict=True):
        np.testing.assert_array_equal(after_two, after_five)


def test_muon_leaves_large_kernels_and_biases_to_adam():
    side = int(LARGEST_FOR_MUON**0.5)
    network = keras.Sequential(
        [keras.Input((side + 1,)), keras.layers.Dense(side), keras.layers.Dense(2)]
    )
    optimizer = build_optimizer("muon", network, learning_rate=0.01, weight_decay=0.0)
    optimizer.build(network.trainable_variables)
    by_adam = [velocity is not None for velocity in optimizer.adam_velocities]
    assert by_adam == [True, True, False, True]


def test_muon_s_share_for_adam_is_a_tenth_of_its_rate():
    bias = keras.Variable(np.zeros(3, np.float32))
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    optimizer = build_optimizer("muon", network, learning_rate=0.01, weight_decay=0.0)
    optimizer.build([bias])
    optimizer.apply([tf.constant([1.0, -2.0, 5.0])])
    np.testing.assert_allclose(bias, [-0.001, 0.001, -0.001], rtol=1e-4)


def test_muon_s_step_turns_every_direction_alike():
    rng = np.random.default_rng(0)
    kernel = keras.Variable(np.zeros((6, 4), np.float32))
    network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
    optimizer = build_optimizer("muon", network, learning_rate=0.01, weight_decay=0.0)
    optimizer.build([kernel])
    steep = rng.normal(size=(6, 4)) * [1, 1, 1, 20]
    optimizer.apply([tf.constant(steep, tf.float32)])
    turns = np.linalg.svd(np.asarray(kernel), compute_uv=False)
    assert turns.max() < 2 * turns.min() < np.linalg.svd(steep, compute_uv=False).max()

import numpy as np
import pandas as pd
import pytest

from deepdep.models.kernel.smoothing import label_products, smooth_labels


@pytest.fixture
def truth():
    """40 lines whose 200 genes all follow one hidden programme."""
    rng = np.random.default_rng(0)
    return np.outer(rng.normal(size=40), rng.choice([-1.0, 1.0], 200))


def products(table):
    return label_products(pd.DataFrame(table))


def test_strength_0_returns_the_labels(truth):
    np.testing.assert_allclose(smooth_labels(truth, products(truth), 0.0), truth)


def test_a_label_that_was_not_measured_counts_as_the_mean_of_its_gene():
    labels = np.array([[1.0], [3.0], [np.nan]])
    smoothed = smooth_labels(labels, np.eye(3), 0.0)
    np.testing.assert_allclose(smoothed[:, 0], [1, 3, 2])


def test_a_label_that_the_other_genes_contradict_is_drawn_towards_them(truth):
    labels = truth.copy()
    line = int(np.abs(truth[:, 0]).argmax())
    labels[line, 0] *= -1
    drawn = smooth_labels(labels[:, :1], products(labels), 1.0)
    wrong, right = labels[line, 0], truth[line, 0]
    assert 0.6 < (drawn[line, 0] - wrong) / (right - wrong) < 1


def test_smoothing_brings_noisy_labels_nearer_to_the_truth(truth):
    noisy = truth + np.random.default_rng(1).normal(size=truth.shape)
    drawn = smooth_labels(noisy, products(noisy), 1.0)
    assert ((drawn - truth) ** 2).mean() < 0.5 * ((noisy - truth) ** 2).mean()


def test_lines_that_never_differ_keep_their_labels():
    labels = np.array([[1.0], [2.0]])
    np.testing.assert_allclose(smooth_labels(labels, np.zeros((2, 2)), 1.0), labels)

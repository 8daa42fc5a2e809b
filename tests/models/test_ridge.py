import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from deepdep.models.ridge import KernelBasis, cross_validated_errors

N_TRAIN, N_NEW = 30, 10
TRAIN, NEW = np.arange(N_TRAIN), np.arange(N_TRAIN, N_TRAIN + N_NEW)


@pytest.fixture
def features():
    """More features than lines, not centred."""
    return np.random.default_rng(0).normal(0.5, 1, (N_TRAIN + N_NEW, 50))


@pytest.fixture
def labels(features):
    rng = np.random.default_rng(1)
    return features[TRAIN, :4] + 3 + rng.normal(size=(N_TRAIN, 4))


def expected(features, labels, alpha):
    return Ridge(alpha=alpha).fit(features[TRAIN], labels).predict(features[NEW])


def test_agrees_with_sklearn_and_its_intercept(features, labels):
    basis = KernelBasis.of(features @ features.T, TRAIN, NEW)
    for penalty in (0.01, 1, 100):
        np.testing.assert_allclose(
            basis.predict(labels, penalty),
            expected(features, labels, penalty * basis.scale),
        )


def test_a_gene_is_fitted_on_the_lines_that_screened_it(features, labels):
    labels[:3, 0] = np.nan
    labels[10:, 1] = np.nan
    labels[1:, 2] = np.nan
    basis = KernelBasis.of(features @ features.T, TRAIN, NEW)
    predicted = basis.predict(labels, 0.1)
    for gene in (0, 1, 2, 3):
        known = np.flatnonzero(~np.isnan(labels[:, gene]))
        fit = Ridge(alpha=0.1 * basis.scale).fit(features[known], labels[known, gene])
        np.testing.assert_allclose(predicted[:, gene], fit.predict(features[NEW]))


def test_a_gene_that_no_line_screened_has_no_prediction(features, labels):
    labels[:, 0] = np.nan
    predicted = KernelBasis.of(features @ features.T, TRAIN, NEW).predict(labels, 1)
    assert np.isnan(predicted).any(axis=0).tolist() == [True, False, False, False]


def test_a_penalty_means_the_same_for_twice_the_features(features, labels):
    doubled = np.hstack([features, features])
    np.testing.assert_allclose(
        KernelBasis.of(doubled @ doubled.T, TRAIN, NEW).predict(labels, 0.3),
        KernelBasis.of(features @ features.T, TRAIN, NEW).predict(labels, 0.3),
    )


def test_features_that_never_vary_predict_the_mean(labels):
    predicted = KernelBasis.of(np.zeros((40, 40)), TRAIN, NEW).predict(labels, 1)
    np.testing.assert_allclose(predicted, np.tile(labels.mean(axis=0), (N_NEW, 1)))


def test_twins_are_left_out_together():
    rng = np.random.default_rng(2)
    patient = rng.normal(size=(20, 100))
    twins = np.repeat(patient, 2, axis=0)
    labels = np.repeat(rng.normal(size=(20, 50)), 2, axis=0)  # nothing to learn
    names = pd.Series([f"l{i}" for i in range(40)])
    penalties = (0.01, 100)

    def best(patient_id):
        errors = cross_validated_errors(twins @ twins.T, labels, patient_id, penalties, 5)
        return penalties[errors.sum(axis=1).argmin()]

    assert best(pd.Series(np.repeat(np.arange(20), 2))) == 100
    assert best(names) == 0.01  # a twin in training gives the answer away


def test_errors_ignore_labels_that_are_missing_and_the_order_of_lines(features, labels):
    labels[:3, 0] = np.nan
    patient_id = pd.Series([f"p{i // 2}" for i in range(N_TRAIN)])
    kernel = features[TRAIN] @ features[TRAIN].T
    errors = cross_validated_errors(kernel, labels, patient_id, (0.1, 1), 5)
    assert np.isfinite(errors).all()
    order = np.random.default_rng(3).permutation(N_TRAIN)
    np.testing.assert_allclose(
        cross_validated_errors(
            kernel[np.ix_(order, order)], labels[order], patient_id[order], (0.1, 1), 5
        ),
        errors,
    )

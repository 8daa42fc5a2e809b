import numpy as np
import pandas as pd
import pytest

from deepdep.models.kernel import TableKernel, inverse_of


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_kernels_are_centred_and_of_mean_diagonal_1(scale):
    values = np.random.default_rng(0).normal(scale=scale, size=(48, 7)).astype(np.float32)
    kernel = TableKernel.of(pd.DataFrame(values, [f"L{k}" for k in range(48)]))
    for part, share in zip(kernel.parts(kernel.profiles), (1.0, 0.0), strict=True):
        np.testing.assert_allclose(part.mean(axis=0), 0, atol=1e-5)
        assert np.trace(part) / len(part) == pytest.approx(1, abs=1e-5)
        own = kernel.diagonal(kernel.profiles, share)
        np.testing.assert_allclose(own, np.diag(part), atol=1e-5)


def test_the_inverse_is_that_of_the_whole_matrix():
    x = np.random.default_rng(1).normal(size=(9, 4))
    matrix = x @ x.T + np.eye(9)
    np.testing.assert_allclose(inverse_of(matrix) @ matrix, np.eye(9), atol=1e-9)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        inverse_of(-matrix)

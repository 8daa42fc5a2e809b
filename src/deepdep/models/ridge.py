"""Ridge regression of every gene's effect on the same features, by products between lines.

With more features than cell lines, all that ridge needs is how much alike the lines are. One
eigendecomposition serves every gene and every penalty; scikit-learn's ``KernelRidge`` solves
again for each penalty, and knows no missing labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from deepdep.data.splits import patient_folds


@dataclass(frozen=True)
class KernelBasis:
    """The centred products between training lines, decomposed.

    Attributes
    ----------
    values, vectors
        Eigenvalues, and eigenvectors of shape (training line, component).
    new
        Centred products of new with training lines, shape (new line, training line).
    scale
        Mean squared length of a training line's features: penalties are given in this unit, so
        that they mean the same for any number of features.
    """

    values: np.ndarray
    vectors: np.ndarray
    new: np.ndarray
    scale: float

    @classmethod
    def of(cls, kernel: np.ndarray, train: np.ndarray, new: np.ndarray) -> Self:
        """Centre the products on the training lines, as an intercept does, and decompose them.

        Parameters
        ----------
        kernel
            Products of features, shape (line, line); those of new with new lines are not looked at.
        train, new
            Positions of lines in it.
        """
        from sklearn.preprocessing import KernelCenterer  # here: it takes a while to load

        centerer = KernelCenterer().fit(kernel[np.ix_(train, train)])
        values, vectors = np.linalg.eigh(centerer.transform(kernel[np.ix_(train, train)]))
        values = values.clip(0)
        return cls(
            values=values,
            vectors=vectors,
            new=centerer.transform(kernel[np.ix_(new, train)]),
            scale=float(values.mean()) or 1.0,  # features that never vary predict the mean
        )

    def predict(self, labels: np.ndarray, penalty: float) -> np.ndarray:
        """Predict new lines from training labels (training line, gene), NaN where not screened.

        Every gene is fitted on exactly the lines that screened it; one that none screened is NaN.
        """
        if np.isnan(labels).any():
            shrunk = self.values + penalty * self.scale
            labels = _complete(labels, self.vectors * (self.values / shrunk) @ self.vectors.T)
        return labels.mean(axis=0) + self.new @ self.dual_weights(labels, penalty)

    def dual_weights(self, labels: np.ndarray, penalty: float) -> np.ndarray:
        """Weight of each training line in each gene, shape (training line, gene).

        A new line's prediction is the gene's mean plus its centred products times these. Labels are
        complete.
        """
        shrunk = self.values + penalty * self.scale
        rotated = self.vectors.T @ (labels - labels.mean(axis=0))
        return self.vectors @ (rotated / shrunk[:, None])

    def predict_path(self, labels: np.ndarray, penalties: Sequence[float]) -> Iterator[np.ndarray]:
        """Predict new lines once per penalty; labels are complete."""
        mean = labels.mean(axis=0)
        rotated, new = self.vectors.T @ (labels - mean), self.new @ self.vectors
        for penalty in penalties:
            shrunk = self.values + penalty * self.scale
            yield mean + new @ (rotated / shrunk[:, None])


def cross_validated_errors(
    kernel: np.ndarray,
    labels: np.ndarray,
    patient_id: pd.Series,
    penalties: Sequence[float],
    n_folds: int,
) -> np.ndarray:
    """Sum of squared errors on patients left out, shape (penalty, gene).

    The folds depend on the names of the patients, not on the order of the lines.

    Parameters
    ----------
    kernel, labels
        Products (line, line) and effects (line, gene) of the same training lines.
    patient_id
        One entry per training line; lines of a patient are left out together.
    """
    errors = np.zeros((len(penalties), labels.shape[1]))
    for train, held_out in patient_folds(patient_id, n_folds):
        basis = KernelBasis.of(kernel, train, held_out)
        for row, penalty in enumerate(penalties):
            squared = (basis.predict(labels[train], penalty) - labels[held_out]) ** 2
            errors[row] += np.nansum(squared, axis=0)
    return errors


def _complete(labels: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Fill missing labels with what ridge on the known ones predicts there.

    A label that the fit passes through pulls it nowhere, so the fit to the filled table is the
    fit to the known labels. ``fit`` maps centred labels to fitted values. Genes with the same
    missing lines are filled together: a screen has few such patterns, one per gRNA library.
    """
    missing = np.isnan(labels)
    fit = fit + 1 / len(labels)  # the mean is fitted too
    genes_of_pattern: dict[bytes, list[int]] = {}
    for gene in np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)).tolist():
        genes_of_pattern.setdefault(missing[:, gene].tobytes(), []).append(gene)
    filled = labels.copy()
    for genes in genes_of_pattern.values():
        absent = missing[:, genes[0]]
        from_measured = fit[np.ix_(absent, ~absent)] @ labels[np.ix_(~absent, genes)]
        unexplained = np.eye(absent.sum()) - fit[np.ix_(absent, absent)]
        filled[np.ix_(absent, genes)] = np.linalg.solve(unexplained, from_measured)
    return filled

"""What single features say of single genes, beyond what a sample's whole profile says.

A mutation that a gene's dependency hangs on is one of thousands of features and moves no distance
between profiles. It shows in what the kernel part leaves over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.linear_model import lasso_path

from deepdep.data.splits import patient_folds
from deepdep.domain.omics import Omic
from deepdep.models.baselines.task import most_correlated
from deepdep.settings import Settings

MAX_ITERATIONS = 2_000


@dataclass(frozen=True)
class SingleFeatureSettings(Settings):
    """The ``finetune.closed_form.single_features`` group of params.yaml."""

    n_candidates: int  # of each gene: the features that go most with what is left over
    penalties: tuple[float, ...]  # of the lasso, for residuals of SD 1; patients left out choose
    n_folds: int


@dataclass(frozen=True)
class SingleFeatures:
    """A few weights per gene.

    Attributes
    ----------
    weights
        One row per weight that is not 0: ``gene``, ``omic``, ``feature``, ``weight`` in effect per
        unit of the feature's centred profile.
    """

    weights: pd.DataFrame

    @classmethod
    def fit(
        cls,
        profiles: Mapping[Omic, pd.DataFrame],
        residuals: pd.DataFrame,
        patient_id: pd.Series,
        settings: SingleFeatureSettings,
    ) -> "SingleFeatures":
        """Fit a lasso per gene on what left-out predictions miss.

        One penalty serves all genes; where none errs less than no weights at all, there are none.

        Parameters
        ----------
        profiles
            Of the lines of ``residuals``, as in ``effects``.
        residuals
            Measured minus predicted effects of patients left out, (line, gene), NaN where not
            screened.
        """
        of_lines = {str(omic): table.loc[residuals.index] for omic, table in profiles.items()}
        table = pd.concat(of_lines, axis=1)
        x = table.to_numpy(float)
        scale = np.where((spread := x.std(axis=0)) > 0, spread, 1.0)
        x = (x - x.mean(axis=0)) / scale
        y = residuals.to_numpy(float)
        unit = np.where((sd := np.nanstd(y, axis=0)) > 0, sd, 1.0)
        y = y / unit
        errors = np.zeros(len(settings.penalties))
        empty = 0.0
        for fitted, held_out in patient_folds(patient_id[residuals.index], settings.n_folds):
            path = _paths(x[fitted], y[fitted], settings)
            empty += float(np.nansum(y[held_out] ** 2))
            for row in range(len(errors)):
                predicted = path.predict(x[held_out], row)
                errors[row] += float(np.nansum((predicted - y[held_out]) ** 2))
        if errors.min() >= empty:
            return cls(_long(residuals.columns[:0], table.columns, np.zeros((0, 0)), ()))
        path = _paths(x, y, settings)
        chosen = path.weights[int(errors.argmin())] * unit[:, None] / scale[path.features]
        return cls(_long(residuals.columns, table.columns, chosen, path.features))

    def effects(self, profiles: Mapping[Omic, pd.DataFrame], genes: pd.Index) -> np.ndarray:
        """Return what the features add to each gene, shape (sample, gene).

        Parameters
        ----------
        profiles
            Complete, in the omics' own units, centred, (sample, feature).
        """
        return self.added(profiles, self.of_genes(genes), len(genes))

    def of_genes(self, genes: pd.Index) -> tuple["FeaturesOfGenes", ...]:
        """Lay out the weights of some genes, omic by omic."""
        laid = []
        for omic, of_omic in self.weights.groupby("omic"):
            of_genes = of_omic[of_omic["gene"].isin(genes)]
            matrix = of_genes.pivot_table("weight", "feature", "gene", fill_value=0.0)
            rows = genes.get_indexer(matrix.columns)
            weights = csr_array(matrix.to_numpy().T)
            laid.append(FeaturesOfGenes(Omic(str(omic)), matrix.index, rows, weights))
        return tuple(laid)

    @staticmethod
    def added(
        profiles: Mapping[Omic, pd.DataFrame], of_genes: Sequence["FeaturesOfGenes"], n_genes: int
    ) -> np.ndarray:
        """As ``effects``, of genes whose weights were laid out before."""
        added = np.zeros((len(next(iter(profiles.values()))), n_genes))
        for part in of_genes:
            table = profiles[part.omic]
            values = table.to_numpy()[:, table.columns.get_indexer(part.features)]
            added[:, part.positions] += (part.weights @ values.T).T
        return added


@dataclass(frozen=True)
class FeaturesOfGenes:
    """Weights of one omic's features, shape (gene, feature), where any is not 0."""

    omic: Omic
    features: pd.Index
    positions: np.ndarray  # of its genes among those asked for
    weights: csr_array


@dataclass(frozen=True)
class _Paths:
    features: np.ndarray  # (gene, candidate)
    weights: np.ndarray  # (penalty, gene, candidate)

    def predict(self, x: np.ndarray, row: int) -> np.ndarray:
        """Residuals of new lines with one penalty, (line, gene)."""
        weights = self.weights[row]
        gene, candidate = np.nonzero(weights)
        shape = (len(self.features), x.shape[1])
        of_gene = csr_array(
            (weights[gene, candidate], (gene, self.features[gene, candidate])), shape
        )
        return (of_gene @ x.T).T


def _paths(x: np.ndarray, y: np.ndarray, settings: SingleFeatureSettings) -> _Paths:
    features = most_correlated(x, y, settings.n_candidates)
    penalties = np.asarray(settings.penalties)
    order = np.argsort(-penalties)
    weights = np.zeros((len(penalties), *features.shape))
    for gene, columns in enumerate(features):
        screened = ~np.isnan(y[:, gene])
        if screened.sum() < 2 or np.ptp(y[screened, gene]) == 0:
            continue
        chosen = x[np.ix_(screened, columns)]
        chosen = np.asfortranarray(chosen - chosen.mean(axis=0))
        left = y[screened, gene] - y[screened, gene].mean()
        if np.abs(chosen.T @ left).max() <= penalties.min() * len(left):
            continue  # the lasso is empty
        _, path, _ = lasso_path(
            chosen,
            left,
            alphas=penalties[order],
            precompute=chosen.T @ chosen,
            Xy=chosen.T @ left,
            max_iter=MAX_ITERATIONS,
            copy_X=False,
            check_input=False,
        )
        weights[order, gene] = path.T
    return _Paths(features, weights)


def _long(
    genes: pd.Index,
    features: pd.Index,
    weights: np.ndarray,
    positions: np.ndarray | Sequence[int],
) -> pd.DataFrame:
    gene, candidate = np.nonzero(weights)
    columns = features[np.asarray(positions)[gene, candidate]] if len(gene) else features[:0]
    return pd.DataFrame(
        {
            "gene": genes[gene],
            "omic": columns.get_level_values(0),
            "feature": columns.get_level_values(1),
            "weight": weights[gene, candidate],
        }
    )

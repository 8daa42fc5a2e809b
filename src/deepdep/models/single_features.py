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
from deepdep.models.baselines.task import most_correlated
from deepdep.settings import Settings

MAX_ITERATIONS = 2_000
GENES_PER_BLOCK = 128


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
        profiles: Mapping[str, pd.DataFrame],
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

    def effects(self, profiles: Mapping[str, pd.DataFrame], genes: pd.Index) -> np.ndarray:
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
            laid.append(FeaturesOfGenes(str(omic), matrix.index, rows, weights))
        return tuple(laid)

    def plus(self, other: "SingleFeatures") -> "SingleFeatures":
        """Return the sum of both."""
        keys = ["gene", "omic", "feature"]
        both = pd.concat([self.weights, other.weights]).groupby(keys, sort=False)
        return SingleFeatures(both["weight"].sum().reset_index())

    @staticmethod
    def added(
        profiles: Mapping[str, pd.DataFrame], of_genes: Sequence["FeaturesOfGenes"], n_genes: int
    ) -> np.ndarray:
        """As ``effects``, of genes whose weights were laid out before."""
        added = np.zeros((len(next(iter(profiles.values()))), n_genes))
        for part in of_genes:
            table = profiles[part.omic]
            values = table.to_numpy()[:, table.columns.get_indexer(part.features)]
            added[:, part.positions] += (part.weights @ values.T).T
        return added


@dataclass(frozen=True)
class GeneFeatureSettings(Settings):
    """The ``finetune.closed_form.gene_features`` group of params.yaml."""

    penalties: tuple[float, ...]  # of ridge on features of SD 1; left-out lines choose, per gene
    min_gain: float  # share of the squared error that they must take away
    partner_scale: float  # of the features of its paralogs and known drivers


@dataclass(frozen=True)
class FittedGeneFeatures:
    """Weights of the genes' own features, and what they add to each line when it is left out."""

    features: SingleFeatures
    left_out: pd.DataFrame


def fit_gene_features(
    profiles: Mapping[str, pd.DataFrame],
    residuals: pd.DataFrame,
    noise: np.ndarray,
    settings: GeneFeatureSettings,
    partners: Mapping[str, Sequence[str]],
) -> FittedGeneFeatures:
    """Fit what the features named as a gene, or as a partner of it, say of it, by ridge per gene.

    Parameters
    ----------
    profiles
        Of the lines of ``residuals``, as in ``SingleFeatures.effects``.
    residuals
        Measured minus predicted effects of patients left out, (line, gene), NaN where not screened.
    noise
        Of each line; one of noise 2 counts half.
    partners
        Further genes whose features are looked at, by gene.
    """
    table = pd.concat({n: of.loc[residuals.index] for n, of in profiles.items()}, axis=1)
    values = table.to_numpy(np.float32)
    places: dict[str, list[int]] = {}
    named = list(zip(*(table.columns.get_level_values(k) for k in (0, 1)), strict=True))
    for place, (_, feature) in enumerate(named):
        places.setdefault(feature, []).append(place)
    genes, rows = residuals.columns, []
    left_out = np.zeros(residuals.shape)
    for start in range(0, len(genes), GENES_PER_BLOCK):
        block = genes[start : start + GENES_PER_BLOCK]
        mine = [places.get(gene, []) for gene in block]
        others = [
            [place for other in partners.get(gene, ()) for place in places.get(other, ())]
            for gene in block
        ]
        width = max(len(a) + len(b) for a, b in zip(mine, others, strict=True))
        if not width:
            continue
        columns = np.full((len(block), width), -1)
        scale = np.zeros((len(block), width))
        for k, (first, then) in enumerate(zip(mine, others, strict=True)):
            n_first, n_all = len(first), len(first) + len(then)
            columns[k, :n_all] = [*first, *then]
            scale[k, :n_first], scale[k, n_first:n_all] = 1.0, settings.partner_scale
        x = values[:, columns].transpose(1, 0, 2).astype(float)  # (gene, line, feature)
        y = residuals.iloc[:, start : start + len(block)].to_numpy(float).T
        weights, of_lines = _ridge_of_genes(x, y, scale, noise, settings)
        left_out[:, start : start + len(block)] = of_lines.T
        for k, j in np.argwhere(weights != 0):
            rows.append((block[k], *named[columns[k, j]], weights[k, j]))
    found = pd.DataFrame(rows, columns=["gene", "omic", "feature", "weight"])
    return FittedGeneFeatures(
        SingleFeatures(found.astype({"weight": float})),
        pd.DataFrame(left_out, residuals.index, genes),
    )


def _ridge_of_genes(
    x: np.ndarray,
    y: np.ndarray,
    scale: np.ndarray,
    noise: np.ndarray,
    settings: GeneFeatureSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (gene, feature) and what they add to each line left out, (gene, line).

    Parameters
    ----------
    x, y
        Shape (gene, line, feature) and (gene, line); a feature of ``scale`` 0 is not there.
    """
    weight = np.where(np.isnan(y), 0, 1 / noise)
    total = weight.sum(axis=1, keepdims=True).clip(1e-9)
    y = np.nan_to_num(y)
    y = y - (weight * y).sum(axis=1, keepdims=True) / total
    x = x - np.einsum("gl,glf->gf", weight / total, x)[:, None]
    sd = np.sqrt(np.einsum("gl,glf->gf", weight / total, x**2))
    unit = np.where((sd > 1e-6) & (scale > 0), scale / np.where(sd > 1e-6, sd, 1), 0)
    x = x * unit[:, None]
    values, vectors = np.linalg.eigh(np.einsum("glf,gl,glh->gfh", x, weight, x, optimize=True))
    turned = x @ vectors
    products = np.einsum("glf,gl->gf", turned, weight * y)
    least = (weight * y**2).sum(axis=1) * (1 - settings.min_gain)
    best, added = np.zeros(unit.shape), np.zeros(y.shape)
    for penalty in settings.penalties:
        shrunk = 1 / (values.clip(0) + penalty)
        leverage = weight * ((turned**2 @ shrunk[:, :, None])[..., 0] + 1 / total)
        fitted = (turned @ (shrunk * products)[..., None])[..., 0]
        residual = (y - fitted) / (1 - leverage).clip(1e-6)
        errors = (weight * residual**2).sum(axis=1)
        better = errors < least
        least = np.where(better, errors, least)
        of_turned = (vectors @ (shrunk * products)[..., None])[..., 0]
        best[better] = (of_turned * unit)[better]
        added[better] = np.where(weight > 0, y - residual, fitted)[better]
    return best, added


@dataclass(frozen=True)
class FeaturesOfGenes:
    """Weights of one omic's features, shape (gene, feature), where any is not 0."""

    omic: str
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

"""What single features say of single genes, beyond what a sample's whole profile says.

A mutation that a gene's dependency hangs on is one of thousands of features and moves no distance
between profiles. It shows in what the kernel part leaves over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from deepdep.data.splits import patient_folds
from deepdep.models.baselines.task import most_correlated
from deepdep.models.inputs import row_blocks
from deepdep.settings import Settings

MAX_ITERATIONS = 2_000
TOLERANCE = 1e-5  # of weights, for features and residuals of SD 1
MIN_SQUARE = 1e-9  # mean of a feature that varies
GENES_PER_BLOCK = 128
GENES_THAT_CHOOSE = 500  # the lasso's penalty, or that there be none: it is one for all genes


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

        One penalty serves all genes, chosen by some of them if there are many; where none errs less
        than no weights at all, there are none.

        Parameters
        ----------
        profiles
            Of the lines of ``residuals``, as in ``effects``.
        residuals
            Measured minus predicted effects of patients left out, (line, gene), NaN where not
            screened.
        """
        of_lines = {str(omic): table.loc[residuals.index] for omic, table in profiles.items()}
        names = pd.concat({o: table.iloc[:0] for o, table in of_lines.items()}, axis=1).columns
        x = np.concatenate([table.to_numpy(float) for table in of_lines.values()], axis=1)
        scale = np.where((spread := x.std(axis=0)) > 0, spread, 1.0)
        x -= x.mean(axis=0)
        x /= scale
        y = residuals.to_numpy(float)
        unit = np.where((sd := np.nanstd(y, axis=0)) > 0, sd, 1.0)
        y = y / unit
        errors = np.zeros(len(settings.penalties))
        empty = 0.0
        n_judged = min(y.shape[1], GENES_THAT_CHOOSE)
        judged = y[:, np.linspace(0, y.shape[1] - 1, n_judged).astype(int)]
        for fitted, held_out in patient_folds(patient_id[residuals.index], settings.n_folds):
            path = _paths(x[fitted], judged[fitted], settings)
            empty += float(np.nansum(judged[held_out] ** 2))
            for row in range(len(errors)):
                predicted = path.predict(x[held_out], row)
                errors[row] += float(np.nansum((predicted - judged[held_out]) ** 2))
        if errors.min() >= empty:
            return cls(_long(residuals.columns[:0], names, np.zeros((0, 0)), ()))
        path = _paths(x, y, settings)
        chosen = path.weights[int(errors.argmin())] * unit[:, None] / scale[path.features]
        return cls(_long(residuals.columns, names, chosen, path.features))

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
            row, named = pd.factorize(of_genes["gene"], sort=True)
            column, features = pd.factorize(of_genes["feature"], sort=True)
            shape = (len(named), len(features))
            weights = csr_array((of_genes["weight"].to_numpy(), (row, column)), shape)
            laid.append(FeaturesOfGenes(str(omic), features, genes.get_indexer(named), weights))
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
    gram = np.empty((*features.shape, features.shape[1]))
    products = np.empty(features.shape)
    for genes in row_blocks(len(features), GENES_PER_BLOCK):
        of_genes = x.T[features[genes]], y[:, genes].T
        gram[genes], products[genes] = _covariances(*of_genes)
    return _Paths(features, _lasso(gram, products, settings.penalties))


def _covariances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return those among features, (gene, feature, feature), and with labels, (gene, feature).

    Parameters
    ----------
    x, y
        Shape (gene, feature, line) and (gene, line), NaN where not screened: such a line is left
        out of the gene.
    """
    screened = ~np.isnan(y)
    shares = screened / screened.sum(axis=1, keepdims=True).clip(1)
    y = np.nan_to_num(y)
    y = np.where(screened, y - (shares * y).sum(axis=1, keepdims=True), 0)
    x = np.where(screened[:, None], x - x @ shares[:, :, None], 0)
    n_screened = shares.max(axis=1)[:, None]
    return x @ x.transpose(0, 2, 1) * n_screened[:, :, None], (x @ y[:, :, None])[
        ..., 0
    ] * n_screened


def _lasso(gram: np.ndarray, products: np.ndarray, penalties: Sequence[float]) -> np.ndarray:
    """Minimise half the mean squared error plus the penalty times the sum of absolute weights.

    By coordinate descent over all genes at once, from the highest penalty on (Friedman, Hastie and
    Tibshirani 2010, doi:10.18637/jss.v033.i01): one by one, calls take longer than what they
    compute.

    Parameters
    ----------
    gram, products
        As ``_covariances`` returns them.

    Returns
    -------
    Weights, shape (penalty, gene, feature).
    """
    squares = np.diagonal(gram, axis1=1, axis2=2)
    scale = np.where(squares > MIN_SQUARE, squares, np.inf)  # what is constant has no weight
    weights = np.zeros((len(penalties), *products.shape))
    found = np.zeros(products.shape)
    for row in np.argsort(penalties)[::-1]:
        moving = np.flatnonzero(np.abs(products).max(axis=1, initial=0) > penalties[row])
        for _ in range(MAX_ITERATIONS):
            of_genes, now = gram[moving], found[moving]
            for k in range(products.shape[1]):
                left = products[moving, k] - np.einsum("gj,gj->g", of_genes[:, k], now)
                left += squares[moving, k] * now[:, k]
                shrunk = np.sign(left) * (np.abs(left) - penalties[row]).clip(0)
                now[:, k] = shrunk / scale[moving, k]
            moved = np.abs(now - found[moving]).max(axis=1, initial=0) > TOLERANCE
            found[moving] = now
            moving = moving[moved]
            if not len(moving):
                break
        weights[row] = found
    return weights


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

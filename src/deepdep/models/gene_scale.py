"""The scale a gene's effect is predicted on: its mean and spread over training lines.

It stands alone because networks, closed form and baselines all predict on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import Fingerprints

# A gene that hardly varies would turn its noise into large targets.
MIN_SD = 0.05
PENALTIES = np.logspace(-1, 4, 11)
RANK_TOLERANCE = 1e-12  # of the largest eigenvalue: below it is rounding
INTERCEPT = "(intercept)"


def deviation_from_mean(predicted: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Return predicted effects as deviations from the gene's mean, in units of its SD.

    Parameters
    ----------
    predicted
        Predicted gene effects, shape (sample, gene); negative means dependent.
    genes
        Columns ``mean`` and ``sd`` over training lines, one row per gene.

    Returns
    -------
    Same shape as ``predicted``; NaN for genes that do not vary.
    """
    of_genes = genes.loc[predicted.columns]
    return (predicted - of_genes["mean"]) / of_genes["sd"].where(of_genes["sd"] > 0)


def scale_of_screened(train_effects: pd.DataFrame) -> pd.DataFrame:
    """Return ``mean`` and ``sd`` of each gene over training lines, shape (cell line, gene)."""
    effects = train_effects.astype(float)  # so that a scale is the same after a file
    screened = pd.DataFrame({"mean": effects.mean(), "sd": effects.std().clip(lower=MIN_SD)})
    return screened.fillna({"sd": MIN_SD}).rename_axis("gene")


@dataclass(frozen=True)
class GeneScale:
    """Mean and SD of genes, measured for screened genes and estimated for the others.

    Attributes
    ----------
    screened
        Columns ``mean`` and ``sd``, one row per gene the predictor was trained on.
    by_gene_set
        Weight of each gene set in a gene's ``mean`` and ``sd``; the row ``(intercept)`` is the
        constant term. From a ridge regression over the screened genes.
    """

    screened: pd.DataFrame
    by_gene_set: pd.DataFrame

    @classmethod
    def fit(cls, train_effects: pd.DataFrame, gene_sets: GeneSets) -> "GeneScale":
        """Learn the scale from the gene effects of training lines, shape (cell line, gene)."""
        screened = scale_of_screened(train_effects)
        member = Fingerprints.of_genes(list(screened.index), gene_sets)
        by_set, intercept = _ridge(member.member, screened.to_numpy())
        weights = pd.DataFrame(by_set, index=member.gene_sets, columns=screened.columns)
        weights.loc[INTERCEPT] = intercept
        return cls(screened, weights.rename_axis("gene_set")[["mean", "sd"]])

    def of(self, genes: Sequence[str], gene_sets: GeneSets) -> pd.DataFrame:
        """Return mean and SD of any genes: as measured, or as their fingerprint suggests."""
        weights = self.by_gene_set.drop(index=INTERCEPT)
        member = Fingerprints.of_genes(list(genes), gene_sets)
        by_set = weights.loc[member.gene_sets].to_numpy()
        estimated = pd.DataFrame(member.member @ by_set, member.genes, weights.columns)
        estimated += self.by_gene_set.loc[INTERCEPT]
        estimated["sd"] = estimated["sd"].clip(lower=MIN_SD)
        return self.screened.reindex(list(genes)).fillna(estimated)

    def describe(self, genes: Sequence[str], gene_sets: GeneSets) -> pd.DataFrame:
        """Return what a reader of these genes' predictions should know.

        Columns ``mean`` and ``sd``, whether the gene was ``screened``, and ``n_gene_sets``.
        """
        scale = self.of(genes, gene_sets)
        return scale.assign(
            screened=scale.index.isin(self.screened.index),
            n_gene_sets=Fingerprints.of_genes(list(genes), gene_sets).n_gene_sets,
        )


def _ridge(member: csr_array, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ridge of genes' columns on the sets they are in; the penalty errs least on genes left out.

    As scikit-learn's ``RidgeCV``, whose cost for thousands of sets is a product of all sets with
    all sets for every penalty; here one decomposition serves them all.

    Returns
    -------
    Weights, shape (gene set, column), and one intercept per column.
    """
    n_genes, n_sets = member.shape
    member = member.astype(float)
    mean, centre = np.asarray(member.mean(axis=0)), target.mean(axis=0)
    if n_genes > n_sets:
        products = (member.T @ member).toarray() - n_genes * np.outer(mean, mean)
        values, vectors = np.linalg.eigh(products)
    else:
        centred = member.toarray() - mean
        values, of_genes = np.linalg.eigh(centred @ centred.T)
    kept = values > values.max(initial=0) * RANK_TOLERANCE
    values = values[kept]
    if n_genes > n_sets:
        vectors = vectors[:, kept]
        of_genes = (member @ vectors - mean @ vectors) / np.sqrt(values)
    else:
        of_genes = of_genes[:, kept]
    rotated, squares = of_genes.T @ (target - centre), of_genes**2
    errors = []
    for penalty in PENALTIES:
        shrunk = values / (values + penalty)
        residual = target - centre - of_genes @ (shrunk[:, None] * rotated)
        leverage = squares @ shrunk + 1 / n_genes
        errors.append(float(((residual / (1 - leverage)[:, None]) ** 2).sum()))
    best = PENALTIES[int(np.argmin(errors))]
    dual = of_genes @ (rotated / (values + best)[:, None])
    weights = member.T @ dual  # dual sums to 0 over genes, so that centring them changes nothing
    return weights, centre - mean @ weights

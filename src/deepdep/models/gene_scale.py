"""The scale a gene's effect is predicted on: its mean and spread over training lines.

It stands alone because networks, closed form and baselines all predict on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import Fingerprints

# A gene that hardly varies would turn its noise into large targets.
MIN_SD = 0.05
PENALTIES = np.logspace(-1, 4, 11)
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
        from sklearn.linear_model import RidgeCV  # here: it takes a while to load

        effects = train_effects.astype(float)  # so that a scale is the same after a file
        screened = pd.DataFrame(
            {"mean": effects.mean(), "sd": effects.std().clip(lower=MIN_SD)}
        ).fillna({"sd": MIN_SD})
        member = Fingerprints.of_genes(list(screened.index), gene_sets)
        model = RidgeCV(alphas=PENALTIES).fit(member.member.astype(float), screened.to_numpy())
        weights = pd.DataFrame(model.coef_.T, index=member.gene_sets, columns=screened.columns)
        weights.loc[INTERCEPT] = model.intercept_
        return cls(screened.rename_axis("gene"), weights.rename_axis("gene_set")[["mean", "sd"]])

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

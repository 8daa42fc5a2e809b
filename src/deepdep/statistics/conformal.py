"""Intervals of predictions from errors on lines that the predicting model had not seen.

Conformal prediction: if a new line is exchangeable with the n lines whose errors are known, its
error is at most the ceil((n + 1) * coverage)-th smallest of them with the wanted probability,
whatever the distribution. The errors come from cross-fitting, as in cross-conformal prediction
(Vovk 2015, Annals of Mathematics and Artificial Intelligence 74) and CV+ (Barber, Candes, Ramdas
and Tibshirani 2021, Annals of Statistics 49), but the interval is laid around one prediction
rather than around those of the folds' models. So coverage is near nominal where the models of the
folds err alike, and no theorem: measure it on unseen patients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from deepdep.statistics.metrics import Pairs

COVERAGE = 0.9  # of the intervals that predictions are shown with


@dataclass(frozen=True)
class EffectInterval:
    """Lower and upper ends of predicted effects, both of shape (cell line, gene)."""

    low: pd.DataFrame
    high: pd.DataFrame

    @classmethod
    def around(
        cls, predicted: pd.DataFrame, half_width: pd.Series, factor: pd.Series | None = None
    ) -> Self:
        """Lay the interval of each gene around its predictions, shape (cell line, gene).

        A line's are ``factor`` times as wide, where it is given.
        """
        width = half_width[predicted.columns]
        if factor is None:
            return cls(predicted - width, predicted + width)
        widths = np.outer(factor[predicted.index], width)
        return cls(predicted - widths, predicted + widths)

    def coverage(self, measured: pd.DataFrame) -> pd.Series:
        """Share of the measured effects that lie within their interval, gene by gene.

        Ends are aligned with ``measured`` by name and belong to the interval. NaN for a gene that
        no line screened.
        """
        x = measured.to_numpy(float)
        lowest = self.low.loc[measured.index, measured.columns].to_numpy(float)
        highest = self.high.loc[measured.index, measured.columns].to_numpy(float)
        n_within = pd.Series(((lowest <= x) & (x <= highest)).sum(axis=0), measured.columns)
        return n_within / measured.count().replace(0, np.nan)


def half_widths(
    measured: pd.DataFrame, out_of_fold: pd.DataFrame, sd: pd.Series, *, coverage: float
) -> pd.Series:
    """Half the width of an interval around a prediction, gene by gene.

    A gene with enough lines is given the quantile of its own absolute errors. One with too few
    for that quantile (at a coverage of 0.9, fewer than 9), or never screened, is given the same
    quantile of the errors of all genes, each divided by its gene's SD, times its own SD.

    Parameters
    ----------
    measured, out_of_fold
        Gene effects, shape (cell line, gene); aligned by name. Each prediction comes from a model
        that saw no line of that patient.
    sd
        SD of the effects of every gene that needs a width, above 0; estimated for genes that were
        never screened.
    coverage
        Share of new lines whose effect shall lie within, between 0 and 1.

    Returns
    -------
    In units of gene effect, one per entry of ``sd``; infinite when all genes together have too
    few lines, NaN where a pooled width needs an SD that is NaN.
    """
    pairs = Pairs.aligned(measured, out_of_fold)
    errors = (pairs.measured - pairs.predicted).abs()
    per_gene = pd.Series(_upper_quantile(errors.to_numpy(), coverage), errors.columns)
    per_gene = per_gene.reindex(sd.index)
    scaled = (errors / sd.reindex(errors.columns)).to_numpy().reshape(-1, 1)
    pooled = float(_upper_quantile(scaled, coverage)[0])
    return per_gene.where(np.isfinite(per_gene), pooled * sd).rename("half_width")


@dataclass(frozen=True)
class LackFactors:
    """How much wider intervals are of samples that lack an omic, or features of it.

    Attributes
    ----------
    table
        Shape (omic, share of features); factors fall with the share and are 1 where all are there.
        The columns are shares, rising from 0 to 1.
    """

    table: pd.DataFrame

    @classmethod
    def of_errors(
        cls, whole: pd.DataFrame, lacking: Mapping[tuple[str, float], pd.DataFrame]
    ) -> Self:
        """Compare errors of lines with those of the same lines when they lack something.

        Parameters
        ----------
        whole, lacking
            Absolute errors of lines left out, each gene's in its own unit, (line, gene), NaN where
            not screened; of lines as they are, and by omic and share of its features that is left.
        """
        factors: dict[str, dict[float, float]] = {}
        for (omic, share), errors in lacking.items():
            lines = errors.index
            with_all, with_few = (
                np.nanquantile(e.to_numpy(), COVERAGE) for e in (whole.loc[lines], errors)
            )
            factors.setdefault(omic, {1.0: 1.0})[share] = max(1.0, with_few / with_all)
        table = pd.DataFrame(factors).T.sort_index(axis=1)
        # More features never cost.
        return cls(table.iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1])

    def of(self, shares: pd.DataFrame) -> pd.Series:
        """Return a factor per sample from its shares of features, (sample, omic); 0 is without."""
        factor = np.ones(len(shares))
        for omic, of_omic in self.table.iterrows():
            factor *= np.interp(shares[str(omic)], of_omic.index.astype(float), of_omic)
        return pd.Series(factor, shares.index, name="interval_factor")


def _upper_quantile(errors: np.ndarray, coverage: float) -> np.ndarray:
    """Take the ceil((n + 1) * coverage)-th smallest of each column's n numbers, or infinity."""
    n = np.isfinite(errors).sum(axis=0)
    # (9 + 1) * 0.9 is the 9th, whatever binary fractions make of it.
    rank = np.ceil(np.round((n + 1) * coverage, 9)).astype(int)
    ordered = np.sort(np.where(np.isfinite(errors), errors, np.inf), axis=0)
    ordered = np.concatenate([ordered, np.full((1, errors.shape[1]), np.inf)])
    return ordered[np.minimum(np.maximum(rank, 1), n + 1) - 1, np.arange(errors.shape[1])]

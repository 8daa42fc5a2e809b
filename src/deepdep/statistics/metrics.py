"""How well predicted effects agree with measured ones, gene by gene and overall.

Pearson's r per gene is what predictions are judged by. Tables have shape (cell line, gene).
Predictions are aligned with the measured table by name; a line or gene that only the predictions
have is ignored, one that they lack is a KeyError. A pair counts when both sides have a number.
Measured comes first, always.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

MIN_CELL_LINES = 3  # any two points lie on a line
ROUNDING = 1e-5  # of gene effects, which are about 1; stored predictions have six decimals


@dataclass(frozen=True)
class Pairs:
    """Both tables with the same labels, float64, NaN at the same places."""

    measured: pd.DataFrame
    predicted: pd.DataFrame

    @classmethod
    def aligned(cls, measured: pd.DataFrame, predicted: pd.DataFrame) -> Self:
        """Align two tables by name and leave out what either side lacks."""
        x = measured.to_numpy(float)
        y = predicted.loc[measured.index, measured.columns].to_numpy(float)
        both = ~np.isnan(x) & ~np.isnan(y)
        labels = (measured.index, measured.columns)
        return cls(
            pd.DataFrame(np.where(both, x, np.nan), *labels),
            pd.DataFrame(np.where(both, y, np.nan), *labels),
        )

    def pearson(self) -> pd.Series:
        """Correlate column by column; NaN and 0 as in ``pearson_per_gene``."""
        x = self.measured - self.measured.mean()
        y = self.predicted - self.predicted.mean()
        r = (x * y).sum() / (np.sqrt((x**2).sum()) * np.sqrt((y**2).sum()))
        r = r.clip(-1, 1).mask(self.predicted.max() == self.predicted.min(), 0.0)
        asks = self.measured.max() != self.measured.min()
        return r.where((self.measured.count() >= MIN_CELL_LINES) & asks)


def pearson_per_gene(measured: pd.DataFrame, predicted: pd.DataFrame) -> pd.Series:
    """Correlate measured with predicted effects across cell lines, gene by gene.

    Returns
    -------
    Pearson's r per gene. NaN where the measured side is constant or has fewer than three lines:
    the gene asks no question. 0 where only the prediction is constant: it ranks no line above
    another, and leaving such genes out would reward a model for answering few of them.
    """
    return Pairs.aligned(measured, predicted).pearson()


def position_of_best(r: Sequence[float], sizes: Sequence[float]) -> int:
    """Return where r is highest; of equals the smallest model is the best, of these the first."""
    return max(range(len(r)), key=lambda position: (r[position], -sizes[position]))


def spearman_per_gene(measured: pd.DataFrame, predicted: pd.DataFrame) -> pd.Series:
    """Correlate ranks across cell lines, gene by gene; NaN and 0 as in ``pearson_per_gene``."""
    pairs = Pairs.aligned(measured, predicted)
    return Pairs(pairs.measured.rank(), pairs.predicted.rank()).pearson()


def within_lineage_r(
    measured: pd.DataFrame, predicted: pd.DataFrame, lineage: pd.Series
) -> pd.Series:
    """Pearson's r per gene after subtracting the lineage's mean from both sides.

    Knowing the tissue alone earns nothing here. Lines count whose lineage has at least three
    lines with that gene; the means are those of the lines that are being judged.
    """
    pairs = Pairs.aligned(measured, predicted)
    member = pd.get_dummies(lineage.loc[measured.index]).to_numpy(float)  # (line, lineage)
    n_in_lineage = member @ (member.T @ pairs.measured.notna().to_numpy(float))
    judged = pairs.measured.notna() & (n_in_lineage >= MIN_CELL_LINES)
    return Pairs(
        _without_group_mean(_only(pairs.measured, judged), member),
        _without_group_mean(_only(pairs.predicted, judged), member),
    ).pearson()


def mse_per_gene(measured: pd.DataFrame, predicted: pd.DataFrame) -> pd.Series:
    """Mean squared error over cell lines, gene by gene."""
    pairs = Pairs.aligned(measured, predicted)
    return ((pairs.measured - pairs.predicted) ** 2).mean()


def overall_mse(measured: pd.DataFrame, predicted: pd.DataFrame) -> float:
    """Mean squared error over all pairs; says little without the gene mean's beside it."""
    pairs = Pairs.aligned(measured, predicted)
    return float(((_flat(pairs.measured) - _flat(pairs.predicted)) ** 2).mean())


def overall_r(measured: pd.DataFrame, predicted: pd.DataFrame) -> float:
    """Pearson's r over all pairs; high for any model that knows the gene means."""
    pairs = Pairs.aligned(measured, predicted)
    flat = Pairs(_flat(pairs.measured).to_frame(), _flat(pairs.predicted).to_frame())
    return float(flat.pearson().iloc[0])


def r_of_gene_means(measured: pd.DataFrame, predicted: pd.DataFrame) -> float:
    """Pearson's r, across genes, of the mean effect over the lines that screened the gene.

    For genes never screened it is the first question; for others the training mean answers it.
    """
    pairs = Pairs.aligned(measured, predicted)
    means = Pairs(pairs.measured.mean().to_frame(), pairs.predicted.mean().to_frame())
    return float(means.pearson().iloc[0])


def skill(measured: pd.DataFrame, predicted: pd.DataFrame, training_gene_mean: pd.Series) -> float:
    """1 - MSE / MSE of the training gene mean, over all pairs: 0 is no better than that mean.

    NaN when that mean makes no error.
    """
    pairs = Pairs.aligned(measured, predicted)
    error = _flat((pairs.measured - pairs.predicted) ** 2).mean()
    baseline = _flat((pairs.measured - training_gene_mean[measured.columns]) ** 2).mean()
    return float(1 - error / baseline) if baseline else float("nan")


def calibration_slope(
    measured: pd.DataFrame, predicted: pd.DataFrame, training_gene_mean: pd.Series
) -> float:
    """Slope of the measured on the predicted deviation from the training gene mean, all pairs.

    1 is calibrated; below 1, predictions differ more between lines than they know. NaN when no
    prediction deviates from its mean.
    """
    pairs = Pairs.aligned(measured, predicted)
    measured_deviation = _flat(pairs.measured - training_gene_mean[measured.columns])
    deviation = _flat(pairs.predicted - training_gene_mean[measured.columns])
    if not deviation.max() - deviation.min() > ROUNDING:
        return float("nan")
    centred = deviation - deviation.mean()
    return float((centred * measured_deviation).sum() / (centred**2).sum())


def auroc_per_gene(
    measured: pd.DataFrame, predicted: pd.DataFrame, dependent_at: float
) -> pd.Series:
    """Chance that a dependent line is predicted below another line, gene by gene; ties are half.

    A line is dependent when its measured effect is at most ``dependent_at``
    (``domain.gene_effect.DEPENDENT_AT``). NaN for a gene without both kinds of lines.
    """
    pairs = Pairs.aligned(measured, predicted)
    dependent = pairs.measured <= dependent_at
    n_dependent, n_other = dependent.sum(), (pairs.measured > dependent_at).sum()
    rank_from_top = pairs.predicted.rank(ascending=False)
    wins = _only(rank_from_top, dependent).sum() - n_dependent * (n_dependent + 1) / 2
    return (wins / (n_dependent * n_other)).where((n_dependent > 0) & (n_other > 0))


def auprc_per_gene(
    measured: pd.DataFrame, predicted: pd.DataFrame, dependent_at: float
) -> pd.Series:
    """Average precision of calling lines dependent, lowest predictions first, gene by gene.

    Tied lines are called together, so a constant prediction gets the share of dependent lines.
    NaN as in ``auroc_per_gene``.
    """
    pairs = Pairs.aligned(measured, predicted)
    dependent = pairs.measured <= dependent_at
    n_called = pairs.predicted.rank(method="max")
    n_rightly_called = _only(pairs.predicted, dependent).rank(method="max")
    both = dependent.any() & (pairs.measured > dependent_at).any()
    return (n_rightly_called / n_called).mean().where(both)


def _only(table: pd.DataFrame, where: pd.DataFrame) -> pd.DataFrame:
    """``DataFrame.where`` without its look at the type of every column: thousands of genes."""
    return pd.DataFrame(np.where(where, table, np.nan), table.index, table.columns)


def _without_group_mean(table: pd.DataFrame, member: np.ndarray) -> pd.DataFrame:
    is_measured = table.notna().to_numpy(float)
    mean = (member.T @ table.fillna(0).to_numpy()) / np.maximum(member.T @ is_measured, 1)
    deviation = table - member @ mean
    # Equal numbers minus their mean leave rounding errors, which would correlate with anything.
    is_zero = np.abs(deviation) < 1e-12 * table.abs().max()
    return pd.DataFrame(np.where(is_zero, 0.0, deviation), table.index, table.columns)


def _flat(table: pd.DataFrame) -> pd.Series:
    values = table.to_numpy().ravel()
    return pd.Series(values[~np.isnan(values)])

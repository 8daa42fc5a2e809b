"""Bootstrap over patients: what chance does to a mean per-gene r, to a lead and to a gene's own r.

The last says which genes' predictions deserve trust.

Lines of one patient are drawn together, for they are not independent. What is drawn is how often
each line counts: every resample is a row of a matrix product. Weights have shape (resample, line),
values (line, gene), sums (resample, gene).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from deepdep.statistics.metrics import MIN_CELL_LINES, Pairs

CONFIDENCE = 0.95
MAX_FALSE_SHARE = 0.05  # of the genes that are trusted (false discovery rate)
NO_DIFFERENCE = 1e-12  # what rounding leaves between equal models
CHUNK_SIZE = 250_000  # (resample, gene) cells at a time: 2 MB per intermediate table
GENES_AT_ONCE = 256  # 2 MB per intermediate table of 1,000 resamples


@dataclass(frozen=True)
class Interval:
    """The central 95 % of a bootstrap distribution."""

    low: float
    high: float


@dataclass(frozen=True)
class Lead:
    """How far one figure is above another, with its 95 % interval and its two-sided p."""

    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Resamples:
    """A figure, and what it is on each resample of the patients.

    Subtract those of another model on the same resamples: the lines are the same, so what both
    models find hard cancels.

    Attributes
    ----------
    figure
        With every line counted once.
    resampled
        One entry per resample, NaN where it cannot be judged.
    """

    figure: float
    resampled: pd.Series

    @classmethod
    def mean(cls, parts: Sequence[Self], groups: Sequence[int] | None = None) -> Self:
        """Average figures, each resample by itself; over groups as ``mean_over_groups`` does."""
        values = np.stack([np.append(part.figure, part.resampled) for part in parts])
        means = mean_over_groups(values, [0] * len(parts) if groups is None else groups)
        return cls(float(means[0]), pd.Series(means[1:]))

    def __sub__(self, other: Self) -> Self:
        """Return the difference, and what it is on each resample."""
        return type(self)(self.figure - other.figure, self.resampled - other.resampled)

    def percentiles(self) -> Interval:
        """Central 95 % of the resamples as they are; NaN when none could be judged."""
        tail = (1 - CONFIDENCE) / 2
        low, high = (float(self.resampled.quantile(share)) for share in (tail, 1 - tail))
        return Interval(low, high)

    def interval(self) -> Interval:
        """Lay the spread of the resamples around the figure: its 95 % interval, bias taken away.

        A resample repeats patients and so has fewer different ones, which lowers a mean per-gene r
        by 0.01 to 0.02 where there are sixty. Percentiles alone would lie that much too low, at
        times below the figure itself. The mean of the resamples is therefore laid on the figure
        (the bootstrap's own correction of bias: Efron and Tibshirani 1993, chapter 10).
        """
        around = self.percentiles()
        bias = float(self.resampled.mean()) - self.figure
        return Interval(around.low - bias, around.high - bias)

    def lead(self, other: Self) -> Lead:
        """Compare with another model on the same resamples.

        p takes the difference for normal with the standard error of the resamples: counting
        resamples beyond 0 cannot go below 2 / (resamples + 1), and with a thousand of them and
        thirty models no p would survive Holm's correction.
        """
        lead = self - other
        error, interval = float(lead.resampled.std()), lead.interval()
        if math.isnan(lead.figure) or math.isnan(error):
            p = float("nan")
        elif error <= NO_DIFFERENCE:
            p = float(abs(lead.figure) <= NO_DIFFERENCE)
        else:
            p = float(2 * norm.sf(abs(lead.figure) / error))
        return Lead(lead.figure, interval.low, interval.high, p)


def resample_counts(patient_id: pd.Series, *, n_boot: int, rng: np.random.Generator) -> np.ndarray:
    """Draw patients with replacement, as many as there are.

    Parameters
    ----------
    patient_id
        One entry per cell line; give the lines' own names to draw lines one by one.

    Returns
    -------
    How often each line counts, shape (resample, line), in the order of ``patient_id``. A
    patient's count does not depend on that order.
    """
    patient, patients = pd.factorize(patient_id, sort=True)
    n_patients = len(patients)
    drawn = rng.multinomial(n_patients, np.full(n_patients, 1 / n_patients), size=n_boot)
    return drawn[:, patient]


def mean_r(
    measured: pd.DataFrame, predictions: Mapping[str, pd.DataFrame], counts: np.ndarray
) -> dict[str, Resamples]:
    """Mean per-gene Pearson r of every model, over all genes; as in ``mean_r_by_group``."""
    once = np.ones((1, len(measured)), counts.dtype)
    weights = np.concatenate([once, counts])
    tables = mean_r_by_group(measured, predictions, {"all": measured.columns}, weights)
    return {
        name: Resamples(float(of["all"].iloc[0]), of["all"].iloc[1:]) for name, of in tables.items()
    }


def mean_r_by_group(
    measured: pd.DataFrame,
    predictions: Mapping[str, pd.DataFrame],
    groups: Mapping[Any, pd.Index],
    counts: np.ndarray,
) -> dict[str, pd.DataFrame]:
    """Mean per-gene Pearson r of every model on the same resampled lines.

    Parameters
    ----------
    measured
        Gene effects, shape (cell line, gene).
    predictions
        One table per model, a number wherever a gene effect is measured; aligned by name.
    groups
        Genes over which to average, by the name of their group.
    counts
        From ``resample_counts``, columns in the order of the rows of ``measured``.

    Returns
    -------
    A table (resample, group) per model. A gene that is constant or has fewer than three
    distinct lines in a resample is left out of that mean, for every model alike; a constant
    prediction counts as r = 0.
    """
    in_group = np.stack([measured.columns.isin(genes) for genes in groups.values()], axis=1)
    screened = measured.notna().to_numpy()
    x = standardized(measured.to_numpy(float), screened)
    models = {
        name: standardized(
            predicted.loc[measured.index, measured.columns].to_numpy(float), screened
        )
        for name, predicted in predictions.items()
    }
    means: dict[str, list[np.ndarray]] = {name: [] for name in predictions}
    n_rows = max(1, CHUNK_SIZE // measured.shape[1])
    for start in range(0, len(counts), n_rows):
        chunk = counts[start : start + n_rows].astype(float)
        n = chunk @ screened.astype(float)
        enough = (chunk > 0) @ screened.astype(float) >= MIN_CELL_LINES
        x_sums = weighted_sums(chunk, x, n)
        judged = enough & (x_sums.squares > 0)
        n_judged = judged.astype(float) @ in_group
        for name, y in models.items():
            y_sums = weighted_sums(chunk, y, n)
            covariance = weighted_covariance(chunk @ (x * y), x_sums, y_sums, n)
            r = correlation(covariance, x_sums.squares, y_sums.squares)
            means[name].append(_ratio(np.where(judged, r, 0) @ in_group, n_judged))
    return {
        name: pd.DataFrame(np.concatenate(chunks), columns=list(groups))
        for name, chunks in means.items()
    }


def mean_over_groups(values: np.ndarray, groups: Sequence[int]) -> np.ndarray:
    """Average the rows of each group, and then the groups.

    Where a row is NaN the others of its group stand for it; a group without a number is left out.
    """
    group = np.array(groups)
    return _nan_mean(np.stack([_nan_mean(values[group == g]) for g in np.unique(group)]))


def holm(p: pd.Series) -> pd.Series:
    """Correct p-values of one family; one that is NaN stays so and does not count.

    Holm 1979, Scandinavian Journal of Statistics 6: the smallest of m p-values is multiplied by
    m, the next by m - 1 and so on, and none ends below the one before it.
    """
    tested = p.dropna().sort_values(kind="stable")
    factors = range(len(tested), 0, -1)
    return (tested * factors).cummax().clip(upper=1).reindex(p.index)


@dataclass(frozen=True)
class WeightedSums:
    """Of one side of a correlation under the weights of each resample."""

    total: np.ndarray
    squares: np.ndarray  # of deviations from the resample's mean; exactly 0 when constant


def standardized(values: np.ndarray, screened: np.ndarray) -> np.ndarray:
    """Scale each gene to mean 0 and SD 1, or all 0 when constant; 0 where not screened.

    It changes no correlation, and lets sums of squares be subtracted without losing digits.
    """
    n = np.maximum(screened.sum(axis=0), 1)
    deviations = np.where(screened, values, 0)
    deviations = np.where(screened, deviations - deviations.sum(axis=0) / n, 0)
    largest = np.where(screened, values, -np.inf).max(axis=0, initial=-np.inf)
    constant = largest <= np.where(screened, values, np.inf).min(axis=0, initial=np.inf)
    sd = np.sqrt((deviations**2).sum(axis=0) / n)
    return np.where(constant, 0, deviations) / np.where(constant, 1, sd)


def weighted_sums(weights: np.ndarray, values: np.ndarray, n: np.ndarray) -> WeightedSums:
    """Sum standardized values under the weights, whose sums over screened lines are ``n``."""
    total, squares = weights @ values, weights @ values**2
    deviations = squares - total**2 / np.maximum(n, 1)
    # Equal numbers leave rounding errors, about 1e-16 of their squares.
    return WeightedSums(total, np.where(deviations > 1e-12 * squares, deviations, 0))


def weighted_covariance(
    products: np.ndarray, x: WeightedSums, y: WeightedSums, n: np.ndarray
) -> np.ndarray:
    """Sum of products of deviations from each resample's means; ``products`` are not centred."""
    return products - x.total * y.total / np.maximum(n, 1)


def correlation(covariance: np.ndarray, x_squares: np.ndarray, y_squares: np.ndarray) -> np.ndarray:
    """Pearson's r, 0 where either side is constant."""
    scale = np.sqrt(x_squares) * np.sqrt(y_squares)
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0).clip(-1, 1)


def gene_trust(
    measured: pd.DataFrame,
    out_of_fold: pd.DataFrame,
    lines: pd.DataFrame,
    *,
    n_bootstrap: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Correlate measured with out-of-fold effects, gene by gene, and say what chance may do.

    Both sides are centred within each fold before they are correlated over all lines. Folds are
    predicted by different models, whose means differ, and a model's mean is high where the lines
    it lacks are low: without centring, r falls for no fault of the predictions. An average of the
    folds' r would weigh a fold of four lines like one of forty, and lose genes with few lines.

    p says how well r could be 0, two-sided: twice the share of resamples at or below 0; where none
    is, what a normal distribution of their spread has there. q is p corrected for the number of
    genes (Benjamini and Hochberg 1995), and a gene is trusted where q is below 0.05. A resample
    that cannot judge the gene, because it holds too few different lines or none that differ,
    counts as r = 0: a gene whose effect is the same in all but three patients is not trusted.

    Parameters
    ----------
    measured, out_of_fold
        Gene effects, shape (cell line, gene); aligned by name. Each prediction comes from a model
        that saw no line of that patient.
    lines
        Columns ``patient_id`` and ``fold``, the one that the line was predicted in.

    Returns
    -------
    Columns ``cv_r``, ``cv_r_low``, ``cv_r_high`` (bootstrap over patients), ``q`` and ``trusted``,
    one row per measured gene. NaN and not trusted where r is not defined, as it is not where a
    gene's lines exceed its folds by less than two.
    """
    pairs = Pairs.aligned(measured, out_of_fold)
    of_lines = lines.loc[measured.index]
    folds = [np.flatnonzero(of_lines["fold"] == fold) for fold in of_lines["fold"].unique()]
    counts = resample_counts(of_lines["patient_id"], n_boot=n_bootstrap, rng=rng)
    observed = _r_within_folds(pairs, np.ones((1, len(of_lines))), folds)[0]
    defined = np.isfinite(observed)
    ends, p = np.full((2, len(observed)), np.nan), np.full(len(observed), np.nan)
    tail = (1 - CONFIDENCE) / 2
    for start in range(0, len(observed), GENES_AT_ONCE):
        genes = slice(start, start + GENES_AT_ONCE)
        part = Pairs(pairs.measured.iloc[:, genes], pairs.predicted.iloc[:, genes])
        resampled = np.nan_to_num(_r_within_folds(part, counts.astype(float), folds), nan=0.0)
        ends[:, genes] = np.quantile(resampled, [tail, 1 - tail], axis=0)
        p[genes] = _p_above_zero(observed[genes], resampled)
    low, high = np.where(defined, ends, np.nan)
    q = np.full(len(observed), np.nan)
    if defined.any():
        q[defined] = false_discovery_control(p[defined])
    return pd.DataFrame(
        {
            "cv_r": observed,
            "cv_r_low": low,
            "cv_r_high": high,
            "q": q,
            "trusted": q < MAX_FALSE_SHARE,
        },
        index=measured.columns,
    )


def _p_above_zero(r: np.ndarray, resampled: np.ndarray) -> np.ndarray:
    """Two-sided p of each gene's r, 1 where it is not above 0; resamples (resample, gene)."""
    n = len(resampled)
    p = 2 * ((resampled <= 0).sum(axis=0) + 1) / (n + 1)
    # Counts end at 2 / (n + 1), which no correction for thousands of genes would leave anything of.
    z = np.arctanh(resampled.clip(-1 + NO_DIFFERENCE, 1 - NO_DIFFERENCE))
    of_r = np.arctanh(np.nan_to_num(r).clip(-1 + NO_DIFFERENCE, 1 - NO_DIFFERENCE))
    normal = 2 * norm.sf(of_r / np.maximum(z.std(axis=0), NO_DIFFERENCE))
    p = np.where((resampled > 0).all(axis=0), np.minimum(p, normal), p)
    return np.where(np.nan_to_num(r) > 0, p.clip(0, 1), 1.0)


def _r_within_folds(pairs: Pairs, weights: np.ndarray, folds: list[np.ndarray]) -> np.ndarray:
    """Pearson's r of deviations from the fold's means, shape (resample, gene).

    NaN where the measured side does not vary within folds, or too few lines are left of it; 0
    where only the prediction does not vary.
    """
    screened = pairs.measured.notna().to_numpy()
    x, y = (standardized(side.to_numpy(), screened) for side in (pairs.measured, pairs.predicted))
    shape = (len(weights), screened.shape[1])
    covariance, x_squares, y_squares, freedom = (np.zeros(shape) for _ in range(4))
    for rows in folds:
        weights_in_fold, screened_in_fold = weights[:, rows], screened[rows].astype(float)
        n, n_lines = weights_in_fold @ screened_in_fold, (weights_in_fold > 0) @ screened_in_fold
        x_sums, y_sums = (weighted_sums(weights_in_fold, side[rows], n) for side in (x, y))
        covariance += weighted_covariance(weights_in_fold @ (x[rows] * y[rows]), x_sums, y_sums, n)
        x_squares += x_sums.squares
        y_squares += y_sums.squares
        freedom += np.maximum(n_lines - 1, 0)
    judged = (freedom >= MIN_CELL_LINES - 1) & (x_squares > 0)
    return np.where(judged, correlation(covariance, x_squares, y_squares), np.nan)


def _nan_mean(values: np.ndarray) -> np.ndarray:
    finite = np.isfinite(values)
    return _ratio(np.where(finite, values, 0).sum(axis=0), finite.sum(axis=0))


def _ratio(total: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)

"""Which genes' predictions deserve trust: cross-validated r with its interval."""

import numpy as np
import pandas as pd

from deepdep.statistics.metrics import MIN_CELL_LINES, Pairs
from deepdep.statistics.resampling import (
    CONFIDENCE,
    correlation,
    resample_counts,
    standardized,
    weighted_covariance,
    weighted_sums,
)

GENES_AT_ONCE = 256  # 2 MB per intermediate table of 1,000 resamples


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

    A gene is trusted when the lower end of its 95 % interval is above 0. A resample that cannot
    judge the gene, because it holds too few different lines or none that differ, counts as r = 0:
    a gene whose effect is the same in all but three patients is not trusted.

    Parameters
    ----------
    measured, out_of_fold
        Gene effects, shape (cell line, gene); aligned by name. Each prediction comes from a model
        that saw no line of that patient.
    lines
        Columns ``patient_id`` and ``fold``, the one that the line was predicted in.

    Returns
    -------
    Columns ``cv_r``, ``cv_r_low``, ``cv_r_high`` (bootstrap over patients) and ``trusted``, one
    row per measured gene. NaN and not trusted where r is not defined, as it is not where a gene's
    lines exceed its folds by less than two.
    """
    pairs = Pairs.aligned(measured, out_of_fold)
    of_lines = lines.loc[measured.index]
    folds = [np.flatnonzero(of_lines["fold"] == fold) for fold in of_lines["fold"].unique()]
    counts = resample_counts(of_lines["patient_id"], n_boot=n_bootstrap, rng=rng)
    observed = _r_within_folds(pairs, np.ones((1, len(of_lines))), folds)[0]
    defined = np.isfinite(observed)
    ends = np.full((2, len(observed)), np.nan)
    tail = (1 - CONFIDENCE) / 2
    for start in range(0, len(observed), GENES_AT_ONCE):
        genes = slice(start, start + GENES_AT_ONCE)
        part = Pairs(pairs.measured.iloc[:, genes], pairs.predicted.iloc[:, genes])
        resampled = np.nan_to_num(_r_within_folds(part, counts.astype(float), folds), nan=0.0)
        ends[:, genes] = np.quantile(resampled, [tail, 1 - tail], axis=0)
    low, high = np.where(defined, ends, np.nan)
    return pd.DataFrame(
        {"cv_r": observed, "cv_r_low": low, "cv_r_high": high, "trusted": low > 0},
        index=measured.columns,
    )


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

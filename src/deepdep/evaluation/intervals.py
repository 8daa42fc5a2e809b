"""Bootstrap over cell lines: how far a mean per-gene r may be off, and a difference of two.

Lines of one patient are drawn together, for they are not independent. Genes are not drawn:
they are correlated, and the genes that are judged are all there are. What is drawn is how often
each line counts, so that every resample is a row of a matrix product.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.correlation import MIN_CELL_LINES
from deepdep.evaluation.strata import Stratum

CONFIDENCE = 0.95
CHUNK_SIZE = 2_000_000  # (resample, gene) cells at a time: 16 MB per intermediate table


@dataclass(frozen=True)
class Interval:
    """The central 95 % of a bootstrap distribution."""

    low: float
    high: float


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


def resampled_mean_r(
    measured: pd.DataFrame,
    predictions: Mapping[str, pd.DataFrame],
    strata: Mapping[Stratum, pd.Index],
    counts: np.ndarray,
) -> dict[str, pd.DataFrame]:
    """Mean per-gene Pearson r of every model on the same resampled lines.

    Parameters
    ----------
    measured
        Gene effects, shape (cell line, gene).
    predictions
        One table per model, a number wherever a gene effect is measured; aligned by name.
    strata
        Genes over which to average.
    counts
        From ``resample_counts``, columns in the order of the rows of ``measured``.

    Returns
    -------
    A table (resample, stratum) per model. A gene that is constant or has fewer than three
    distinct lines in a resample is left out of that mean, for every model alike; a constant
    prediction counts as r = 0.
    """
    in_stratum = np.stack([measured.columns.isin(genes) for genes in strata.values()], axis=1)
    screened = measured.notna().to_numpy()
    x = _standardized(measured.to_numpy(float), screened)
    models = {
        name: _standardized(
            predicted.loc[measured.index, measured.columns].to_numpy(float), screened
        )
        for name, predicted in predictions.items()
    }
    means: dict[str, list[np.ndarray]] = {name: [] for name in predictions}
    for chunk in _chunks(counts, measured.shape[1]):
        n = chunk @ screened.astype(float)
        enough = (chunk > 0) @ screened.astype(float) >= MIN_CELL_LINES
        x_sums = _sums(chunk, x, n)
        judged = enough & (x_sums.squares > 0)
        for name, y in models.items():
            r = _r(chunk @ (x * y), x_sums, _sums(chunk, y, n), n)
            means[name].append(_mean_by_stratum(r, judged, in_stratum))
    return {
        name: pd.DataFrame(np.concatenate(chunks), columns=list(strata))
        for name, chunks in means.items()
    }


def percentile_interval(resampled: pd.Series) -> Interval:
    """Central 95 % of the resamples; NaN when none could be judged.

    For the difference of two models, pass the difference of their resamples: the lines are the
    same, so what both models find hard cancels.
    """
    tail = (1 - CONFIDENCE) / 2
    return Interval(float(resampled.quantile(tail)), float(resampled.quantile(1 - tail)))


@dataclass(frozen=True)
class _Sums:
    """Of one side under the weights of each resample, shape (resample, gene)."""

    total: np.ndarray
    squares: np.ndarray  # of deviations from the resample's mean; exactly 0 when constant


def _standardized(values: np.ndarray, screened: np.ndarray) -> np.ndarray:
    """Per gene mean 0 and SD 1, or all 0 when constant; 0 where not screened.

    It changes no correlation, and lets sums of squares be subtracted without losing digits.
    """
    n = np.maximum(screened.sum(axis=0), 1)
    deviations = np.where(screened, values, 0)
    deviations = np.where(screened, deviations - deviations.sum(axis=0) / n, 0)
    largest = np.where(screened, values, -np.inf).max(axis=0)
    constant = largest <= np.where(screened, values, np.inf).min(axis=0)
    sd = np.sqrt((deviations**2).sum(axis=0) / n)
    return np.where(constant, 0, deviations) / np.where(constant, 1, sd)


def _sums(counts: np.ndarray, values: np.ndarray, n: np.ndarray) -> _Sums:
    total, squares = counts @ values, counts @ values**2
    deviations = squares - total**2 / np.maximum(n, 1)
    # Equal numbers leave rounding errors, about 1e-16 of their squares.
    return _Sums(total, np.where(deviations > 1e-12 * squares, deviations, 0))


def _r(products: np.ndarray, x: _Sums, y: _Sums, n: np.ndarray) -> np.ndarray:
    """Pearson's r, 0 where either side is constant."""
    covariance = products - x.total * y.total / np.maximum(n, 1)
    scale = np.sqrt(x.squares) * np.sqrt(y.squares)
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0).clip(-1, 1)


def _mean_by_stratum(r: np.ndarray, judged: np.ndarray, in_stratum: np.ndarray) -> np.ndarray:
    n_judged = judged.astype(float) @ in_stratum
    total = np.where(judged, r, 0) @ in_stratum
    return np.divide(total, n_judged, out=np.full_like(total, np.nan), where=n_judged > 0)


def _chunks(counts: np.ndarray, n_genes: int) -> Iterator[np.ndarray]:
    n_rows = max(1, CHUNK_SIZE // n_genes)
    for start in range(0, len(counts), n_rows):
        yield counts[start : start + n_rows].astype(float)

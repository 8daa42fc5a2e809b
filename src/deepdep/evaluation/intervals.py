"""Bootstrap over cell lines: how far a mean per-gene r may be off, and a difference of two.

Genes are not drawn: they are correlated, and the genes that are judged are all there are.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from deepdep.domain.correlation import MIN_CELL_LINES
from deepdep.domain.resampling import (
    correlation,
    standardized,
    weighted_covariance,
    weighted_sums,
)
from deepdep.evaluation.strata import Stratum

CHUNK_SIZE = 250_000  # (resample, gene) cells at a time: 2 MB per intermediate table


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
    x = standardized(measured.to_numpy(float), screened)
    models = {
        name: standardized(
            predicted.loc[measured.index, measured.columns].to_numpy(float), screened
        )
        for name, predicted in predictions.items()
    }
    means: dict[str, list[np.ndarray]] = {name: [] for name in predictions}
    for chunk in _chunks(counts, measured.shape[1]):
        n = chunk @ screened.astype(float)
        enough = (chunk > 0) @ screened.astype(float) >= MIN_CELL_LINES
        x_sums = weighted_sums(chunk, x, n)
        judged = enough & (x_sums.squares > 0)
        for name, y in models.items():
            y_sums = weighted_sums(chunk, y, n)
            covariance = weighted_covariance(chunk @ (x * y), x_sums, y_sums, n)
            r = correlation(covariance, x_sums.squares, y_sums.squares)
            means[name].append(_mean_by_stratum(r, judged, in_stratum))
    return {
        name: pd.DataFrame(np.concatenate(chunks), columns=list(strata))
        for name, chunks in means.items()
    }


def _mean_by_stratum(r: np.ndarray, judged: np.ndarray, in_stratum: np.ndarray) -> np.ndarray:
    n_judged = judged.astype(float) @ in_stratum
    total = np.where(judged, r, 0) @ in_stratum
    return np.divide(total, n_judged, out=np.full_like(total, np.nan), where=n_judged > 0)


def _chunks(counts: np.ndarray, n_genes: int) -> Iterator[np.ndarray]:
    n_rows = max(1, CHUNK_SIZE // n_genes)
    for start in range(0, len(counts), n_rows):
        yield counts[start : start + n_rows].astype(float)

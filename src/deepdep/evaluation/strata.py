"""Groups of genes that are judged apart, and the bootstrap of their mean r over cell lines."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import (
    HIGH_VARIANCE_SD,
    SELECTIVE_SD,
    SELECTIVE_SHARE,
    GeneEffect,
    GeneEffectKind,
)
from deepdep.statistics.correlation import MIN_CELL_LINES
from deepdep.statistics.resampling import (
    correlation,
    standardized,
    weighted_covariance,
    weighted_sums,
)


class Stratum(StrEnum):
    """A group of genes; a gene may belong to several."""

    ALL = "all"
    SELECTIVE = "selective"  # some lines depend on it and some do not, or its effect varies
    HIGH_VARIANCE = "high_variance"
    COMMON_ESSENTIAL = "common_essential"


def gene_statistics(training: GeneEffect) -> pd.DataFrame:
    """``dependent_share`` and ``sd`` of each gene over the training lines that screened it."""
    return pd.DataFrame(
        {
            "dependent_share": training.dependent_share,
            "sd": training.table.astype(float).std(),
        }
    )


def strata(training: GeneEffect) -> dict[Stratum, pd.Index]:
    """Genes by stratum; a stratum without genes is absent.

    The thresholds on the standard deviation are gene effects. Class labels have no such unit
    (between weak and strong lie about 1.5 gene effects but 2 classes, and a common essential
    gene varies by its strength alone), so for them a selective gene is one that 5 to 95 % of the
    lines depend on, and no gene counts as highly variable.
    """
    return strata_of(gene_statistics(training), training.kind)


def strata_of(genes: pd.DataFrame, kind: GeneEffectKind) -> dict[Stratum, pd.Index]:
    """Genes by stratum, from what ``gene_statistics`` says of them; as in ``strata``."""
    share, sd = genes["dependent_share"], genes["sd"]
    if kind is GeneEffectKind.CLASS:
        sd = sd * float("nan")
    members = {
        Stratum.ALL: pd.Series(True, index=genes.index),
        Stratum.SELECTIVE: share.between(*SELECTIVE_SHARE) | (sd > SELECTIVE_SD),
        Stratum.HIGH_VARIANCE: sd > HIGH_VARIANCE_SD,
        Stratum.COMMON_ESSENTIAL: share > SELECTIVE_SHARE[1],
    }
    return {stratum: genes.index[is_in] for stratum, is_in in members.items() if is_in.any()}


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

"""How far one model is ahead of another on the same resamples, and whether that is chance."""

import math
from typing import Any

import pandas as pd
from scipy.stats import norm

from deepdep.statistics.resampling import Interval, interval_of

NO_DIFFERENCE = 1e-12  # what rounding leaves between equal models

# Differences: comparison, stratum, metric, then figures as ``lead`` gives them.
Differences = dict[str, dict[str, dict[str, dict[str, Any]]]]


def ends(interval: Interval, prefix: str = "") -> dict[str, float]:
    """Name the two ends of an interval as files do."""
    return {f"{prefix}low": interval.low, f"{prefix}high": interval.high}


def lead(difference: float, resampled: pd.Series) -> dict[str, float]:
    """Describe a difference: ``difference``, ``low``, ``high`` and the two-sided ``p``.

    The interval is ``interval_of``'s. p takes the difference for normal with the standard
    error of the resamples: counting resamples beyond 0 cannot go below 2 / (resamples + 1), and
    with a thousand of them and thirty models no p would survive Holm's correction.
    """
    error = float(resampled.std())
    if math.isnan(difference) or math.isnan(error):
        p = float("nan")
    elif error <= NO_DIFFERENCE:
        p = float(abs(difference) <= NO_DIFFERENCE)
    else:
        p = float(2 * norm.sf(abs(difference) / error))
    return {"difference": difference} | ends(interval_of(difference, resampled)) | {"p": p}


def with_holm(differences: Differences) -> Differences:
    """Add ``p_holm`` to all comparisons with one model, within each stratum and metric.

    Holm 1979, Scandinavian Journal of Statistics 6: the smallest of m p-values is multiplied by
    m, the next by m - 1 and so on, and none ends below the one before it.
    """
    families: dict[tuple[str, str], dict[str, float]] = {}
    for comparison, strata in differences.items():
        for stratum, of_metrics in strata.items():
            for metric, figures in of_metrics.items():
                families.setdefault((stratum, metric), {})[comparison] = figures["p"]
    corrected = {family: holm(pd.Series(p, dtype=float)) for family, p in families.items()}
    return {
        comparison: {
            stratum: {
                metric: figures | {"p_holm": float(corrected[stratum, metric][comparison])}
                for metric, figures in of_metrics.items()
            }
            for stratum, of_metrics in strata.items()
        }
        for comparison, strata in differences.items()
    }


def holm(p: pd.Series) -> pd.Series:
    """Correct p-values of one family; one that is NaN stays so and does not count."""
    known = p.dropna().sort_values(kind="stable")
    factors = range(len(known), 0, -1)
    return (known * factors).cummax().clip(upper=1).reindex(p.index)

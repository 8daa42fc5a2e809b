"""Which genes a tumour, or a lineage, needs more than cell lines in general do."""

import numpy as np
import pandas as pd

from deepdep.models.gene_scale import deviation_from_mean

LINEAGE_COLUMNS = ["lineage", "gene", "n_samples", "predicted", "deviation", "others"]
# Two-sided 95 % of a normal distribution.
Z_95 = 1.96


def strongest_dependencies(
    predicted: pd.DataFrame,
    genes: pd.DataFrame,
    *,
    n: int,
    dependent_at: float,
    min_deviation: float,
) -> pd.DataFrame:
    """List up to ``n`` selective dependencies of every sample, the most unusual first.

    A gene counts when its predicted effect is at most ``dependent_at`` and ``min_deviation``
    below the gene's mean, or twice as far below whatever the effect: predictions are cautious
    and seldom reach a whole dependency. A gene that every line needs does not count.

    Parameters
    ----------
    genes
        Columns ``mean`` and ``sd`` over training lines, one row per gene.

    Returns
    -------
    Columns ``sample``, ``gene``, ``predicted`` and ``deviation``.
    """
    deviation = deviation_from_mean(predicted, genes)
    needed = (predicted <= dependent_at) & (deviation <= -min_deviation)
    ranked = deviation.where(needed | (deviation <= -2 * min_deviation)).to_numpy()
    columns = np.argsort(ranked, axis=1, kind="stable")[:, :n]  # NaN comes last
    rows = np.repeat(np.arange(len(predicted)), columns.shape[1])
    table = pd.DataFrame(
        {
            "sample": predicted.index[rows],
            "gene": predicted.columns[columns.ravel()],
            "predicted": predicted.to_numpy()[rows, columns.ravel()],
            "deviation": ranked[rows, columns.ravel()],
        }
    ).dropna(subset="deviation")
    return table.reset_index(drop=True)


def lineage_dependencies(
    predicted: pd.DataFrame,
    genes: pd.DataFrame,
    lineages: pd.Series,
    *,
    n: int,
    min_samples: int,
) -> pd.DataFrame:
    """List up to ``n`` genes that each lineage needs more than the other lineages do.

    Parameters
    ----------
    lineages
        Lineage per sample; those with fewer than ``min_samples`` samples are left out.

    Returns
    -------
    Columns ``lineage``, ``gene``, ``n_samples``, ``predicted`` and ``deviation`` (means over the
    lineage) and ``others`` (mean deviation of all other samples; 0, the mean of the training
    lines, when there are none); per lineage, the largest difference first.
    """
    of_lineage = lineages.loc[predicted.index]
    deviation = deviation_from_mean(predicted, genes)
    sums, sizes = deviation.groupby(of_lineage).sum(), of_lineage.value_counts()
    tables = []
    for lineage in sorted(sizes.index[sizes >= min_samples]):
        n_others = len(deviation) - sizes[lineage]
        mean = sums.loc[lineage] / sizes[lineage]
        others = (deviation.sum() - sums.loc[lineage]) / n_others if n_others else mean * 0.0
        contrast = (mean - others).where(deviation.notna().any())
        top = contrast[(contrast < 0) & (mean < 0)].nsmallest(n, keep="first").index
        tables.append(
            pd.DataFrame(
                {
                    "lineage": lineage,
                    "gene": top,
                    "n_samples": sizes[lineage],
                    "predicted": predicted.loc[of_lineage == lineage, top].mean().to_numpy(),
                    "deviation": mean[top].to_numpy(),
                    "others": others[top].to_numpy(),
                }
            )
        )
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=LINEAGE_COLUMNS)


def mean_deviation_by_lineage(
    predicted: pd.DataFrame, genes: pd.DataFrame, lineages: pd.Series
) -> pd.DataFrame:
    """Average the deviations of the samples of each lineage, shape (lineage, gene)."""
    return deviation_from_mean(predicted, genes).groupby(lineages.loc[predicted.index]).mean()


def plausible_r(r: pd.Series, n_lines: pd.Series) -> pd.DataFrame:
    """``low`` and ``high`` ends of the 95 % interval of correlations over lines, by Fisher's z.

    NaN where there are fewer than four lines or no correlation.
    """
    freedom = (n_lines - 3).where(n_lines > 3)
    z, spread = np.arctanh(r.clip(-0.999999, 0.999999)), Z_95 / np.sqrt(freedom)
    return pd.DataFrame({"low": np.tanh(z - spread), "high": np.tanh(z + spread)})

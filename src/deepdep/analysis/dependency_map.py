"""Which genes a tumour, or a lineage, needs more than cell lines in general do."""

from enum import IntEnum

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import DEPENDENT_AT, GeneClass, GeneEffectKind, gene_class
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.models.gene_scale import deviation_from_mean

LINEAGE_COLUMNS = ["lineage", "gene", "n_samples", "predicted", "deviation", "others"]
# Two-sided 95 % of a normal distribution.
Z_95 = 1.96
TYPICAL_SHARE = 0.5  # of a lineage's samples; our choice


class Call(IntEnum):
    """What kind of dependency a predicted effect is."""

    NONE = 0
    SELECTIVE = 1  # the sample needs the gene more than lines in general do
    LINEAGE_TYPICAL = 2  # likewise, and so do at least half of the samples of its lineage
    COMMON_ESSENTIAL = 3  # it needs the gene as nearly every line does


def dependency_calls(
    predicted: pd.DataFrame,
    genes: pd.DataFrame,
    lineages: pd.Series,
    kind: GeneEffectKind,
    *,
    min_deviation: float,
    min_samples: int,
) -> pd.DataFrame:
    """Call what kind of dependency each predicted effect is, shape (sample, gene), of ``Call``.

    Common essential are genes that ``gene_class`` calls so, where the predicted effect is that of a
    dependency (``DEPENDENT_AT``, after DepMap's probability of 0.5). Of other genes those count
    that ``needed_more`` finds. A lineage of fewer than ``min_samples`` samples, or an unknown one,
    has nothing that is typical of it.

    Parameters
    ----------
    genes
        Columns ``mean`` and ``sd`` over training lines, one row per gene.
    """
    calls = calls_by_sample(predicted, genes, kind, min_deviation=min_deviation)
    call_typical(calls, lineages.loc[predicted.index], min_samples=min_samples)
    return pd.DataFrame(calls, predicted.index, predicted.columns)


def calls_by_sample(
    predicted: pd.DataFrame, genes: pd.DataFrame, kind: GeneEffectKind, *, min_deviation: float
) -> np.ndarray:
    """Call what a sample tells by itself, as ``dependency_calls``: nothing is lineage-typical."""
    dependent_at = DEPENDENT_AT[kind]
    needed = needed_more(predicted, genes, dependent_at=dependent_at, min_deviation=min_deviation)
    calls = np.where(needed, int(Call.SELECTIVE), int(Call.NONE)).astype(np.int8)
    common = gene_class(genes.loc[predicted.columns], kind) == str(GeneClass.COMMON_ESSENTIAL)
    calls[:, common] = np.where(
        predicted.loc[:, common.to_numpy()] <= dependent_at, Call.COMMON_ESSENTIAL, Call.NONE
    )
    return calls


def call_typical(calls: np.ndarray, lineages: pd.Series, *, min_samples: int) -> None:
    """Change in place the calls of ``calls_by_sample`` that are typical of a sample's lineage."""
    names = lineages.astype(object)
    sizes = names.value_counts()
    for lineage in sizes.index[(sizes >= min_samples) & (sizes.index != UNKNOWN_LINEAGE)]:
        rows = np.flatnonzero(names == lineage)
        selective = calls[rows] == Call.SELECTIVE
        typical = selective & (selective.mean(axis=0) >= TYPICAL_SHARE)
        calls[rows] = np.where(typical, np.int8(Call.LINEAGE_TYPICAL), calls[rows])


def needed_more(
    predicted: pd.DataFrame, genes: pd.DataFrame, *, dependent_at: float, min_deviation: float
) -> pd.DataFrame:
    """Return where a sample needs a gene more than lines in general do, boolean (sample, gene).

    A predicted effect that is at most ``dependent_at`` and ``min_deviation`` SD below the gene's
    mean, or twice as far below whatever the effect: predictions are cautious and seldom reach a
    whole dependency.
    """
    deviation = deviation_from_mean(predicted, genes)
    needed = (predicted <= dependent_at) & (deviation <= -min_deviation)
    return needed | (deviation <= -2 * min_deviation)


def strongest_dependencies(
    predicted: pd.DataFrame,
    genes: pd.DataFrame,
    *,
    n: int,
    dependent_at: float,
    min_deviation: float,
) -> pd.DataFrame:
    """List up to ``n`` selective dependencies of every sample, the most unusual first.

    A gene counts where ``needed_more`` finds it. A gene that every line needs does not.

    Parameters
    ----------
    genes
        Columns ``mean`` and ``sd`` over training lines, one row per gene.

    Returns
    -------
    Columns ``sample``, ``gene``, ``predicted`` and ``deviation``.
    """
    deviation = deviation_from_mean(predicted, genes)
    needed = needed_more(predicted, genes, dependent_at=dependent_at, min_deviation=min_deviation)
    ranked = deviation.where(needed).to_numpy()
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

"""All figures of one model on one set of unseen pairs: gene by gene, then by group of genes."""

from enum import StrEnum

import pandas as pd

from deepdep.domain.gene_effect import (
    DEPENDENT_AT,
    HIGH_VARIANCE_SD,
    SELECTIVE_SD,
    SELECTIVE_SHARE,
    GeneEffect,
    GeneEffectKind,
)
from deepdep.statistics import metrics
from deepdep.statistics.conformal import EffectInterval, interval_coverage

WELL_PREDICTED_R = 0.2


class Stratum(StrEnum):
    """A group of genes; a gene may belong to several."""

    ALL = "all"
    SELECTIVE = "selective"  # some lines depend on it and some do not, or its effect varies
    HIGH_VARIANCE = "high_variance"
    COMMON_ESSENTIAL = "common_essential"


def gene_statistics(training: GeneEffect) -> pd.DataFrame:
    """``training_mean``, ``dependent_share`` and ``sd`` of genes over the lines that screened them.

    Parameters
    ----------
    training
        Of the lines that were learned from.
    """
    table = training.table.astype(float)
    return pd.DataFrame(
        {
            "training_mean": table.mean(),
            "dependent_share": training.dependent_share,
            "sd": table.std(),
        }
    )


def strata(genes: pd.DataFrame, kind: GeneEffectKind) -> dict[Stratum, pd.Index]:
    """Genes by stratum, from their ``gene_statistics``; a stratum without genes is absent.

    The thresholds on the standard deviation are gene effects. Class labels have no such unit
    (between weak and strong lie about 1.5 gene effects but 2 classes, and a common essential
    gene varies by its strength alone), so for them a selective gene is one that 5 to 95 % of the
    lines depend on, and no gene counts as highly variable.
    """
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


def gene_scores(
    measured: GeneEffect,
    predicted: pd.DataFrame,
    lineage: pd.Series,
    interval: EffectInterval | None,
) -> pd.DataFrame:
    """Judge one model gene by gene, one row per measured gene.

    ``coverage`` and ``interval_width`` (in units of gene effect) are NaN without an interval.
    """
    table, dependent_at = measured.table, DEPENDENT_AT[measured.kind]
    scores = pd.DataFrame(
        {
            "r": metrics.pearson_per_gene(table, predicted),
            "spearman": metrics.spearman_per_gene(table, predicted),
            "mse": metrics.mse_per_gene(table, predicted),
            "n_lines": table.count(),
            "auroc": metrics.auroc_per_gene(table, predicted, dependent_at),
            "auprc": metrics.auprc_per_gene(table, predicted, dependent_at),
            "within_lineage_r": metrics.within_lineage_r(table, predicted, lineage),
        }
    )
    if interval is None:
        return scores.assign(coverage=float("nan"), interval_width=float("nan"))
    width = (interval.high - interval.low).loc[table.index, table.columns]
    return scores.assign(
        coverage=interval_coverage(table, interval.low, interval.high),
        interval_width=width.where(table.notna()).mean(),
    )


def stratum_scores(
    genes: pd.DataFrame,
    measured: pd.DataFrame,
    predicted: pd.DataFrame,
    reference_means: pd.Series,
) -> dict[str, float]:
    """Average over a group of genes; each metric over the genes for which it is defined.

    Parameters
    ----------
    genes
        Rows of ``gene_scores``.
    measured
        Gene effects of these genes, shape (cell line, gene).
    reference_means
        What a model must beat that knows no cell line: the training mean of each gene, or an
        estimate where a gene has none. NaN leaves skill and calibration undefined.
    """
    r = genes["r"].dropna()
    return {
        "n_genes": len(r),
        "mean_gene_r": r.mean(),
        "median_gene_r": r.median(),
        "mean_gene_spearman": genes["spearman"].mean(),
        f"share_gene_r_above_{WELL_PREDICTED_R}": (r > WELL_PREDICTED_R).mean(),
        "auroc": genes["auroc"].mean(),
        "auprc": genes["auprc"].mean(),
        "within_lineage_r": genes["within_lineage_r"].mean(),
        "coverage": genes["coverage"].mean(),
        "interval_width": genes["interval_width"].mean(),
        "skill": metrics.skill(measured, predicted, reference_means),
        "calibration_slope": metrics.calibration_slope(measured, predicted, reference_means),
        "r_of_gene_means": metrics.r_of_gene_means(measured, predicted),
        "overall_r": metrics.overall_r(measured, predicted),
        "overall_mse": metrics.overall_mse(measured, predicted),
    }

"""All figures of one model on one set of unseen pairs: gene by gene, then by group of genes."""

import pandas as pd

from deepdep.domain.gene_effect import DEPENDENT_AT, GeneEffect
from deepdep.evaluation import metrics
from deepdep.statistics.conformal import EffectInterval, interval_coverage
from deepdep.statistics.correlation import pearson_per_gene

WELL_PREDICTED_R = 0.2


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
            "r": pearson_per_gene(table, predicted),
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


def require_complete(model: str, predicted: pd.DataFrame, measured: pd.DataFrame) -> None:
    """Refuse a model that skips pairs: the others would be judged on more than it is.

    Raises
    ------
    ValueError
        When a line or gene of ``measured``, or a number for one, is missing.
    """
    aligned = predicted.reindex(index=measured.index, columns=measured.columns)
    n_missing = int(aligned.isna().sum().sum())
    if n_missing:
        raise ValueError(
            f"{model} gives no number for {n_missing} pairs: models must be "
            "judged on the same pairs. Predict every line and gene."
        )

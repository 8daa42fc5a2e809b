"""Every model judged on the same unseen lines, with the gene mean in the same table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.gene_effect import DEPENDENT_AT, GeneEffect
from deepdep.domain.settings import Settings
from deepdep.evaluation import metrics
from deepdep.evaluation.intervals import percentile_interval, resample_counts, resampled_mean_r
from deepdep.evaluation.strata import Stratum, gene_statistics, strata

PREDICTOR = "predictor"
WELL_PREDICTED_R = 0.2
SIGNIFICANT_DIGITS = 6  # beyond them, the order of a sum may show
DECIMALS = 12  # a difference smaller than that is 0


@dataclass(frozen=True)
class EvaluateSettings(Settings):
    """The ``evaluate`` group of params.yaml."""

    n_bootstrap: int


@dataclass(frozen=True)
class Evaluation:
    """Attributes are what the files of the same name hold.

    Attributes
    ----------
    metrics
        ``models``: model, stratum, metric; ``differences``: ``predictor - model``, stratum,
        metric. Plain numbers, None where a metric is not defined.
    per_gene
        One row per gene and model.
    """

    metrics: dict[str, Any]
    per_gene: pd.DataFrame


def evaluate(
    predictions: Mapping[str, pd.DataFrame],
    measured: GeneEffect,
    training: GeneEffect,
    obs: pd.DataFrame,
    settings: EvaluateSettings,
    *,
    rng: np.random.Generator,
) -> Evaluation:
    """Judge every model on the measured lines and compare the predictor with each other one.

    Parameters
    ----------
    predictions
        Gene effects (cell line, gene) per model, a number for every measured line and gene.
    measured
        Of lines that no model has seen. Genes that no training line screened are left out: they
        have no mean to beat.
    training
        Of the training lines: gene means and strata come from here.
    obs
        ``patient_id`` and ``lineage`` of the measured lines.
    """
    gene_means = training.table.astype(float).mean().dropna()
    table = measured.table.loc[:, measured.table.columns.isin(gene_means.index)]
    members = _members(training, table.columns)
    _require_complete(predictions, table)
    counts = resample_counts(obs["patient_id"][table.index], n_boot=settings.n_bootstrap, rng=rng)
    resampled = resampled_mean_r(table, predictions, members, counts)
    per_gene, models = {}, {}
    for name, predicted in predictions.items():
        per_gene[name] = _per_gene(table, predicted, obs["lineage"], DEPENDENT_AT[measured.kind])
        models[name] = {
            str(stratum): _summary(per_gene[name].loc[genes])
            | _interval(resampled[name][stratum], "mean_gene_r_")
            | _pooled(table[genes], predicted, gene_means)
            for stratum, genes in members.items()
        }
    content = {"models": models, "differences": _differences(models, resampled)}
    return Evaluation(_as_json(content), _long_table(per_gene, members, training))


def _members(training: GeneEffect, genes: pd.Index) -> dict[Stratum, pd.Index]:
    members = {stratum: genes[genes.isin(of)] for stratum, of in strata(training).items()}
    return {stratum: of_stratum for stratum, of_stratum in members.items() if len(of_stratum)}


def _require_complete(predictions: Mapping[str, pd.DataFrame], measured: pd.DataFrame) -> None:
    for name, predicted in predictions.items():
        n_missing = int(predicted.loc[measured.index, measured.columns].isna().sum().sum())
        if n_missing:
            raise ValueError(
                f"{name} gives no number for {n_missing} pairs: models must be "
                "judged on the same pairs. Predict every line and gene."
            )


def _per_gene(
    measured: pd.DataFrame, predicted: pd.DataFrame, lineage: pd.Series, dependent_at: float
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "r": pearson_per_gene(measured, predicted),
            "spearman": metrics.spearman_per_gene(measured, predicted),
            "mse": metrics.mse_per_gene(measured, predicted),
            "n_lines": measured.count(),
            "auroc": metrics.auroc_per_gene(measured, predicted, dependent_at),
            "auprc": metrics.auprc_per_gene(measured, predicted, dependent_at),
            "within_lineage_r": metrics.within_lineage_r(measured, predicted, lineage),
        }
    )


def _summary(per_gene: pd.DataFrame) -> dict[str, float]:
    """Average over genes; each metric over the genes for which it is defined."""
    r = per_gene["r"].dropna()
    return {
        "n_genes": len(r),
        "mean_gene_r": r.mean(),
        "median_gene_r": r.median(),
        "mean_gene_spearman": per_gene["spearman"].mean(),
        f"share_gene_r_above_{WELL_PREDICTED_R}": (r > WELL_PREDICTED_R).mean(),
        "auroc": per_gene["auroc"].mean(),
        "auprc": per_gene["auprc"].mean(),
        "within_lineage_r": per_gene["within_lineage_r"].mean(),
    }


def _pooled(
    measured: pd.DataFrame, predicted: pd.DataFrame, gene_means: pd.Series
) -> dict[str, float]:
    return {
        "skill": metrics.skill(measured, predicted, gene_means),
        "overall_r": metrics.overall_r(measured, predicted),
        "overall_mse": metrics.overall_mse(measured, predicted),
        "calibration_slope": metrics.calibration_slope(measured, predicted, gene_means),
    }


def _interval(resampled: pd.Series, prefix: str = "") -> dict[str, float]:
    interval = percentile_interval(resampled)
    return {f"{prefix}low": interval.low, f"{prefix}high": interval.high}


def _differences(
    models: Mapping[str, Any], resampled: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    others = [name for name in models if name != PREDICTOR] if PREDICTOR in models else []
    return {
        f"{PREDICTOR} - {other}": {
            str(stratum): {
                "mean_gene_r": {
                    "difference": models[PREDICTOR][stratum]["mean_gene_r"]
                    - models[other][stratum]["mean_gene_r"]
                }
                | _interval(resampled[PREDICTOR][stratum] - resampled[other][stratum])
            }
            for stratum in models[PREDICTOR]
        }
        for other in others
    }


def _long_table(
    per_gene: Mapping[str, pd.DataFrame],
    members: Mapping[Stratum, pd.Index],
    training: GeneEffect,
) -> pd.DataFrame:
    long = pd.concat(per_gene, names=["model", "gene"]).reset_index()
    long["selective"] = long["gene"].isin(members.get(Stratum.SELECTIVE, pd.Index([])))
    long = long.join(gene_statistics(training), on="gene")
    return long[
        ["gene", "model", "r", "spearman", "mse", "n_lines", "selective", "dependent_share", "sd"]
    ]


def _as_json(content: Any) -> Any:
    """Plain numbers, rounded; None where there is none."""
    if isinstance(content, dict):
        return {key: _as_json(value) for key, value in content.items()}
    if isinstance(content, int):
        return content
    rounded = float(f"{round(content, DECIMALS):.{SIGNIFICANT_DIGITS}g}")
    return rounded if math.isfinite(rounded) else None

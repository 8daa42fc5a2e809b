"""Every model judged on the same unseen lines, with the gene mean in the same table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import GeneEffect
from deepdep.evaluation.scores import gene_scores, require_complete, stratum_scores
from deepdep.evaluation.strata import Stratum, gene_statistics, resampled_mean_r, strata
from deepdep.settings import Settings
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.differences import Differences, ends, lead, with_holm
from deepdep.statistics.resampling import interval_of, resample_counts

SIGNIFICANT_DIGITS = 6  # beyond them, the order of a sum may show
DECIMALS = 12  # a difference smaller than that is 0


def plain(content: Any) -> Any:
    """Keep whole numbers, round the others, and put None where there is none."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, int):
        return content
    rounded = float(f"{round(content, DECIMALS):.{SIGNIFICANT_DIGITS}g}")
    return rounded if math.isfinite(rounded) else None


PREDICTOR = "predictor"
PER_GENE_COLUMNS = (
    "gene", "model", "r", "spearman", "mse", "n_lines", "coverage", "interval_width", "selective",
    "dependent_share", "sd",
)  # fmt: skip


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
        metric. Plain numbers, None where a metric is not defined. The same keys as
        ``cross_validated`` gives, for one cell.
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
    intervals: Mapping[str, EffectInterval] | None = None,
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
    intervals
        90 % intervals of the models that give them.
    """
    gene_means = training.table.astype(float).mean().dropna()
    table = measured.table.loc[:, measured.table.columns.isin(gene_means.index)]
    members = _members(training, table.columns)
    for name, predicted in predictions.items():
        require_complete(name, predicted, table)
    counts = resample_counts(obs["patient_id"][table.index], n_boot=settings.n_bootstrap, rng=rng)
    resampled = resampled_mean_r(table, predictions, members, counts)
    per_gene: dict[str, pd.DataFrame] = {}
    models: dict[str, dict[str, Any]] = {}
    for name, predicted in predictions.items():
        per_gene[name] = gene_scores(
            GeneEffect(table, measured.kind), predicted, obs["lineage"], (intervals or {}).get(name)
        )
        models[name] = {}
        for stratum, genes in members.items():
            scores = stratum_scores(per_gene[name].loc[genes], table[genes], predicted, gene_means)
            interval = interval_of(scores["mean_gene_r"], resampled[name][stratum])
            models[name][str(stratum)] = {"n_cells": 1} | scores | ends(interval, "mean_gene_r_")
    content = {"models": models, "differences": _differences(models, resampled)}
    return Evaluation(plain(content), _long_table(per_gene, members, training))


def _members(training: GeneEffect, genes: pd.Index) -> dict[Stratum, pd.Index]:
    members = {stratum: genes[genes.isin(of)] for stratum, of in strata(training).items()}
    return {stratum: of_stratum for stratum, of_stratum in members.items() if len(of_stratum)}


def _differences(models: Mapping[str, Any], resampled: Mapping[str, pd.DataFrame]) -> Differences:
    others = [name for name in models if name != PREDICTOR] if PREDICTOR in models else []
    differences: Differences = {
        f"{PREDICTOR} - {other}": {
            str(stratum): {
                "mean_gene_r": lead(
                    of_stratum["mean_gene_r"] - models[other][stratum]["mean_gene_r"],
                    resampled[PREDICTOR][stratum] - resampled[other][stratum],
                )
                | {"n_cells": 1}
            }
            for stratum, of_stratum in models[PREDICTOR].items()
        }
        for other in others
    }
    return with_holm(differences)


def _long_table(
    per_gene: Mapping[str, pd.DataFrame],
    members: Mapping[Stratum, pd.Index],
    training: GeneEffect,
) -> pd.DataFrame:
    long = pd.concat(per_gene, names=["model", "gene"]).reset_index()
    long["selective"] = long["gene"].isin(members.get(Stratum.SELECTIVE, pd.Index([])))
    long = long.join(gene_statistics(training), on="gene")
    return long[list(PER_GENE_COLUMNS)]

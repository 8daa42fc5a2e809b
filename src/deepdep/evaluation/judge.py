"""The one split of the pipeline: the predictor and its baselines on unseen patients."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, Split
from deepdep.domain.gene_effect import GeneEffect
from deepdep.evaluation.protocol import PREDICTOR, EvaluateSettings, evaluate
from deepdep.io.documents import csv_text
from deepdep.io.files import write_text
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.models.baselines.registry import predict_baselines
from deepdep.models.baselines.task import BaselineSettings, Task
from deepdep.models.predictor import TrainedPredictor
from deepdep.settings import Settings


def baseline_task(
    prepared: Prepared, lines: pd.Index, genes: pd.Index, settings: BaselineSettings
) -> Task:
    """Ask for the effects of some genes in some lines.

    The baselines learn from the training and the validation lines: all that tuning and early
    stopping let the predictor see.
    """
    return Task(
        train_effect=prepared.labels(*LEARNED_FROM),
        omics=prepared.profiles,
        obs=prepared.splits,
        lines=lines,
        genes=genes,
        gene_sets=prepared.gene_sets,
        settings=settings,
    )


# Lines with the same profile must tie: beyond this, how a sum was split over threads shows, and
# ranks turn it into another metric.
DECIMALS = 6

TRACKED = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "median_gene_r", "skill", "auroc")


@dataclass(frozen=True)
class JudgeSettings(Settings):
    """The ``evaluate`` group of params.yaml."""

    seed: int
    protocol: EvaluateSettings
    baselines: BaselineSettings


@dataclass(frozen=True)
class Judged:
    """Metrics, per-gene table and the predictions they were computed from."""

    metrics: dict[str, Any]
    per_gene: pd.DataFrame
    measured: GeneEffect  # test lines
    predictions: Mapping[str, pd.DataFrame]  # same labels, by model
    obs: pd.DataFrame  # patient_id and lineage of the test lines

    def tracked(self, model: str) -> dict[str, float]:
        """Return a model's figures under the names that all runs share."""
        strata = self.metrics["models"][model]
        return {
            f"test_{name}" if stratum == "all" else f"test_{stratum}_{name}": values[name]
            for stratum, values in strata.items()
            for name in TRACKED
            if values[name] is not None
        }


def judge(prepared: Prepared, predictor: TrainedPredictor, settings: JudgeSettings) -> Judged:
    """Predict the test lines with every model and compare.

    The baselines learn from the training and the validation lines, as the predictor does.
    """
    effects, test, genes = prepared.gene_effect, prepared.lines(Split.TEST), prepared.genes
    task = baseline_task(prepared, test, genes, settings.baselines)
    predicted = predictor.predict(prepared.samples(test), list(genes))
    predictions = {PREDICTOR: predicted.effect, **predict_baselines(task)}
    predictions = {model: table.round(DECIMALS) for model, table in predictions.items()}
    measured = GeneEffect(prepared.labels(Split.TEST), effects.kind)
    interval = replace(predicted, effect=predictions[PREDICTOR]).interval
    evaluation = evaluate(
        predictions,
        measured,
        GeneEffect(prepared.labels(*LEARNED_FROM), effects.kind),
        prepared.splits.loc[test],
        settings.protocol,
        intervals={} if interval is None else {PREDICTOR: interval},
        rng=np.random.default_rng(settings.seed),
    )
    return Judged(
        metrics={"cohort": prepared.counts, **evaluation.metrics},
        per_gene=evaluation.per_gene,
        measured=measured,
        predictions=predictions,
        obs=prepared.splits.loc[test, ["patient_id", "lineage"]],
    )


def write_judged(judged: Judged, metrics: Path, per_gene: Path, predictions: Path) -> None:
    """Write the metrics, the per-gene table and the test lines' predictions of every model."""
    matrix = to_anndata(
        judged.measured.table,
        obs=judged.obs,
        uns={"kind": str(judged.measured.kind)},
        layers=judged.predictions,
    )
    write_anndata(matrix, predictions)
    write_text(csv_text(judged.per_gene), per_gene)
    write_text(json.dumps(judged.metrics, indent=1) + "\n", metrics)

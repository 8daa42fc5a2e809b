"""From the cells of a benchmark to a table: every model over all folds and seeds of one mode.

A figure is computed within a fold, averaged over the folds of a seed and then over seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import GeneEffect
from deepdep.evaluation.fold import BenchmarkCell, FoldScores, Key, gather_folds, score_fold
from deepdep.evaluation.protocol import PREDICTOR, EvaluateSettings, plain
from deepdep.evaluation.strata import Stratum
from deepdep.statistics.differences import Differences, ends, lead, with_holm
from deepdep.statistics.resampling import interval_of, resample_counts


@dataclass(frozen=True)
class CrossValidated:
    """Plain numbers with the keys of ``reports/metrics.json``, None where not defined.

    Attributes
    ----------
    models
        Model, stratum, metric. ``n_cells`` says over how many cells a model was averaged;
        ``n_genes`` is a mean over them.
    differences
        ``reference - other``, stratum, ``mean_gene_r``: over the cells that both models have.
    """

    models: dict[str, Any]
    differences: dict[str, Any]


def cross_validated(
    cells: Sequence[BenchmarkCell],
    measured: GeneEffect,
    obs: pd.DataFrame,
    settings: EvaluateSettings,
    *,
    references: Sequence[str] = (PREDICTOR,),
    lines: pd.Index | None = None,
    rng: np.random.Generator,
) -> CrossValidated:
    """Judge the cells of one mode and compare each reference model with every other model.

    A resample draws each patient once and counts them so in every fold and seed.

    Parameters
    ----------
    cells
        In any order. All models of a fold must predict the same lines and genes.
    measured
        Of all labelled lines.
    obs
        ``patient_id`` and ``lineage`` of these lines.
    lines
        Judge no others; None judges all that the cells hold.

    Raises
    ------
    ValueError
        When cells are of several modes or repeat, or models of a fold differ in what they predict.
    """
    folds = gather_folds(cells, measured, lines)
    if not folds:
        return CrossValidated({}, {})
    in_a_fold = {line for fold in folds for line in fold.measured.table.index}
    judged = measured.table.index[measured.table.index.isin(in_a_fold)]
    counts = pd.DataFrame(
        resample_counts(obs["patient_id"][judged], n_boot=settings.n_bootstrap, rng=rng),
        columns=judged,
    )
    scores = {fold.key: score_fold(fold, obs["lineage"], counts) for fold in folds}
    names = list(dict.fromkeys(cell.model for cell in cells))
    models = {name: _averaged(name, scores) for name in names}
    differences: Differences = {}
    for reference in references:
        leads = {
            f"{reference} - {other}": _leads(reference, other, scores)
            for other in names
            if other != reference
        }
        differences |= with_holm({name: strata for name, strata in leads.items() if strata})
    return CrossValidated(
        plain({name: strata for name, strata in models.items() if strata}), plain(differences)
    )


def _averaged(model: str, scores: Mapping[Key, FoldScores]) -> dict[str, dict[str, float]]:
    averaged: dict[str, dict[str, float]] = {}
    for stratum in Stratum:
        keys = [key for key in scores if stratum in scores[key].of(model)]
        if keys:
            cells = pd.DataFrame([scores[key].of(model)[stratum] for key in keys])
            means = _mean_over_cells(cells.to_numpy(float), keys)
            figures = {str(name): float(mean) for name, mean in zip(cells, means, strict=True)}
            resampled = _resampled(model, stratum, keys, scores)
            interval = interval_of(figures["mean_gene_r"], resampled)
            averaged[str(stratum)] = (
                {"n_cells": len(keys)} | figures | ends(interval, "mean_gene_r_")
            )
    return averaged


def _leads(
    reference: str, other: str, scores: Mapping[Key, FoldScores]
) -> dict[str, dict[str, dict[str, float]]]:
    leads = {}
    for stratum in Stratum:
        keys = [
            key
            for key in scores
            if stratum in scores[key].of(reference) and stratum in scores[key].of(other)
        ]
        if keys:
            r = [
                [scores[key].of(model)[stratum]["mean_gene_r"] for model in (reference, other)]
                for key in keys
            ]
            means = _mean_over_cells(np.array(r, float), keys)
            resampled = _resampled(reference, stratum, keys, scores) - _resampled(
                other, stratum, keys, scores
            )
            figures = lead(float(means[0] - means[1]), resampled) | {"n_cells": len(keys)}
            leads[str(stratum)] = {"mean_gene_r": figures}
    return leads


def _resampled(
    model: str, stratum: Stratum, keys: Sequence[Key], scores: Mapping[Key, FoldScores]
) -> pd.Series:
    cells = np.stack([scores[key].resampled[model][stratum].to_numpy() for key in keys])
    return pd.Series(_mean_over_cells(cells, keys))


def _mean_over_cells(values: np.ndarray, keys: Sequence[Key]) -> np.ndarray:
    """Average rows, one per cell, over the folds of a seed and then over seeds.

    Where a cell is NaN the others of its seed stand for it; a seed without a number is left out.
    """
    seed = np.array([key.seed for key in keys])
    of_seeds = np.stack([_nan_mean(values[seed == one]) for one in np.unique(seed)])
    return _nan_mean(of_seeds)


def _nan_mean(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    n, total = known.sum(axis=0), np.where(known, values, 0).sum(axis=0)
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)

"""Every model beside the others: on the one split of the pipeline, or over folds and seeds.

A figure is computed within a fold, averaged over the folds of a seed and then over seeds. One
split is a cross-validation of one fold. The gene mean stands in the same table, and without it
overall figures say nothing.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from deepdep.data.folds import SplitMode
from deepdep.domain.gene_effect import GeneEffect
from deepdep.errors import DeepDEPError, shown
from deepdep.evaluation.fold import (
    Cell,
    JudgedFold,
    Score,
    Scores,
    Stratum,
    gene_statistics,
)
from deepdep.io.documents import PER_GENE
from deepdep.settings import Settings
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.resampling import (
    Resamples,
    holm,
    mean_over_groups,
    resample_counts,
)

PREDICTOR = "predictor"
NAME = re.compile(r"\w[\w-]*", re.ASCII)  # of a group of genes, and part of the names of metrics
SIGNIFICANT_DIGITS = 6  # beyond them, the order of a sum may show
DECIMALS = 12  # a difference smaller than that is 0

# Comparison, stratum, metric, then the figures of a ``Lead``.
Differences = dict[str, dict[str, dict[str, dict[str, Any]]]]


@dataclass(frozen=True)
class EvaluateSettings(Settings):
    """How models are compared: the ``protocol`` of the ``evaluate`` group of params.yaml."""

    n_bootstrap: int
    strata: dict[str, tuple[str, ...]]  # symbols of further groups of genes, by name

    def __post_init__(self) -> None:
        wrong = [name for name in self.strata if name in list(Stratum) or not NAME.fullmatch(name)]
        if wrong:
            raise DeepDEPError(
                f"params.yaml: evaluate.protocol.strata: {shown(wrong)}: is taken or no plain "
                "name; choose another, of letters, digits and _."
            )

    def require_genes(self, genes: Collection[str]) -> None:
        """Refuse a group with genes of which a cohort says nothing, such as misspelt ones."""
        named = set(genes)
        for name, listed in self.strata.items():
            unknown = [gene for gene in listed if gene not in named]
            if unknown or not listed:
                problem = "names no gene"
                if unknown:
                    problem = f"{shown(unknown)}: neither screened nor in a gene set"
                raise DeepDEPError(
                    f"params.yaml: evaluate.protocol.strata.{name}: {problem}; write the symbols "
                    "that gene_effect.h5ad has."
                )


@dataclass(frozen=True)
class Comparison:
    """Plain numbers, as in ``reports/metrics.json``; None where not defined.

    Attributes
    ----------
    models
        Model, stratum, metric. ``n_cells`` says over how many folds a model was averaged;
        ``n_genes`` is a mean over them.
    differences
        ``reference - other``, stratum, ``mean_gene_r``: over the folds that both models have.
    """

    models: dict[str, Any]
    differences: dict[str, Any]

    @classmethod
    def of_cells(
        cls,
        cells: Sequence[Cell],
        measured: GeneEffect,
        obs: pd.DataFrame,
        settings: EvaluateSettings,
        *,
        references: Sequence[str] = (PREDICTOR,),
        lines: pd.Index | None = None,
        rng: np.random.Generator,
    ) -> Self:
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
            Judge no others; None judges all that the cells hold. A fold without any is left out.

        Raises
        ------
        ValueError
            When cells are of several modes or repeat, or models of a fold predict other pairs.
        """
        modes = sorted({cell.mode for cell in cells})
        if len(modes) > 1:
            raise ValueError(f"cells are of the modes {', '.join(modes)}: judge each on its own.")
        by_fold: dict[tuple[int, str], list[Cell]] = {}
        for cell in cells:
            by_fold.setdefault((cell.seed, cell.fold), []).append(cell)
        gathered = [
            JudgedFold.of(by_fold[key], measured, settings.strata, lines) for key in sorted(by_fold)
        ]
        folds = [fold for fold in gathered if len(fold.measured.table) and fold.strata]
        if not folds:
            return cls({}, {})
        in_a_fold = {line for fold in folds for line in fold.measured.table.index}
        counts = _draw(
            obs, measured.table.index[measured.table.index.isin(in_a_fold)], settings, rng
        )
        scores = [fold.scores(fold.per_gene(obs["lineage"]), counts) for fold in folds]
        return cls.of_scores(scores, list(dict.fromkeys(cell.model for cell in cells)), references)

    @classmethod
    def of_scores(
        cls, folds: Sequence[Scores], models: Sequence[str], references: Sequence[str]
    ) -> Self:
        """Average the figures of folds, and compare each reference with every other model."""
        strata = _strata(folds)
        averaged = {
            model: {
                stratum: _average(scores)
                for stratum in strata
                if (scores := [fold[model, stratum] for fold in folds if (model, stratum) in fold])
            }
            for model in models
        }
        differences: Differences = {}
        for reference in references:
            leads = {
                f"{reference} - {other}": _leads(folds, reference, other)
                for other in models
                if other != reference
            }
            differences |= with_holm({name: strata for name, strata in leads.items() if strata})
        return cls(
            plain({model: strata for model, strata in averaged.items() if strata}),
            plain(differences),
        )


@dataclass(frozen=True)
class Evaluation:
    """A comparison on one split, and what it says of each gene.

    Attributes
    ----------
    per_gene
        One row per gene and model, with the columns ``PER_GENE``.
    """

    comparison: Comparison
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
    genes, ends = gene_statistics(training), intervals or {}
    cells = [
        Cell(model, SplitMode.PATIENT, 0, "test", predicted, ends.get(model), genes)
        for model, predicted in predictions.items()
    ]
    fold = JudgedFold.of(cells, measured, settings.strata)
    per_gene = fold.per_gene(obs["lineage"])
    scores = fold.scores(per_gene, _draw(obs, fold.measured.table.index, settings, rng))
    comparison = Comparison.of_scores([scores], list(predictions), [PREDICTOR])
    for strata in comparison.models.values():
        for figures in strata.values():
            figures["n_genes"] = int(figures["n_genes"])  # of one fold: no mean
    long = pd.concat(per_gene, names=["model", "gene"]).reset_index()
    long["selective"] = long["gene"].isin(fold.strata.get(Stratum.SELECTIVE, ()))
    long = long.join(fold.genes[["dependent_share", "sd"]], on="gene")
    return Evaluation(comparison, long[list(PER_GENE)])


def plain(content: Any) -> Any:
    """Keep whole numbers, round the others, and put None where there is none."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, int):
        return content
    rounded = float(f"{round(content, DECIMALS):.{SIGNIFICANT_DIGITS}g}")
    return rounded if math.isfinite(rounded) else None


def with_holm(differences: Differences) -> Differences:
    """Add ``p_holm`` to all comparisons with one model, within each stratum and metric."""
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


def _draw(
    obs: pd.DataFrame, lines: pd.Index, settings: EvaluateSettings, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw how often each line counts, shape (resample, cell line)."""
    patient_id = obs["patient_id"][lines]
    counts = resample_counts(patient_id, n_boot=settings.n_bootstrap, rng=rng)
    return pd.DataFrame(counts, columns=lines)


def _strata(folds: Sequence[Scores]) -> list[str]:
    """Return groups of genes that any fold has, those of ``Stratum`` in its order."""
    found = dict.fromkeys(stratum for fold in folds for _, stratum in fold)
    return [*(str(s) for s in Stratum if s in found), *(s for s in found if s not in list(Stratum))]


def _average(scores: Sequence[Score]) -> dict[str, float]:
    seeds = [score.seed for score in scores]
    figures = pd.DataFrame([score.figures for score in scores])
    means = mean_over_groups(figures.to_numpy(float), seeds)
    interval = Resamples.mean([score.mean_gene_r for score in scores], seeds).interval()
    return (
        {"n_cells": len(scores)}
        | {str(name): float(mean) for name, mean in zip(figures, means, strict=True)}
        | {"mean_gene_r_low": interval.low, "mean_gene_r_high": interval.high}
    )


def _leads(
    folds: Sequence[Scores], reference: str, other: str
) -> dict[str, dict[str, dict[str, float]]]:
    """Compare two models over the folds that both have, by stratum."""
    leads = {}
    for stratum in _strata(folds):
        keys = (reference, stratum), (other, stratum)
        shared = [fold for fold in folds if all(key in fold for key in keys)]
        if shared:
            seeds = [fold[keys[0]].seed for fold in shared]
            one, two = (
                Resamples.mean([fold[key].mean_gene_r for fold in shared], seeds) for key in keys
            )
            figures = asdict(one.lead(two)) | {"n_cells": len(shared)}
            leads[stratum] = {"mean_gene_r": figures}
    return leads

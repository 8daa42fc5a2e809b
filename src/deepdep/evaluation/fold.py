"""A judged fold: the models that predicted it, on the pairs that they share, and their figures.

It is the unit of every comparison. The one split of the pipeline is a fold, and a benchmark has
many. Figures are gene by gene, then by group of genes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
import pandas as pd

from deepdep.data.folds import SplitMode
from deepdep.domain.drivers import DRIVERS, DRUGGABLE
from deepdep.domain.gene_effect import (
    DEPENDENT_AT,
    HIGH_VARIANCE_SD,
    SELECTIVE_SD,
    SELECTIVE_SHARE,
    GeneEffect,
    GeneEffectKind,
)
from deepdep.statistics import metrics
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.resampling import Resamples, mean_r_by_group

UNSEEN_GENES = (SplitMode.GENE, SplitMode.BOTH)
MEAN_OF_UNSEEN_GENES = "fingerprint_ridge"  # the baseline that estimates a mean from gene sets
WELL_PREDICTED_R = 0.2


class Stratum(StrEnum):
    """A group of genes; a gene may belong to several."""

    ALL = "all"
    SELECTIVE = "selective"  # some lines depend on it and some do not, or its effect varies
    DRIVERS = "drivers"  # of ``domain.drivers``, as are the next two
    WITH_CAUSE = "known_cause"
    DRUGGABLE = "druggable"
    HIGH_VARIANCE = "high_variance"
    COMMON_ESSENTIAL = "common_essential"


LISTED = {
    Stratum.DRIVERS: tuple(DRIVERS),
    Stratum.WITH_CAUSE: tuple(gene for gene, driver in DRIVERS.items() if driver.cause),
    Stratum.DRUGGABLE: tuple(DRUGGABLE),
}


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


def strata(
    genes: pd.DataFrame, kind: GeneEffectKind, further: Mapping[str, Collection[str]]
) -> dict[str, pd.Index]:
    """Genes by stratum, from their ``gene_statistics``; a stratum without genes is absent.

    ``further`` are lists of genes by name, which come last.

    The thresholds on the standard deviation are gene effects. Class labels have no such unit
    (between weak and strong lie about 1.5 gene effects but 2 classes, and a common essential
    gene varies by its strength alone), so for them a selective gene is one that 5 to 95 % of the
    lines depend on, and no gene counts as highly variable.
    """
    share, sd = genes["dependent_share"], genes["sd"]
    if kind is GeneEffectKind.CLASS:
        sd = sd * float("nan")
    members: dict[str, pd.Series | np.ndarray] = {
        Stratum.ALL: pd.Series(True, index=genes.index),
        Stratum.SELECTIVE: share.between(*SELECTIVE_SHARE) | (sd > SELECTIVE_SD),
        **{name: genes.index.isin(list(listed)) for name, listed in LISTED.items()},
        Stratum.HIGH_VARIANCE: sd > HIGH_VARIANCE_SD,
        Stratum.COMMON_ESSENTIAL: share > SELECTIVE_SHARE[1],
        **{name: genes.index.isin(list(listed)) for name, listed in further.items()},
    }
    return {str(name): genes.index[is_in] for name, is_in in members.items() if is_in.any()}


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
        coverage=interval.coverage(table),
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


@dataclass(frozen=True)
class Cell:
    """One model's predictions of pairs that it did not see, and what the fold knew of the genes.

    Attributes
    ----------
    mode
        What is unseen in the test (``data.folds.SplitMode``).
    predicted
        Gene effects, shape (test line, judged gene).
    interval
        Of 90 %, with the same labels; None for a model that gives none.
    genes
        ``gene_statistics`` of the fold's training lines, one row per judged gene.
    """

    model: str
    mode: str
    seed: int
    fold: str
    predicted: pd.DataFrame
    interval: EffectInterval | None
    genes: pd.DataFrame


@dataclass(frozen=True)
class Score:
    """Figures of one model in one fold, over one group of genes.

    ``mean_gene_r`` is also in ``figures``; here it has its resamples.
    """

    seed: int
    figures: Mapping[str, float]
    mean_gene_r: Resamples


Scores = Mapping[tuple[str, str], Score]  # of a fold, by model and group of genes


@dataclass(frozen=True)
class JudgedFold:
    """Cells by model, what was measured of their pairs, and the genes that can be judged.

    Attributes
    ----------
    genes
        ``gene_statistics`` of the judged genes, in the order of ``measured``.
    reference_means
        Mean effect per gene that a model must beat which knows no cell line.
    """

    seed: int
    cells: Mapping[str, Cell]
    measured: GeneEffect
    genes: pd.DataFrame
    reference_means: pd.Series
    strata: Mapping[str, pd.Index]

    @classmethod
    def of(
        cls,
        cells: Sequence[Cell],
        measured: GeneEffect,
        further: Mapping[str, Collection[str]],
        lines: pd.Index | None = None,
    ) -> Self:
        """Gather the cells of one fold.

        Genes without a training mean are left out where genes are seen: there is no mean to beat.

        Parameters
        ----------
        measured
            Of the test lines, and perhaps of others.
        further
            Lists of genes by name: groups beside those of ``Stratum``.
        lines
            Judge no others; None judges all that the cells hold.

        Raises
        ------
        ValueError
            When a model is there twice, or models differ in the pairs that they predict.
        """
        first = cells[0]
        by_model: dict[str, Cell] = {}
        for cell in cells:
            if cell.model in by_model:
                place = f"seed {cell.seed}, fold {cell.fold}"
                raise ValueError(f"{cell.model}: {place} is there twice; keep one cell.")
            by_model[cell.model] = cell
        is_judged = measured.table.index.isin(first.predicted.index)
        if lines is not None:
            is_judged &= measured.table.index.isin(lines)
        genes, columns = first.genes, measured.table.columns
        if first.mode not in UNSEEN_GENES:
            genes = genes[genes["training_mean"].notna()]
        predicted = columns.isin(first.predicted.columns)
        judged_genes = columns[columns.isin(genes.index) & predicted]
        genes, table = genes.loc[judged_genes], measured.table.loc[is_judged, judged_genes]
        for cell in cells:
            _require_same_pairs(first, cell, lines)
            _require_complete(cell, table)
        return cls(
            seed=first.seed,
            cells=by_model,
            measured=GeneEffect(table, measured.kind),
            genes=genes,
            reference_means=_reference_means(by_model, first, table),
            strata=strata(genes, measured.kind, further) if len(genes) else {},
        )

    def per_gene(self, lineage: pd.Series) -> dict[str, pd.DataFrame]:
        """Judge every model gene by gene; ``lineage`` is by cell line."""
        return {
            model: gene_scores(self.measured, cell.predicted, lineage, cell.interval)
            for model, cell in self.cells.items()
        }

    def scores(self, per_gene: Mapping[str, pd.DataFrame], counts: pd.DataFrame) -> Scores:
        """Judge every model over each group of genes.

        Parameters
        ----------
        counts
            How often each line counts, shape (resample, cell line).
        """
        table = self.measured.table
        predictions = {model: cell.predicted for model, cell in self.cells.items()}
        weights = counts[table.index].to_numpy()
        resampled = mean_r_by_group(table, predictions, self.strata, weights)
        scores = {}
        for model, predicted in predictions.items():
            for stratum, genes in self.strata.items():
                figures = stratum_scores(
                    per_gene[model].loc[genes], table[genes], predicted, self.reference_means
                )
                mean_r = Resamples(figures["mean_gene_r"], resampled[model][stratum])
                scores[model, stratum] = Score(self.seed, figures, mean_r)
        return scores


def _require_same_pairs(one: Cell, other: Cell, lines: pd.Index | None) -> None:
    for what, left, right in (
        ("lines", one.predicted.index, other.predicted.index),
        ("genes", one.predicted.columns, other.predicted.columns),
    ):
        differ = left.symmetric_difference(right)
        if what == "lines" and lines is not None:
            differ = differ.intersection(lines)
        if len(differ):
            raise ValueError(
                f"{one.model} and {other.model} predict different {what} in seed {one.seed}, fold "
                f"{one.fold}, such as {differ[0]}: models must be judged on the same pairs."
            )


def _require_complete(cell: Cell, measured: pd.DataFrame) -> None:
    """Refuse a model that skips pairs: the others would be judged on more than it is."""
    aligned = cell.predicted.reindex(index=measured.index, columns=measured.columns)
    n_missing = int(aligned.isna().sum().sum())
    if n_missing:
        raise ValueError(
            f"{cell.model} gives no number for {n_missing} pairs: models must be "
            "judged on the same pairs. Predict every line and gene."
        )


def _reference_means(cells: Mapping[str, Cell], first: Cell, measured: pd.DataFrame) -> pd.Series:
    """Training means; for unseen genes, which have none, what their fingerprints suggest."""
    if first.mode not in UNSEEN_GENES:
        return first.genes["training_mean"]
    if MEAN_OF_UNSEEN_GENES not in cells:
        return pd.Series(np.nan, index=measured.columns)
    return cells[MEAN_OF_UNSEEN_GENES].predicted.loc[measured.index].mean()

"""A judged fold: the models that predicted it, on the pairs that they share.

It is the unit of every comparison. The one split of the pipeline is a fold, and a benchmark has
many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from deepdep.data.folds import SplitMode
from deepdep.domain.gene_effect import GeneEffect
from deepdep.evaluation.scores import Stratum, gene_scores, strata, stratum_scores
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.resampling import Resamples, mean_r_by_group

UNSEEN_GENES = (SplitMode.GENE, SplitMode.BOTH)
MEAN_OF_UNSEEN_GENES = "fingerprint_ridge"  # the baseline that estimates a mean from gene sets


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


Scores = Mapping[tuple[str, Stratum], Score]  # of a fold, by model and group of genes


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
    strata: Mapping[Stratum, pd.Index]

    @classmethod
    def of(cls, cells: Sequence[Cell], measured: GeneEffect, lines: pd.Index | None = None) -> Self:
        """Gather the cells of one fold.

        Genes without a training mean are left out where genes are seen: there is no mean to beat.

        Parameters
        ----------
        measured
            Of the test lines, and perhaps of others.
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
            strata=strata(genes, measured.kind) if len(genes) else {},
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

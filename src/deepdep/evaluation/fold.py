"""One fold of a benchmark: all models that predicted it, on the pairs that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.folds import SplitMode
from deepdep.domain.gene_effect import GeneEffect
from deepdep.evaluation.scores import gene_scores, require_complete, stratum_scores
from deepdep.evaluation.strata import Stratum, resampled_mean_r, strata_of
from deepdep.statistics.conformal import EffectInterval


@dataclass(frozen=True)
class BenchmarkCell:
    """Predictions of lines that the model did not see, with what the fold knew of the genes.

    Attributes
    ----------
    mode
        What is unseen in the test (``data.folds.SplitMode``).
    predicted
        Gene effects, shape (test line, judged gene).
    low, high
        Ends of 90 % intervals, same labels; None for a model that gives none.
    genes
        Columns ``training_mean``, ``dependent_share`` and ``sd`` over the fold's training lines,
        one row per judged gene.
    """

    model: str
    mode: str
    seed: int
    fold: str
    predicted: pd.DataFrame
    low: pd.DataFrame | None
    high: pd.DataFrame | None
    genes: pd.DataFrame


UNSEEN_GENES = (SplitMode.GENE, SplitMode.BOTH)
MEAN_OF_UNSEEN_GENES = "fingerprint_ridge"  # the baseline that estimates a mean from gene sets


@dataclass(frozen=True, order=True)
class Key:
    """Which fold of which seed."""

    seed: int
    fold: str


@dataclass(frozen=True)
class JudgedFold:
    """Cells by model, what was measured of their pairs, and the genes that can be judged.

    Attributes
    ----------
    reference_means
        Mean effect per gene that a model must beat which knows no cell line.
    """

    key: Key
    cells: Mapping[str, BenchmarkCell]
    measured: GeneEffect
    reference_means: pd.Series
    strata: Mapping[Stratum, pd.Index]


@dataclass(frozen=True)
class FoldScores:
    """Figures by model and stratum, and mean per-gene r on every resample."""

    models: Mapping[str, Mapping[Stratum, Mapping[str, float]]]
    resampled: Mapping[str, pd.DataFrame]  # (resample, stratum)

    def of(self, model: str) -> Mapping[Stratum, Mapping[str, float]]:
        """Return figures of a model by stratum; none where it did not predict this fold."""
        return self.models.get(model, {})


def gather_folds(
    cells: Sequence[BenchmarkCell], measured: GeneEffect, lines: pd.Index | None
) -> list[JudgedFold]:
    """Put the cells of each fold together, sorted; a fold that has no line to judge is left out.

    Genes without a training mean are left out where genes are seen, as ``evaluate`` does.

    Raises
    ------
    ValueError
        When cells are of several modes or repeat, or models of a fold differ in what they predict.
    """
    modes = sorted({cell.mode for cell in cells})
    if len(modes) > 1:
        raise ValueError(f"cells are of the modes {', '.join(modes)}: judge each on its own.")
    by_key: dict[Key, dict[str, BenchmarkCell]] = {}
    for cell in cells:
        of_fold = by_key.setdefault(Key(cell.seed, cell.fold), {})
        if cell.model in of_fold:
            raise ValueError(
                f"{cell.model}: seed {cell.seed}, fold {cell.fold} is there twice; keep one cell."
            )
        of_fold[cell.model] = cell
    folds = [_fold(key, by_key[key], measured, lines) for key in sorted(by_key)]
    return [fold for fold in folds if len(fold.measured.table) and fold.strata]


def score_fold(fold: JudgedFold, lineage: pd.Series, counts: pd.DataFrame) -> FoldScores:
    """Judge every model of a fold.

    Parameters
    ----------
    counts
        How often each line counts, shape (resample, cell line).
    """
    table = fold.measured.table
    predictions = {model: cell.predicted for model, cell in fold.cells.items()}
    models = {}
    for model, predicted in predictions.items():
        genes = gene_scores(fold.measured, predicted, lineage, _interval(fold.cells[model]))
        models[model] = {
            stratum: stratum_scores(
                genes.loc[members], table[members], predicted, fold.reference_means
            )
            for stratum, members in fold.strata.items()
        }
    resampled = resampled_mean_r(table, predictions, fold.strata, counts[table.index].to_numpy())
    return FoldScores(models, resampled)


def _fold(
    key: Key,
    cells: Mapping[str, BenchmarkCell],
    measured: GeneEffect,
    lines: pd.Index | None,
) -> JudgedFold:
    first = next(iter(cells.values()))
    judged = measured.table.index.isin(first.predicted.index)
    if lines is not None:
        judged &= measured.table.index.isin(lines)
    genes = first.genes
    if first.mode not in UNSEEN_GENES:
        genes = genes[genes["training_mean"].notna()]
    columns = measured.table.columns
    judged_genes = columns[columns.isin(genes.index) & columns.isin(first.predicted.columns)]
    table = measured.table.loc[judged, judged_genes]
    for cell in cells.values():
        _require_same_pairs(first, cell, lines)
        require_complete(cell.model, cell.predicted, table)
    return JudgedFold(
        key=key,
        cells=cells,
        measured=GeneEffect(table, measured.kind),
        reference_means=_reference_means(cells, table),
        strata=strata_of(genes.loc[judged_genes], measured.kind) if len(judged_genes) else {},
    )


def _require_same_pairs(one: BenchmarkCell, other: BenchmarkCell, lines: pd.Index | None) -> None:
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


def _reference_means(cells: Mapping[str, BenchmarkCell], measured: pd.DataFrame) -> pd.Series:
    """Training means; for unseen genes, which have none, what their fingerprints suggest."""
    first = next(iter(cells.values()))
    if first.mode not in UNSEEN_GENES:
        return first.genes["training_mean"]
    if MEAN_OF_UNSEEN_GENES not in cells:
        return pd.Series(np.nan, index=measured.columns)
    return cells[MEAN_OF_UNSEEN_GENES].predicted.loc[measured.index].mean()


def _interval(cell: BenchmarkCell) -> EffectInterval | None:
    if cell.low is None or cell.high is None:
        return None
    return EffectInterval(cell.low, cell.high)

"""The features that baselines read, and which of them say most of a gene."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from deepdep.data.blocks import row_blocks
from deepdep.domain.omics import Omic
from deepdep.models.baselines.task import Task

GENES_PER_BLOCK = 128  # x 20,000 features: 20 MB per intermediate table
DECIMALS = 9  # of correlations; beyond them, the order of a sum shows
MIN_SQUARES = 1e-9  # of deviations of standardised values; below it, a feature is constant


def omics_features(task: Task) -> pd.DataFrame:
    """Return all omics of the training lines and of those to predict."""
    return concatenate_omics(task.omics, _lines(task))


def expression_features(task: Task) -> pd.DataFrame:
    """Return the expression of the training lines and of those to predict."""
    return concatenate_omics({Omic.EXPRESSION: task.omics[Omic.EXPRESSION]}, _lines(task))


def concatenate_omics(tables: Mapping[Omic, pd.DataFrame], lines: pd.Index) -> pd.DataFrame:
    """Set standardised omics side by side, columns (omic, feature), sorted.

    What was not measured is 0, the training mean; so is a whole omic that a line lacks, which
    makes that line look average there.
    """
    rows = {omic: table.reindex(lines) for omic, table in tables.items()}
    return pd.concat(rows, axis=1).fillna(0).sort_index(axis=1)


def most_correlated(features: np.ndarray, labels: np.ndarray, n: int) -> np.ndarray:
    """Choose the features that correlate most with each gene, positively or negatively.

    Parameters
    ----------
    features, labels
        Of the same lines: (line, feature) without NaN and (line, gene), NaN where not screened.

    Returns
    -------
    Positions of ``n`` features, or all if there are fewer, shape (gene, position), strongest
    first; of equals the first.
    """
    chosen = np.empty((labels.shape[1], min(n, features.shape[1])), np.int64)
    for genes in row_blocks(labels.shape[1], GENES_PER_BLOCK):
        chosen[genes] = _strongest(np.abs(_correlations(features, labels[:, genes])), n)
    return chosen


def _strongest(strength: np.ndarray, n: int) -> np.ndarray:
    """Positions of the ``n`` largest of each row, largest first; of equals the first."""
    n_features = strength.shape[1]
    # Whole numbers, no two alike in a row: strength counts first, then position.
    rank = np.rint(strength * 10**DECIMALS).astype(np.int64) * n_features
    rank += np.arange(n_features)[::-1]
    n = min(n, n_features)
    found = np.argpartition(-rank, n - 1, axis=1)[:, :n] if n else rank[:, :0]
    order = np.argsort(-np.take_along_axis(rank, found, axis=1), axis=1)
    return np.take_along_axis(found, order, axis=1)


def _correlations(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Pearson's r over the lines that screened the gene, (gene, feature); 0 where constant."""
    known = ~np.isnan(labels)
    n_known = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, labels, 0).sum(axis=0) / n_known
    deviations = np.where(known, labels - mean, 0).T  # (gene, line)
    # Genes that all lines screened have the same sums over features.
    of_gene = known[:, :1] if known.all() else known
    lines = of_gene.T.astype(float)
    squares = lines @ features**2 - (lines @ features) ** 2 / np.maximum(
        lines.sum(axis=1, keepdims=True), 1
    )
    lengths = np.sqrt(squares.clip(0)) * np.linalg.norm(deviations, axis=1, keepdims=True)
    varies = (squares > MIN_SQUARES) & (lengths > 0)
    return np.divide(deviations @ features, lengths, out=np.zeros_like(lengths), where=varies)


def _lines(task: Task) -> pd.Index:
    return task.train_effect.index.union(task.lines)

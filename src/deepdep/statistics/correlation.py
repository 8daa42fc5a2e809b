"""Pearson's r, gene by gene: the figure that predictions are judged by.

Tables have shape (cell line, gene). Predictions are aligned with the measured table by name;
a line or gene that only the predictions have is ignored, one that they lack is a KeyError.
A pair counts when both sides have a number. Measured comes first, always.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

MIN_CELL_LINES = 3  # any two points lie on a line


@dataclass(frozen=True)
class Pairs:
    """Both tables with the same labels, float64, NaN at the same places."""

    measured: pd.DataFrame
    predicted: pd.DataFrame


def pearson_per_gene(measured: pd.DataFrame, predicted: pd.DataFrame) -> pd.Series:
    """Correlate measured with predicted effects across cell lines, gene by gene.

    Returns
    -------
    Pearson's r per gene. NaN where the measured side is constant or has fewer than three lines:
    the gene asks no question. 0 where only the prediction is constant: it ranks no line above
    another, and leaving such genes out would reward a model for answering few of them.
    """
    return pearson_of(paired(measured, predicted))


def paired(measured: pd.DataFrame, predicted: pd.DataFrame) -> Pairs:
    """Align two tables by name and leave out what either side lacks."""
    x = measured.to_numpy(float)
    y = predicted.loc[measured.index, measured.columns].to_numpy(float)
    both = ~np.isnan(x) & ~np.isnan(y)
    labels = (measured.index, measured.columns)
    return Pairs(
        pd.DataFrame(np.where(both, x, np.nan), *labels),
        pd.DataFrame(np.where(both, y, np.nan), *labels),
    )


def pearson_of(pairs: Pairs) -> pd.Series:
    """Correlate aligned tables column by column; NaN and 0 as in ``pearson_per_gene``."""
    x = pairs.measured - pairs.measured.mean()
    y = pairs.predicted - pairs.predicted.mean()
    r = (x * y).sum() / (np.sqrt((x**2).sum()) * np.sqrt((y**2).sum()))
    r = r.clip(-1, 1).mask(_is_constant(pairs.predicted), 0.0)
    enough = pairs.measured.count() >= MIN_CELL_LINES
    return r.where(enough & ~_is_constant(pairs.measured))


def _is_constant(table: pd.DataFrame) -> pd.Series:
    return table.max() == table.min()

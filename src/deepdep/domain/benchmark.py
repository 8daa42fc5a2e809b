"""A cell of the benchmark: what one model predicted in one fold."""

from dataclasses import dataclass

import pandas as pd


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

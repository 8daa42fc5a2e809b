"""A fold: which cell lines and genes are learned from, chosen on and judged on.

Apart from ``data.folds``, which draws and writes folds: nothing here knows files or settings.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd

# Kind of name and part it plays, by the attribute of a fold that holds it.
PARTS = {
    "train": ("line", "train"),
    "validation": ("line", "validation"),
    "test": ("line", "test"),
    "train_genes": ("gene", "train"),
    "test_genes": ("gene", "test"),
}

COLUMNS = ("fold", "kind", "name", "part")


@dataclass(frozen=True)
class Fold:
    """One division of a cohort; everything by name, sorted.

    A model learns from the pairs (``train``, ``train_genes``), chooses on (``validation``,
    ``train_genes``) and is judged on (``test``, ``test_genes``). Other pairs belong to nobody.

    Attributes
    ----------
    train, validation, test
        Cell lines.
    train_genes, test_genes
        All genes, both, where only cell lines are unseen.
    """

    name: str
    train: pd.Index
    validation: pd.Index
    test: pd.Index
    train_genes: pd.Index
    test_genes: pd.Index


def folds_table(folds: Sequence[Fold]) -> pd.DataFrame:
    """Return folds as text, one row per name and part that it plays; columns as in ``COLUMNS``."""
    rows = [
        (fold.name, kind, name, part)
        for fold in folds
        for attribute, (kind, part) in PARTS.items()
        for name in getattr(fold, attribute)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def folds_hash(folds: Sequence[Fold]) -> str:
    """Return the sha256 of what the folds hold, in whatever order they hold it."""
    rows = sorted(folds_table(folds).itertuples(index=False, name=None))
    return sha256(json.dumps(rows).encode()).hexdigest()

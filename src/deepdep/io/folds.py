"""Folds as one tidy table: fold, kind (line or gene), name, part."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.folds import COLUMNS, PARTS, Fold, folds_table
from deepdep.io.atomic import write_text
from deepdep.io.labelled_csv import csv_text, read_csv

DRAW_AGAIN = "Draw the folds again"


def write_folds(folds: Sequence[Fold], target: Path) -> None:
    """Write folds as CSV; ``read_folds`` returns them as they were."""
    write_text(csv_text(folds_table(folds)), target)


def read_folds(source: Path) -> list[Fold]:
    """Read folds in the order of the file.

    A row that is no part of a fold or is there twice, and a fold that lacks a part, is a
    BadFileError.
    """
    table = read_csv(source, COLUMNS)
    _refuse_odd_rows(table, source)
    by_name = table.groupby("fold", sort=False)
    folds = [_fold(str(name), of_fold, source) for name, of_fold in by_name]
    if not folds:
        raise BadFileError(source, "holds no fold", DRAW_AGAIN)
    return folds


def _refuse_odd_rows(table: pd.DataFrame, source: Path) -> None:
    parts = pd.Series([*zip(table["kind"], table["part"], strict=True)], table.index, dtype=object)
    unnamed = table[list(COLUMNS)].isna().any(axis=1)
    for wrong, problem in (
        (unnamed, "an entry is missing"),
        (~parts.isin(set(PARTS.values())), "is no part of a fold"),
        (table.duplicated(list(COLUMNS)), "is there twice"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            where = f"line {row + 2}, {', '.join(map(str, table.iloc[row]))}"
            raise BadFileError(source, problem, DRAW_AGAIN, where=where)


def _fold(name: str, table: pd.DataFrame, source: Path) -> Fold:
    names = {
        attribute: pd.Index(
            sorted(table["name"][(table["kind"] == kind) & (table["part"] == part)]), dtype=object
        )
        for attribute, (kind, part) in PARTS.items()
    }
    missing = [attribute for attribute, members in names.items() if members.empty]
    if missing:
        raise BadFileError(source, f"has no {shown(missing)}", DRAW_AGAIN, where=f"fold {name!r}")
    return Fold(name, **names)

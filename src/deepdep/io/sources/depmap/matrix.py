"""DepMap's tables with genes in columns: one row per model, under current symbols."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.gene_table import GeneTable
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.gene_labels import by_symbol
from deepdep.io.labels import checked_features
from deepdep.io.noted import Noted, counted
from deepdep.io.segment_rows import YES_AND_NO
from deepdep.io.sources.depmap.layout import MatrixColumns, matrix_columns

AS_PUBLISHED = "Bring the release's file as it was published"

MODEL_ID = re.compile(r"ACH-\d{6}$")


def read_gene_matrix(source: Path, genes: GeneTable) -> Noted[pd.DataFrame]:
    """Read numbers, shape (model, gene); of several sequencings of a model, the default one."""
    header = header_of(source)
    columns = matrix_columns(header)
    labels = checked_features([header[i] for i in columns.genes], source)
    read = read_columns(source, lambda _: _choice(columns, source))
    models = read.texts.iloc[:, 0].str.strip()
    flags = None if columns.is_default is None else read.texts.iloc[:, 1]
    rows = default_entries(models, flags, source)
    names = models[rows.value]
    require_models_once(names, source)
    numbers = read.numbers if rows.value.all() else read.numbers[rows.value]
    table = pd.DataFrame(
        numbers, pd.Index(names.to_numpy(), dtype=object), pd.Index(labels, dtype=object)
    )
    named = by_symbol(table, genes, source)
    return Noted(named.value, (*rows.notes, *named.notes, *_others(columns.others)))


def default_entries(models: pd.Series, flags: pd.Series | None, source: Path) -> Noted[np.ndarray]:
    """Tell which rows stand for their model: all, where ``flags`` is None.

    Rows of other sequencings are noted, and so are models that have no other.
    """
    if flags is None:
        _require_model_ids(models, source)
        return Noted(np.ones(len(models), dtype=bool))
    is_default = _yes_or_no(flags, models, source)
    if not is_default.any():
        raise BadFileError(source, f"column {flags.name!r} is No in every row", AS_PUBLISHED)
    _require_model_ids(models[is_default], source)
    others = models[~is_default]
    lost = sorted(set(others) - set(models[is_default]))
    notes = []
    if len(others):
        notes.append(f"{counted(len(others), 'row')} left out, not the default entry of a model")
    if lost:
        notes.append(f"{counted(len(lost), 'model')} without default entry: {shown(lost)}")
    return Noted(is_default, tuple(notes))


def require_models_once(models: pd.Series, source: Path) -> None:
    """Raise BadFileError where a model has two rows left."""
    twice = models[models.duplicated()]
    if len(twice):
        raise BadFileError(
            source,
            "has two rows, or two default entries",
            "Keep one of them",
            where=f"model {twice.iloc[0]!r}",
        )


def _choice(columns: MatrixColumns, source: Path) -> Choice:
    if columns.model_id is None:
        raise BadFileError(source, "lacks the column 'ModelID'", AS_PUBLISHED, where="line 1")
    texts = [columns.model_id]
    if columns.is_default is not None:
        texts.append(columns.is_default)
    return Choice(texts, columns.genes)


def _yes_or_no(flags: pd.Series, models: pd.Series, source: Path) -> np.ndarray:
    answers = {flag: YES_AND_NO.get(flag.strip().lower()) for flag in flags.unique()}
    unclear = flags[[answers[flag] is None for flag in flags]]
    if len(unclear):
        raise BadFileError(
            source,
            f"{unclear.iloc[0]!r} is neither Yes nor No",
            AS_PUBLISHED,
            where=f"model {models[unclear.index[0]]!r}, column {flags.name!r}",
        )
    return np.array([answers[flag] for flag in flags], dtype=bool)


def _require_model_ids(models: pd.Series, source: Path) -> None:
    strange = models[[MODEL_ID.match(name) is None for name in models]]
    if len(strange):
        raise BadFileError(
            source,
            "is no ModelID, such as ACH-000001",
            f"{AS_PUBLISHED}, or use `import tables`, which reads lines under other names",
            where=f"row {strange.iloc[0]!r}",
        )


def _others(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"{counted(len(names), 'column')} left out, of no gene: {shown(names)}",)

"""Small tables of our own as CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from deepdep.domain.errors import BadFileError, shown

AGAIN = "Run the stage that wrote it again"

# The first column and these are text, also where every entry looks like a number.
TEXT = dict.fromkeys((0, "patient_id", "lineage"), str)


def read_csv(source: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that we wrote; ``NA`` is an ordinary name, an empty field is missing.

    Parameters
    ----------
    columns
        What the table must have.
    """
    table = _read(source, keep_default_na=False, na_values=[""], dtype=TEXT)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise BadFileError(source, f"lacks the column {shown(missing)}", AGAIN)
    return table


def read_labelled_csv(source: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that we wrote, whose first column names the rows."""
    table = read_csv(source, columns)
    return table.set_index(table.columns[0])


def read_numbered_csv(source: Path) -> pd.DataFrame:
    """Read a table that we wrote, whose rows are numbered: epochs or trials."""
    return _read(source)


def _read(source: Path, **options: Any) -> pd.DataFrame:
    if not source.is_file():
        raise BadFileError(source, "there is no such file", "Run `dvc repro`")
    try:
        return pd.read_csv(source, float_precision="round_trip", **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise BadFileError(source, "is not a table", AGAIN) from error

"""Small tables of our own as CSV."""

from pathlib import Path

import pandas as pd


def read_csv(source: Path) -> pd.DataFrame:
    """Read a table that we wrote; ``NA`` is an ordinary name, an empty field is missing."""
    return pd.read_csv(source, keep_default_na=False, na_values=[""], dtype={0: str})


def read_labelled_csv(source: Path) -> pd.DataFrame:
    """Read a table that we wrote, whose first column names the rows."""
    table = read_csv(source)
    return table.set_index(table.columns[0])

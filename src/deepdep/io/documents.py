"""Small files of our own: JSON, CSV with labels, and the columns of tables that rooms share."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from deepdep.errors import BadFileError, shown
from deepdep.io.files import require_file

AGAIN = "Run the stage that wrote it again"

# The first column and these are text, also where every entry looks like a number.
TEXT = dict.fromkeys((0, "patient_id", "lineage", "name"), str)

# A spreadsheet runs a cell that starts so, perhaps after blanks; an apostrophe makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", " ", "\t", "'")

# reports/per_gene.csv
PER_GENE = (
    "gene", "model", "r", "spearman", "mse", "n_lines", "coverage", "interval_width", "selective",
    "dependent_share", "sd",
)  # fmt: skip

# Of each gene over the lines learned from.
GENE_STATISTICS = ("training_mean", "dependent_share", "sd")

# What cross-fitting tells of each gene; ``trusted`` is 1 or 0.
CROSS_VALIDATED = ("cv_r", "cv_r_low", "cv_r_high", "trusted", "half_width")

# study/learning_curve.csv and study/pretraining_gain.csv
LEARNING_CURVE = ("n_lines", "model", "mean_gene_r", "low", "high")

# study/tuning_gain.csv
TUNING_GAIN = (
    "split", "settings", "mean_gene_r", "low", "high", "lowest_seed", "highest_seed", "n_lines"
)  # fmt: skip

# tuning/trials.csv, in which the settings that were searched follow; tuning/times.csv, with UTC and
# the time from start to end; and tuning/importances.csv
TRIALS = ("number", "state", "value")
TIMES = ("number", "started", "seconds")
IMPORTANCES = ("setting", "importance")


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a mapping of JSON; ValueError where a name stands twice, of which readers differ."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("a name stands twice")
    return mapping


def read_json(source: Path) -> dict[str, Any]:
    """Read a JSON file that a stage wrote; raise BadFileError when it holds no mapping."""
    require_file(source, "Run `dvc repro`")
    try:
        content = json.loads(source.read_text(encoding="utf-8"), object_pairs_hook=without_repeats)
    except ValueError as error:
        raise BadFileError(source, "cannot be read", AGAIN) from error
    if not isinstance(content, dict):
        raise BadFileError(source, "is not a mapping", AGAIN)
    return content


def csv_text(table: pd.DataFrame, *, index_label: str | None = None, **options: Any) -> str:
    """Return a table as CSV in which no name is a formula; without a label, without its index.

    The readers below take the apostrophes away again.
    """
    safe = _relabelled(table, as_text)
    if index_label is not None:
        safe = safe.rename(index=as_text)
    return safe.to_csv(index=index_label is not None, index_label=index_label, **options)


def write_indexed_csv(table: pd.DataFrame, target: Path, index_label: str) -> None:
    """Write a table with its index into a folder that is being made."""
    target.write_text(csv_text(table, index_label=index_label), encoding="utf-8")


def as_text(name: object) -> object:
    """Return a name that a spreadsheet does not run; other values as they are."""
    if not isinstance(name, str):
        return name
    line = " ".join(name.splitlines())  # Python 3.11 writes a carriage return without quotes
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line


def read_csv(source: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that we wrote; ``NA`` is an ordinary name, an empty field is missing.

    Parameters
    ----------
    columns
        What the table must have.
    """
    return _read_frame(source, columns, keep_default_na=False, na_values=[""], dtype=TEXT)


def read_indexed_csv(source: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that we wrote, whose first column names the rows."""
    table = read_csv(source, columns)
    return table.set_index(table.columns[0])


def read_numbered_csv(source: Path, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that we wrote, whose rows begin with a number: epochs, trials or sizes."""
    return _read_frame(source, columns)


def _read_frame(source: Path, columns: Sequence[str], **options: Any) -> pd.DataFrame:
    require_file(source, "Run `dvc repro`")
    try:
        table = pd.read_csv(source, float_precision="round_trip", **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise BadFileError(source, "is not a table", AGAIN) from error
    table = _relabelled(
        table, lambda name: name.removeprefix("'") if isinstance(name, str) else name
    )
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise BadFileError(source, f"lacks the column {shown(missing)}", AGAIN)
    return table


def _relabelled(table: pd.DataFrame, relabel: Callable[[object], object]) -> pd.DataFrame:
    """Change the texts of a table, the names of its columns among them."""
    texts = {
        name: table[name].map(relabel) for name in table.select_dtypes([object, "category"]).columns
    }
    return table.assign(**texts).rename(columns=relabel)

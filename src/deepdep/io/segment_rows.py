"""Rows of a table of segments, by the line they are on, and the ways to refuse or drop some."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.genome import chromosome_name, is_contig
from deepdep.io.columns import Choice, read_columns
from deepdep.io.noted import Noted, counted
from deepdep.io.segment_layout import SegmentColumns

YES_AND_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

MOST_BASES = 1_000_000_000  # four times the longest chromosome


def read_segment_rows(source: Path, columns: SegmentColumns) -> Noted[pd.DataFrame]:
    """Read the segments of chromosomes, by line.

    Left out are those of other sequences, those without a value, and all but the default
    sequencing of a DepMap model.

    Returns
    -------
    Columns ``sample``, ``chromosome``, ``start`` and ``end`` as in the file, and ``value``.
    """
    rows = _read(source, columns)
    default = _default_entries(rows, source)
    placed = _on_chromosomes(default.value, source)
    missing = placed.value["value"].isna().to_numpy()
    valued = without(placed.value, missing, "without a value", source)
    return Noted(valued.value, (*default.notes, *placed.notes, *valued.notes))


def refuse(
    rows: pd.DataFrame,
    wrong: np.ndarray,
    problem: Callable[[pd.Series], str],
    remedy: str,
    source: Path,
) -> None:
    """Raise BadFileError for the first row that is ``wrong``, if any."""
    if wrong.any():
        row = rows.iloc[int(np.argmax(wrong))]
        where = f"line {row.name}, sample {row['sample']!r}"
        raise BadFileError(source, problem(row), remedy, where=where)


def without(
    rows: pd.DataFrame, left_out: np.ndarray, reason: str, source: Path
) -> Noted[pd.DataFrame]:
    """Leave out some rows and say so; nothing left is an error."""
    if left_out.all():
        raise BadFileError(source, f"has no segment but those {reason}", "Bring another file")
    if not left_out.any():
        return Noted(rows)
    kept = rows[~left_out]
    lost = rows["sample"][left_out & ~rows["sample"].isin(kept["sample"].unique())].unique()
    note = f"{counted(int(left_out.sum()), 'segment')} left out, {reason}"
    if len(lost):
        note += f"; {counted(len(lost), 'sample')} thereby: {shown(list(lost))}"
    return Noted(kept, (note,))


def _read(source: Path, columns: SegmentColumns) -> pd.DataFrame:
    texts = [columns.sample, columns.chromosome, columns.start, columns.end]
    names = ["sample", "chromosome", "start", "end"]
    if columns.is_default is not None:
        texts, names = [*texts, columns.is_default], [*names, "is_default"]
    read = read_columns(source, lambda _: Choice(texts, [columns.value]))
    lines = pd.RangeIndex(2, len(read.texts) + 2)
    rows = read.texts.set_axis(names, axis=1).set_axis(lines)
    rows = rows.assign(
        sample=_relabelled(rows["sample"], str.strip), value=read.numbers[:, 0].astype(np.float64)
    )
    unnamed = rows["sample"].eq("").to_numpy()
    refuse(rows, unnamed, lambda _: "has no sample", "Name the sample in every row", source)
    rows = rows.assign(start=_places(rows, "start", source), end=_places(rows, "end", source))
    refuse(
        rows,
        ((rows["start"] > rows["end"]) | (rows["end"] == 0)).to_numpy(),
        lambda row: f"starts at {row['start']:,} but ends at {row['end']:,}",
        "A segment cannot end before it starts: check these columns",
        source,
    )
    return rows


def _places(rows: pd.DataFrame, column: str, source: Path) -> np.ndarray:
    numbers = pd.to_numeric(rows[column], errors="coerce").to_numpy(np.float64)
    whole = (numbers >= 0) & (numbers < MOST_BASES) & (np.floor(numbers) == numbers)
    refuse(
        rows,
        ~whole,
        lambda row: f"its {column} is {str(row[column])[:40]!r}, no place on a chromosome",
        "Write a whole number of bases, without separators",
        source,
    )
    return numbers.astype(np.int64)


def _default_entries(rows: pd.DataFrame, source: Path) -> Noted[pd.DataFrame]:
    if "is_default" not in rows:
        return Noted(rows)
    is_default = _relabelled(rows["is_default"], lambda text: YES_AND_NO.get(text.strip().lower()))
    refuse(
        rows,
        is_default.isna().to_numpy(),
        lambda row: f"is the default entry of its model: {row['is_default']!r}, not Yes or No",
        "Bring the release's file as it was published",
        source,
    )
    others = ~is_default.to_numpy(bool)
    return without(
        rows.drop(columns="is_default"), others, "not of the default entry of their model", source
    )


def _on_chromosomes(rows: pd.DataFrame, source: Path) -> Noted[pd.DataFrame]:
    names = _relabelled(rows["chromosome"], chromosome_name)
    nowhere = names.isna().to_numpy()
    contigs = _relabelled(rows["chromosome"], is_contig).to_numpy(bool)
    refuse(
        rows,
        nowhere & ~contigs,
        lambda row: f"{row['chromosome']!r} is no human chromosome",
        "Write 1 to 22, X or Y, with or without chr",
        source,
    )
    labels = shown(list(rows["chromosome"][nowhere].unique()))
    return without(rows.assign(chromosome=names), nowhere, f"on no chromosome ({labels})", source)


def _relabelled(column: pd.Series, relabel: Callable[[str], Hashable]) -> pd.Series:
    """Apply a function to each label once; segments repeat theirs thousands of times."""
    labels: dict[Any, Any] = {label: relabel(label) for label in column.unique()}
    return column.map(labels)

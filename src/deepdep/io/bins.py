"""The published list of copy-number bins."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.bins import Bins
from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly, chromosome_name
from deepdep.domain.segments import beyond_chromosome
from deepdep.io.labels import refuse_repeated
from deepdep.io.tables import read_annotations

COLUMNS = ("CNA", "Chr", "Start", "End")

PUBLISHED_WIDTH = 10_000  # bases; the list's places are in this unit
MOST_BINS = 100_000  # four times the longest chromosome


def read_bins(source: Path) -> Bins:
    """Read a list of bins as DeepDEP was published with: ``CNA,Chr,Start,End``, on hg19.

    ``chr7_5473to5474_10k`` is from 54,730,000 to 54,740,000, counted from 0. A bin whose columns
    say another place than its name is a BadFileError, and so is one beyond its chromosome.
    """
    listed = read_annotations(source)
    for column in COLUMNS:
        if column not in listed.columns:
            raise BadFileError(source, f"lacks the column {column!r}", "Bring the list of bins")
    refuse_repeated(list(listed["CNA"]), "bin", source)
    table = pd.DataFrame(
        {
            "name": listed["CNA"],
            "chromosome": listed["Chr"].map(chromosome_name),
            "start": _places(listed["Start"]),
            "end": _places(listed["End"]),
        }
    )
    has_place = table["chromosome"].notna() & (table["start"] < table["end"])
    misplaced = ~(_named_after_place(table) & has_place.to_numpy())
    _refuse(table, misplaced, "is not the place that its columns say", source)
    _refuse(table, beyond_chromosome(table, Assembly.HG19), "is beyond its chromosome", source)
    return Bins(table, Assembly.HG19)


def _places(column: pd.Series) -> pd.Series:
    """Turn numbers of bins to bases; what is no place becomes -1, which no name holds."""
    numbers = pd.to_numeric(column, errors="coerce")
    placed = numbers.between(0, MOST_BINS)
    return (numbers.where(placed, -1) * PUBLISHED_WIDTH).where(placed, -1).astype(np.int64)


def _named_after_place(table: pd.DataFrame) -> np.ndarray:
    first, last = table["start"] / PUBLISHED_WIDTH, table["end"] / PUBLISHED_WIDTH
    places = zip(table["name"], table["chromosome"], first, last, strict=True)
    return np.array([name == f"chr{c}_{a:g}to{b:g}_10k" for name, c, a, b in places])


def _refuse(table: pd.DataFrame, wrong: np.ndarray, problem: str, source: Path) -> None:
    if wrong.any():
        name = table["name"].iloc[int(np.argmax(wrong))]
        remedy = "Bring the list of bins as it was published"
        raise BadFileError(source, problem, remedy, where=f"bin {name!r}")

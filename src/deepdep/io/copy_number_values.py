"""Copy number by gene in log2(CN/2), on whatever scale a file has it."""

from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, Omic
from deepdep.io.noted import Noted, counted
from deepdep.io.tables import refuse_cells

UNIT = UNITS[DEFAULT_UNITS[Omic.COPY_NUMBER]]

# log2(x+1) of a ratio of 255, 510 copies of a diploid gene: no amplification reaches it.
MOST_LOG2_PLUS_1 = 8

# Ratios to the ploidy have a median near 1, and absolute copies near 2: half-way between them.
COPIES_ABOVE = 1.5


class Scale(StrEnum):
    """How a number stands for copies of a gene."""

    LINEAR = "linear"  # relative to the sample's ploidy: 1 where nothing is gained or lost
    LOG2_PLUS_1 = "log2(x+1)"  # of that
    LOG2 = "log2(CN/2)"


def scale_of_values(table: pd.DataFrame) -> Scale | None:
    """Tell the scale from the values; None where they could be linear or log2(x+1)."""
    values = table.to_numpy()
    if np.nanmin(values, initial=0) < 0:
        return Scale.LOG2
    return Scale.LINEAR if np.nanmax(values, initial=0) > MOST_LOG2_PLUS_1 else None


def to_log2_ratio(table: pd.DataFrame, scale: Scale, source: Path) -> Noted[pd.DataFrame]:
    """Return log2(CN/2); a gene without any copy left, and the like, gets the lowest value."""
    if scale is Scale.LOG2:
        return Noted(table)
    _refuse_other_scale(table, scale, source)
    values = table.to_numpy(np.float32)
    ratios = np.exp2(values) - 1 if scale is Scale.LOG2_PLUS_1 else values
    with np.errstate(divide="ignore"):
        log2 = np.log2(ratios)
    n_raised = int((log2 < UNIT.minimum).sum())
    notes = [f"{scale} ratios turned to log2"]
    if n_raised:
        of = f"{counted(n_raised, 'value')} of hardly any copy"
        notes.append(f"{of} set to {UNIT.minimum:g}, the lowest value")
    raised = np.maximum(log2, np.float32(UNIT.minimum))
    return Noted(pd.DataFrame(raised, table.index, table.columns), tuple(notes))


def _refuse_other_scale(table: pd.DataFrame, scale: Scale, source: Path) -> None:
    values = table.to_numpy()
    wrong = values < 0
    if scale is Scale.LOG2_PLUS_1:
        wrong = wrong | (values > MOST_LOG2_PLUS_1)
    refuse_cells(
        table,
        wrong,
        source,
        f"which {scale} of a ratio to the ploidy cannot be",
        "Bring the release's file as it was published, or say --copy-number-unit",
    )
    if scale is Scale.LINEAR and np.nanmedian(values) > COPIES_ABOVE:
        raise BadFileError(
            source,
            f"centres on {np.nanmedian(values):.2g}: copies, not ratios to the sample's ploidy",
            "Divide them by the ploidy",
        )

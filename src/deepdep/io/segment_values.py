"""The unit of segments: what a layout claims, checked against the values."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, Omic
from deepdep.io.noted import Noted, counted
from deepdep.io.segment_layout import SegmentLayout
from deepdep.io.segment_rows import refuse

UNIT = UNITS[DEFAULT_UNITS[Omic.COPY_NUMBER]]

# Medians of log2 ratios, of ratios and of copies lie near 0, 1 and 2: half-way between them.
RATIOS_ABOVE, COPIES_ABOVE = 0.5, 1.5


def log2_values(rows: pd.DataFrame, layout: SegmentLayout, source: Path) -> Noted[pd.DataFrame]:
    """Return rows with their values in log2(CN/2), or a BadFileError where they cannot be."""
    if layout.is_linear:
        _refuse_what_is_not_linear(rows, source)
        with np.errstate(divide="ignore"):
            ratios = np.log2(rows["value"].to_numpy())
    else:
        _refuse_linear(rows["value"], source)
        ratios = rows["value"].to_numpy()
    refuse(
        rows,
        ratios > UNIT.maximum,
        lambda row: f"is {row['value']:g}, beyond the range of {UNIT.name}, {UNIT.maximum:g}",
        "Bring ratios to the sample's ploidy, or their log2",
        source,
    )
    notes = (
        *(("linear ratios turned to log2",) if layout.is_linear else ()),
        *_raised_note(ratios),
    )
    return Noted(rows.assign(value=np.maximum(ratios, UNIT.minimum)), notes)


def _refuse_linear(values: pd.Series, source: Path) -> None:
    if values.min() >= 0 and values.median() > RATIOS_ABOVE:
        raise BadFileError(
            source,
            f"has no negative value and centres on {values.median():.2g}: linear copy number, "
            "where this layout holds log2 ratios",
            "Take the log2 of the ratios",
        )


def _refuse_what_is_not_linear(rows: pd.DataFrame, source: Path) -> None:
    refuse(
        rows,
        (rows["value"] < 0).to_numpy(),
        lambda row: f"is {row['value']:g}, where this layout holds linear ratios",
        "If these are log2 ratios, name the sample's column `sample` and the ratios' `value`",
        source,
    )
    if rows["value"].median() > COPIES_ABOVE:
        raise BadFileError(
            source,
            f"centres on {rows['value'].median():.2g}: absolute copy numbers, where this layout "
            "holds ratios to the sample's ploidy",
            "Divide them by the ploidy",
        )


def _raised_note(ratios: np.ndarray) -> tuple[str, ...]:
    n_raised = int((ratios < UNIT.minimum).sum())
    if not n_raised:
        return ()
    n_lost = int(np.isneginf(ratios).sum())
    lost = f", {n_lost:,} of them without any copy left," if n_lost else ""
    return (f"{counted(n_raised, 'segment')}{lost} set to {UNIT.minimum:g}, the lowest value",)

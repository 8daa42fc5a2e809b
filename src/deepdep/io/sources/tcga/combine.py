"""From what the files bring to one tumour per patient: one table per omic."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.barcodes import is_normal, patient_of
from deepdep.io.noted import Noted, about, counted
from deepdep.io.sources.tcga.tumor_table import TumorTable


def one_table_per_omic(
    tables: Sequence[TumorTable], *, bins_asked_for: bool
) -> Noted[dict[Omic, TumorTable]]:
    """Join tables of different tumours, and choose where two are of the same.

    Copy number has an order: bins where they were asked for, then log2(CN/2) by gene, then calls.
    Two tables of another omic with a tumour of the same patient are a BadFileError.
    """
    chosen: dict[Omic, TumorTable] = {}
    notes: list[str] = []
    for omic in Omic:
        of_omic = [table for table in tables if table.omic is omic]
        if omic is Omic.COPY_NUMBER:
            best = _best_copy_number(of_omic, bins_asked_for=bins_asked_for)
            of_omic, notes = best.value, [*notes, *best.notes]
        if of_omic:
            joined = _joined(of_omic)
            chosen[omic], notes = joined.value, [*notes, *joined.notes]
    return Noted(chosen, tuple(notes))


def _best_copy_number(
    tables: Sequence[TumorTable], *, bins_asked_for: bool
) -> Noted[list[TumorTable]]:
    """Keep the tables of the best kind that there is."""
    if not tables:
        return Noted([])
    kinds = [_kind(table) for table in tables]
    if bins_asked_for and "bins" not in kinds:
        raise BadFileError(
            tables[0].source,
            "is by gene, but bins were asked for",
            "Bring a file of segments, or ask for no bins",
        )
    order = ("bins", "log2(CN/2)", "calls") if bins_asked_for else ("log2(CN/2)", "calls", "bins")
    best = next(kind for kind in order if kind in kinds)
    notes = [
        note
        for table, kind in zip(tables, kinds, strict=True)
        if kind != best
        for note in about(table.source.name, (f"{kind} left out, {best} being there",))
    ]
    kept = [table for table, kind in zip(tables, kinds, strict=True) if kind == best]
    return Noted(kept, tuple(notes))


def _kind(table: TumorTable) -> str:
    if table.assembly is not None:
        return "bins"
    values = table.values.to_numpy()
    some = values[: max(1, 1_000_000 // values.shape[1])]
    measured = some[~np.isnan(some)]
    return "calls" if (np.floor(measured) == measured).all() else "log2(CN/2)"


def _joined(tables: Sequence[TumorTable]) -> Noted[TumorTable]:
    """Put tables of one omic under one another; features that one lacks are missing there."""
    first = tables[0]
    if len(tables) == 1:
        return Noted(first)
    source = first.source.parent
    seen: dict[str, Path] = {}
    for table in tables:
        for patient in {patient_of(name) for name in table.values.index if not is_normal(name)}:
            if seen.setdefault(patient, table.source) != table.source:
                raise BadFileError(
                    table.source,
                    f"has a tumour in {seen[patient].name} too, both tables of {table.omic}",
                    "Keep one of the two files",
                    where=f"patient {patient!r}",
                )
        if (table.unit, table.assembly) != (first.unit, first.assembly):
            raise BadFileError(
                table.source,
                f"is in {table.unit or table.assembly}, and {first.source.name} in "
                f"{first.unit or first.assembly}",
                "Import tables of one unit",
            )
    values = pd.concat([table.values for table in tables])
    shared = set.intersection(*(set(table.values.columns) for table in tables))
    release = "; ".join(sorted({table.release for table in tables}))
    united = TumorTable(first.omic, values, source, release, first.unit, first.assembly)
    n_features = counted(values.shape[1], "feature")
    note = f"{len(tables)} files united, {n_features} of which {len(shared):,} are in all"
    return Noted(united, about(first.omic, (note,)))

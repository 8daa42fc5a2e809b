"""DepMap's somatic mutations: one per row, or tables of damaging and of hotspot mutations."""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.gene_table import GeneTable
from deepdep.domain.omics import Omic
from deepdep.io.noted import Noted, about, counted
from deepdep.io.omic_values import OmicTable, recognise_omic
from deepdep.io.sources.depmap.matrix import read_gene_matrix
from deepdep.io.sources.depmap.mutation_rows import read_mutation_rows


def read_mutations(
    rows: Path | None, matrices: Sequence[Path], genes: GeneTable
) -> Noted[OmicTable | None]:
    """Read 0 and 1, shape (model, gene), from one mutation per row; from matrices without it."""
    if rows is None:
        return _read_matrices(matrices, genes) if matrices else Noted(None)
    table = read_mutation_rows(rows, genes)
    known = recognise_omic(table.value, Omic.MUTATION, Source.CELL_LINE, rows)
    notes = about(rows.name, (*known.notes, *table.notes))
    left_out = [f"{path.name}: left out, {rows.name} being there" for path in matrices]
    return Noted(known.value, (*notes, *left_out))


def _read_matrices(sources: Sequence[Path], genes: GeneTable) -> Noted[OmicTable]:
    """Join tables: a gene is mutated that is so in any, lines are those of every table."""
    notes: list[str] = []
    tables: list[pd.DataFrame] = []
    for source in sources:
        matrix = read_gene_matrix(source, genes)
        known = recognise_omic(matrix.value, Omic.MUTATION, Source.CELL_LINE, source)
        tables.append(known.value.table)
        notes += about(source.name, (*known.notes, *matrix.notes))
    lines = sorted(set.intersection(*(set(table.index) for table in tables)))
    features = sorted(set.union(*(set(table.columns) for table in tables)))
    if not lines:
        raise BadFileError(sources[-1], f"has no line of {sources[0].name}", "Keep one of them")
    every = [table.reindex(index=lines, columns=features, fill_value=0) for table in tables]
    mutated = reduce(np.maximum, [table.to_numpy() for table in every])
    names = " or ".join(source.name for source in sources)
    notes.append(f"mutation: 1 where {names} has it; mutations that neither counts are not known")
    lost = sorted({name for table in tables for name in table.index}.difference(lines))
    if lost:
        notes.append(f"mutation: {counted(len(lost), 'line')} left out, not in both: {shown(lost)}")
    return Noted(OmicTable(pd.DataFrame(mutated, lines, features), "0/1"), tuple(notes))

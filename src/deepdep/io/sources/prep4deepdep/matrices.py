"""One table for Prep4DeepDEP as (sample, feature), under names that are checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.genome import Assembly
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.domain.segments import bin_segments
from deepdep.io.feature_rows import FeatureRows
from deepdep.io.gene_labels import MatchedGenes, Repeated, match_genes
from deepdep.io.import_options import ImportOptions
from deepdep.io.noted import Noted, counted
from deepdep.io.omic_values import OmicTable, in_unit, recognise_omic
from deepdep.io.segments import read_segments
from deepdep.io.sources.prep4deepdep.recognise import PROBE
from deepdep.io.tables import refuse_cells


@dataclass(frozen=True)
class Binned:
    """Copy number of bins, shape (sample, bin), and the build that they are places of."""

    table: pd.DataFrame
    assembly: Assembly


def by_feature(rows: FeatureRows, source: Path, options: ImportOptions) -> Noted[pd.DataFrame]:
    """Return a table by genes or probes; of one that occurs twice the first row is kept."""
    if PROBE in rows.ids:
        matched = _match_probes(list(rows.ids[PROBE]), source)
    else:
        labels = list(rows.ids.iloc[:, 0])
        matched = match_genes(labels, options.genes, source, Repeated.KEEP_FIRST)
    table = rows.table(matched.value.positions, matched.value.symbols)
    return Noted(table, matched.notes)


def binned(source: Path, options: ImportOptions) -> Noted[Binned]:
    """Read segments and average them over bins."""
    segments = read_segments(source, options.assembly)
    bins = options.bins_on(segments.value.assembly, source)
    table = bin_segments(segments.value, bins, uncovered=options.uncovered)
    return Noted(Binned(table, bins.assembly), segments.notes)


def in_its_unit(
    table: pd.DataFrame, omic: Omic, source_of_samples: Source, source: Path
) -> Noted[OmicTable]:
    """Check the range of the one unit that each omic has in these tables."""
    if omic is Omic.EXPRESSION:
        what = "a negative value, as z-scores have"
        refuse_cells(table, table.to_numpy() < 0, source, what, "Bring log2(TPM+1)")
    if omic in (Omic.EXPRESSION, Omic.COPY_NUMBER):
        return in_unit(table, DEFAULT_UNITS[omic], source)
    return recognise_omic(table, omic, source_of_samples, source)


def _match_probes(labels: Sequence[str], source: Path) -> Noted[MatchedGenes]:
    names = pd.Index([label.strip() for label in labels])
    if (names == "").any():
        row = int(np.argmax(names == "")) + 2  # in the file, after the header
        raise BadFileError(source, "has no name", "Name it", where=f"row {row}")
    repeated = names.duplicated()
    kept = Noted(MatchedGenes([*map(int, np.flatnonzero(~repeated))], list(names[~repeated])))
    if not repeated.any():
        return kept
    probes = list(names[repeated].unique())
    note = f"{counted(int(repeated.sum()), 'further row')} of a probe left out: {shown(probes)}"
    return Noted(kept.value, (note,))

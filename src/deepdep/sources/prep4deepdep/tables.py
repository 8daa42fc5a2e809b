"""Tables for Prep4DeepDEP: what each holds, and its values under names that are checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import OmicTable, Source
from deepdep.domain.identifiers import CPG_PROBE, is_sample
from deepdep.domain.notes import Notes
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import header_of
from deepdep.io.files import require_path
from deepdep.io.tables import FeatureRows, read_feature_rows, refuse_cells
from deepdep.sources.cell_lines import MODEL_TABLE
from deepdep.sources.gene_effects import COMMON_ESSENTIAL
from deepdep.sources.gene_names import MatchedGenes, Repeated, match_genes
from deepdep.sources.importing import ImportOptions
from deepdep.sources.segments import segment_layout
from deepdep.sources.units import Z_SCORE_TOLERANCE, in_unit, recognise_omic

SUFFIXES = tuple(s + gz for s in (".txt", ".tsv", ".csv") for gz in ("", ".gz"))


class Content(StrEnum):
    """What one file brings."""

    MUTATION = "mutation"
    EXPRESSION = "expression"
    METHYLATION = "methylation"
    SEGMENTS = "copy-number segments"
    DEPENDENCY = "dependency scores"
    GENES_OF_INTEREST = "genes of interest"


# Words in names of files, between punctuation: `exp.file.txt`, `dep_scores.tsv`.
WORDS = {
    Content.MUTATION: {"mut", "mutation", "mutations"},
    Content.EXPRESSION: {"exp", "expr", "expression"},
    Content.METHYLATION: {"meth", "methylation"},
    Content.SEGMENTS: {"cna", "cnv", "segments"},
    Content.DEPENDENCY: {"dep", "dependency", "dependencies"},
}

GENE, PROBE = "Gene", "Probe"
ID_COLUMNS = {
    Content.MUTATION: GENE,
    Content.EXPRESSION: GENE,
    Content.METHYLATION: PROBE,
    Content.DEPENDENCY: GENE,
}

CPG = re.compile(rf"(?:{CPG_PROBE})$")

# So many names of the other axis are no accident; and so many rows show what rows are.
ENOUGH_TO_TELL = 5
LABELS_THAT_TELL = 1000


@dataclass(frozen=True)
class FoundTable:
    """A file, what it brings, and its rows where it has features in rows."""

    source: Path
    content: Content
    rows: FeatureRows | None


def find_tables(path: Path, notes: Notes) -> list[FoundTable]:
    """Tell what the tables of a folder are, or one table; two of a kind are an error.

    The header is surest: segments, probes, and a list of genes have their own. Tables of genes
    are told by a word in their name, else by their values: 0 and 1 only are mutations, negative
    ones gene effects, all others expression.
    """
    require_path(path)
    files = [path] if path.is_file() else sorted(path.glob("[!.]*"))
    candidates = [file for file in files if file.is_file() and file.name != MODEL_TABLE]
    read = {file: _find_table(file) for file in candidates if file.name.endswith(SUFFIXES)}
    tables = [table for table in read.values() if table is not None]
    first: dict[Content, Path] = {}
    for table in tables:
        kept = first.setdefault(table.content, table.source)
        if kept != table.source:
            problem = f"is a second table of {table.content}"
            raise BadFileError(table.source, problem, f"Keep it or {kept.name}")
    if not tables:
        raise BadFileError(
            path,
            "holds none of Prep4DeepDEP's tables",
            "Bring tables with a column Gene or Probe, or segments with a column CCLE_name",
        )
    for file in candidates:
        if read.get(file) is None:
            notes.about(file.name).add("left out, no table of Prep4DeepDEP")
    return tables


def _find_table(source: Path) -> FoundTable | None:
    header = header_of(source)
    named = _content_named(source)
    if segment_layout(header) is not None:
        return FoundTable(source, Content.SEGMENTS, None)
    if header == [GENE]:
        return FoundTable(source, Content.GENES_OF_INTEREST, None)
    if named is None and not {GENE, PROBE} & {*header}:
        return None
    if named is Content.SEGMENTS:
        raise BadFileError(
            source,
            "has no columns of copy-number segments",
            "Name them CCLE_name, Chromosome, Start, End and Segment_Mean",
            where="line 1",
        )
    features = PROBE if PROBE in header else ID_COLUMNS[named or Content.EXPRESSION]
    if features not in header:
        raise BadFileError(
            source,
            f"lacks the column {features!r}",
            f"Name the first column so: a {features.lower()} per row, a sample per column",
            where="line 1",
        )
    rows = read_feature_rows(source, [features])
    if features == PROBE:
        _refuse_transposed(rows, PROBE, source)
        return FoundTable(source, Content.METHYLATION, rows)
    _refuse_transposed(rows, GENE, source)
    return FoundTable(source, named or _content_of_values(rows.values, source), rows)


def _content_named(source: Path) -> Content | None:
    """Return what the name of a file says, if it says one thing."""
    words = {*re.split(r"[\W\d_]+", source.name.lower())}
    contents = [content for content, known in WORDS.items() if words & known]
    return contents[0] if len(contents) == 1 else None


def _content_of_values(values: np.ndarray, source: Path) -> Content:
    measured = values[~np.isnan(values)]
    if np.isin(measured, (0, 1)).all():
        return Content.MUTATION
    if measured.min() >= 0:
        return Content.EXPRESSION
    samples = values[:, ~np.isnan(values).all(axis=0)]
    mean, sd = np.nanmean(samples, axis=0), np.nanstd(samples, axis=0)
    if max(np.abs(mean).max(), np.abs(sd - 1).max()) < Z_SCORE_TOLERANCE:
        raise BadFileError(
            source,
            "has negative values of mean 0 and standard deviation 1: z-scores",
            "Bring log2(TPM+1), or let the file's name begin with `dep` if they are gene effects",
        )
    return Content.DEPENDENCY


def _refuse_transposed(rows: FeatureRows, features: str, source: Path) -> None:
    labels = list(rows.ids[features][:LABELS_THAT_TELL])
    samples = [name for name in labels if is_sample(name)]
    pattern = CPG if features == PROBE else COMMON_ESSENTIAL
    swapped = [name for name in rows.samples if pattern.match(name)]
    remedy = f"Transpose the table: a {features.lower()} per row, a sample per column"
    if 2 * len(samples) > len(labels):
        raise BadFileError(source, f"rows are samples, such as {samples[0]!r}", remedy)
    if len(swapped) >= ENOUGH_TO_TELL:
        raise BadFileError(source, f"columns are features, such as {swapped[0]!r}", remedy)


def by_feature(
    rows: FeatureRows, source: Path, options: ImportOptions, notes: Notes
) -> pd.DataFrame:
    """Return a table by genes or probes; of one that occurs twice the first row is kept."""
    if PROBE in rows.ids:
        matched = _match_probes(list(rows.ids[PROBE]), source, notes)
    else:
        labels = list(rows.ids.iloc[:, 0])
        matched = match_genes(labels, options.genes, source, notes, Repeated.KEEP_FIRST)
    return rows.table(matched.positions, matched.symbols)


def in_its_unit(
    table: pd.DataFrame, omic: Omic, source_of_samples: Source, source: Path, notes: Notes
) -> OmicTable:
    """Check the range of the one unit that each omic has in these tables."""
    if omic is Omic.EXPRESSION:
        what = "a negative value, as z-scores have"
        refuse_cells(table, table.to_numpy() < 0, source, what, "Bring log2(TPM+1)")
    if omic in (Omic.EXPRESSION, Omic.COPY_NUMBER):
        return in_unit(table, DEFAULT_UNITS[omic], source, notes)
    return recognise_omic(table, omic, source_of_samples, source, notes)


def _match_probes(labels: Sequence[str], source: Path, notes: Notes) -> MatchedGenes:
    names = pd.Index([label.strip() for label in labels])
    if (names == "").any():
        row = int(np.argmax(names == "")) + 2  # in the file, after the header
        raise BadFileError(source, "has no name", "Name it", where=f"row {row}")
    repeated = names.duplicated()
    probes = list(names[repeated].unique())
    notes.count(int(repeated.sum()), "further row", "of a probe left out", probes)
    return MatchedGenes([*map(int, np.flatnonzero(~repeated))], list(names[~repeated]))

"""Tables for Prep4DeepDEP: what each is, what they bring to a cohort, and what inspect says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples, Source, samples_in
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.genome import Assembly
from deepdep.domain.identifiers import is_sample
from deepdep.domain.notes import Count, Notes
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.files import require_path
from deepdep.io.names import checked_names, refuse_quotes
from deepdep.io.tables import TABLE_SUFFIXES, FeatureRows, read_feature_rows, refuse_cells
from deepdep.sources.barcodes import is_tumor, one_tumor_per_patient, with_hyphens
from deepdep.sources.cell_lines import (
    NO_MODELS,
    Models,
    find_models,
    read_models,
    with_names_before_r,
)
from deepdep.sources.gene_effects import COMMON_ESSENTIAL, gene_effect_of
from deepdep.sources.gene_names import Repeated, match_genes
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import CPG, ENOUGH_TO_TELL
from deepdep.sources.inspection.found import GENE_EFFECT_CONTENT
from deepdep.sources.inspection.look import Axes, look_at_matrix, look_at_names, look_at_segments
from deepdep.sources.segments import read_segments, segment_layout
from deepdep.sources.source import Accepted, Command, FileSource, Look, Recognised, Route
from deepdep.sources.tables.read import tumor_obs
from deepdep.sources.units import (
    Z_SCORE_TOLERANCE,
    StatedUnits,
    omic_table,
    refuse_counts,
    refuse_unusable_name,
)

ORIGIN = "Prep4DeepDEP"


class Content(StrEnum):
    """What one file brings."""

    MUTATION = "mutation"
    EXPRESSION = "expression"
    METHYLATION = "methylation"
    SEGMENTS = "copy-number segments"
    DEPENDENCY = "dependency scores"
    GENES_OF_INTEREST = "genes of interest"


OMICS = {
    Content.MUTATION: Omic.MUTATION,
    Content.EXPRESSION: Omic.EXPRESSION,
    Content.METHYLATION: Omic.METHYLATION,
    Content.SEGMENTS: Omic.COPY_NUMBER,
}

# Words in names of files, between punctuation: `exp.file.txt`, `dep_scores.tsv`.
WORDS = {
    Content.MUTATION: {"mut", "mutation", "mutations"},
    Content.EXPRESSION: {"exp", "expr", "expression"},
    Content.METHYLATION: {"meth", "methylation"},
    Content.SEGMENTS: {"cna", "cnv", "segments"},
    Content.DEPENDENCY: {"dep", "dependency", "dependencies"},
}

GENE, PROBE = "Gene", "Probe"

LABELS_THAT_TELL = 1000  # rows that show what rows are

# First columns of what Prep4DeepDEP writes, and what that is.
WRITTEN = {
    "Bin": "copy_number in published bins",
    "GeneSet": "fingerprints of genes",
    "Dep_Score": "dependency scores of pairs",
    "GeneList": "genes without fingerprint",
}
OF_WRITTEN = {"GeneSet": "gene sets x genes", "Dep_Score": "one score per pair"}
NOT_READ = "written by Prep4DeepDEP for DeepDEP; import reads the tables that it was made from"


@dataclass(frozen=True)
class FoundTable:
    """A file, what it brings, and its rows where it has features in rows."""

    source: Path
    content: Content
    rows: FeatureRows | None

    @classmethod
    def read(cls, source: Path) -> "FoundTable | None":
        """Read a file; None for one that is no table of these."""
        header = header_of(source)
        words = {*re.split(r"[\W\d_]+", source.name.lower())}
        contents = [content for content, of_content in WORDS.items() if words & of_content]
        named = contents[0] if len(contents) == 1 else None  # where the name says one thing
        if segment_layout(header) is not None:
            return cls(source, Content.SEGMENTS, None)
        if header == [GENE]:
            return cls(source, Content.GENES_OF_INTEREST, None)
        if named is None and not {GENE, PROBE} & {*header}:
            return None
        if named is Content.SEGMENTS:
            raise BadFileError(
                source,
                "has no columns of copy-number segments",
                "Name them CCLE_name, Chromosome, Start, End and Segment_Mean",
                where="line 1",
            )
        features = PROBE if PROBE in header or named is Content.METHYLATION else GENE
        if features not in header:
            raise BadFileError(
                source,
                f"lacks the column {features!r}",
                f"Name the first column so: a {features.lower()} per row, a sample per column",
                where="line 1",
            )
        rows = read_feature_rows(source, [features])
        _refuse_transposed(rows, features, source)
        if features == PROBE:
            return cls(source, Content.METHYLATION, rows)
        return cls(source, named or _content_of_values(rows.values, source), rows)

    def gene_effect(
        self, models: Models, lines: pd.Index | None, options: ImportOptions, notes: Notes
    ) -> GeneEffect | None:
        """Gene effects, of ``lines`` or of all; None in another table."""
        if self.content is not Content.DEPENDENCY or self.rows is None:
            return None
        notes = notes.about(self.source.name)
        first = notes.place()
        named = models.with_ids(by_feature(self.rows, self.source, options, notes), first)
        return gene_effect_of(named, self.source, models, lines, first)

    def check_genes_of_interest(self, notes: Notes) -> None:
        """Check a list of genes; no file of a cohort holds it."""
        if self.content is Content.GENES_OF_INTEREST:
            read = read_columns(self.source, lambda _: Choice([0], []))
            genes = checked_names(list(read.texts[GENE]), "row", self.source)
            what = (
                "of interest; no part of a cohort: name the file in prepare.gene_list, "
                "or give it to `deepdep predict --genes`"
            )
            notes.about(self.source.name).add(Count(len(genes), "gene", what))


@dataclass(frozen=True)
class OmicByName:
    """One omic (sample, feature), samples as the file names them."""

    table: pd.DataFrame
    source: Path
    assembly: Assembly | None
    units: StatedUnits
    notes: Notes
    notes_on_unit: Notes  # before the others

    @classmethod
    def of(cls, found: FoundTable, options: ImportOptions, notes: Notes) -> "OmicByName":
        """Name the features of a table; average segments over bins."""
        source, notes = found.source, notes.about(found.source.name)
        notes_on_unit = notes.place()
        if found.rows is None:
            segments = read_segments(source, options.assembly, notes)
            bins = options.bins_on(segments.assembly, source)
            binned = segments.binned(bins, uncovered=options.uncovered)
            return cls(binned, source, bins.assembly, options.units, notes, notes_on_unit)
        features = by_feature(found.rows, source, options, notes)
        return cls(features, source, None, options.units, notes, notes_on_unit)

    def in_its_unit(self, omic: Omic, samples: Source, table: pd.DataFrame) -> OmicTable:
        """Check the range of the unit that the user says, or of the one that the omic has here.

        ``table`` is this one, its samples named as the cohort names them.
        """
        unit = self.units.of(omic, samples)
        if omic is Omic.EXPRESSION and unit is None:
            what = "a negative value, as z-scores have"
            refuse_cells(table, table.to_numpy() < 0, self.source, what, "Bring log2(TPM+1)")
            refuse_unusable_name(self.source.name, self.source)
            refuse_counts(table.to_numpy(np.float32), self.source)
        if unit is None and omic in (Omic.EXPRESSION, Omic.COPY_NUMBER):
            unit = DEFAULT_UNITS[omic]
        return omic_table(table, omic, unit, samples, self.source, self.notes_on_unit)


def read_prep4deepdep(path: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read a folder of tables, or one table; any subset of them will do.

    Samples named by TCGA barcodes, or as simulated tumours are, are tumours, all others cell
    lines. A line is its own patient, of unknown lineage, unless a Model.csv in the folder knows
    it. Gene effects keep the names of their genes and lines.
    """
    found = find_tables(path, notes)
    by_omic = {OMICS[table.content]: table for table in found if table.content in OMICS}
    tables = {
        omic: OmicByName.of(by_omic[omic], options, notes) for omic in Omic if omic in by_omic
    }
    source = find_models(path)
    models = NO_MODELS if source is None else read_models(source)
    if source is not None:
        notes.about(source.name).count(len(models.obs), "cell line", "listed")
    cell_lines, tumors = None, None
    if _are_tumors(tables, path):
        tumors = _tumors(tables, notes)
    elif tables:
        cell_lines = _cell_lines(tables, models, notes)
    lines = None if cell_lines is None else cell_lines.obs.index
    effects = (table.gene_effect(models, lines, options, notes) for table in found)
    gene_effect = next(filter(None, effects), None)
    for table in found:
        table.check_genes_of_interest(notes)
    return CohortPart(cell_lines, tumors, gene_effect)


def find_tables(path: Path, notes: Notes) -> list[FoundTable]:
    """Tell what the tables of a folder are, or one table; two of a kind are an error.

    The header is surest: segments, probes, and a list of genes have their own. Tables of genes
    are told by a word in their name, else by their values: 0 and 1 only are mutations, negative
    ones gene effects, all others expression.
    """
    require_path(path)
    files = [path] if path.is_file() else sorted(path.glob("[!.]*"))
    models = find_models(path)
    candidates = [file for file in files if file.is_file() and file != models]
    delimited = [file for file in candidates if file.name.endswith(TABLE_SUFFIXES)]
    read = {file: FoundTable.read(file) for file in delimited}
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


def by_feature(
    rows: FeatureRows, source: Path, options: ImportOptions, notes: Notes
) -> pd.DataFrame:
    """Return a table by genes or probes; of one that occurs twice the first row is kept."""
    if PROBE not in rows.ids:
        labels = list(rows.ids.iloc[:, 0])
        matched = match_genes(labels, options.genes, source, notes, Repeated.KEEP_FIRST)
        return rows.table(matched.positions, matched.symbols)
    names = pd.Index([label.strip() for label in rows.ids[PROBE]])
    if (names == "").any():
        row = int(np.argmax(names == "")) + 2  # in the file, after the header
        raise BadFileError(source, "has no name", "Name it", where=f"row {row}")
    refuse_quotes(names, "probe", source)
    repeated = names.duplicated()
    probes = list(names[repeated].unique())
    notes.count(int(repeated.sum()), "further row", "of a probe left out", probes)
    return rows.table([*map(int, np.flatnonzero(~repeated))], list(names[~repeated]))


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a table with genes or probes in rows, or segments; None for another."""
    if segment_layout(header) is not None:
        return Recognised(
            "prep4deepdep",
            ORIGIN,
            "copy_number",
            look=lambda: look_at_segments(source, header),
            routes=lambda _: (_route(source, "averaged over bins of 1 Mb, or of --bin-width"),),
        )
    if list(header) == [GENE]:
        return Recognised(
            "prep4deepdep",
            ORIGIN,
            "genes of interest",
            look=lambda: look_at_names(source, GENE, "one gene per row"),
            routes=lambda _: (_route(source),),
        )
    if header[0] in WRITTEN:
        return _written(source, header)
    if not {GENE, PROBE} & {*header}:
        return None
    label = header.index(PROBE if PROBE in header else GENE)
    samples = [i for i in range(len(header)) if i != label]
    axes = Axes(label, samples, features_in_rows=True)

    def content_of_values() -> str:
        (table,) = find_tables(source, Notes())
        is_effect = table.content is Content.DEPENDENCY
        return GENE_EFFECT_CONTENT if is_effect else str(OMICS[table.content])

    return Recognised(
        "prep4deepdep",
        ORIGIN,
        None,
        look=lambda: Look((look_at_matrix(source, axes),)),
        routes=lambda _: (_route(source),),
        content_of_values=content_of_values,
    )


def accepted() -> list[Accepted]:
    """Say which tables are read, by the first column or a word in the name of the file."""
    rows = []
    for content, omic in OMICS.items():
        words = [f"*{word}*" for word in sorted(WORDS[content])]
        column = "CCLE_name, ..." if content is Content.SEGMENTS else GENE
        column = PROBE if content is Content.METHYLATION else column
        unit = DEFAULT_UNITS[omic] + (" in bins" if content is Content.SEGMENTS else "")
        rows.append(Accepted(str(omic), [column, *words], unit))
    words = [f"*{word}*" for word in sorted(WORDS[Content.DEPENDENCY])]
    return [
        *rows,
        Accepted("gene_effect", [GENE, *words], "negative means dependent"),
        Accepted("genes of interest", [f"{GENE} alone"], "checked and counted"),
        Accepted(", ".join(WRITTEN.values()), [*WRITTEN], "", [f"left out: {NOT_READ}"]),
    ]


PREP4DEEPDEP = FileSource(
    "prep4deepdep",
    read=lambda request, *to: read_prep4deepdep(request.path, *to),
    by_header=recognise,
    takes=lambda file, folder: file.parent == folder and file.name.endswith(TABLE_SUFFIXES),
    accepts=accepted,
)


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


def _are_tumors(tables: Mapping[Omic, OmicByName], path: Path) -> bool:
    names = {name for named in tables.values() for name in named.table.index}
    tumors = {name for name in names if is_tumor(name)}
    if tumors and tumors != names:
        raise BadFileError(
            path,
            f"mixes tumours such as {min(tumors)!r} with lines such as {min(names - tumors)!r}",
            "Import them one after the other, from a folder each",
        )
    return bool(tumors)


def _cell_lines(tables: Mapping[Omic, OmicByName], models: Models, notes: Notes) -> Samples:
    given = {omic: named.table for omic, named in tables.items()}
    alike = with_names_before_r(given, next(iter(tables.values())).source.parent, notes)
    omics = {
        omic: named.in_its_unit(omic, Source.CELL_LINE, models.with_ids(alike[omic], named.notes))
        for omic, named in tables.items()
    }
    obs = models.annotations(samples_in(omics), notes.about("cell lines"))
    return _samples(tables, omics, obs)


def _tumors(tables: Mapping[Omic, OmicByName], notes: Notes) -> Samples:
    notes = notes.about("tumors")
    hyphened = {
        omic: named.table.set_axis(pd.Index(with_hyphens(list(named.table.index), named.notes)))
        for omic, named in tables.items()
    }
    chosen = one_tumor_per_patient(hyphened, notes)
    omics = {
        omic: named.in_its_unit(omic, Source.TUMOR, chosen.tables[omic])
        for omic, named in tables.items()
    }
    obs = tumor_obs(samples_in(omics), pd.Series(dtype=object), chosen.barcodes, notes)
    return _samples(tables, omics, obs)


def _samples(
    tables: Mapping[Omic, OmicByName], omics: Mapping[Omic, OmicTable], obs: pd.DataFrame
) -> Samples:
    assembly = next((str(named.assembly) for named in tables.values() if named.assembly), None)
    return Samples.of_tables(omics, obs, assembly=assembly, release=ORIGIN)


def _written(source: Path, header: Sequence[str]) -> Recognised:
    axes = Axes(0, range(1, len(header)), features_in_rows=header[0] == "Bin")

    def look() -> Look:
        if len(header) == 1:
            return look_at_names(source, header[0], "one gene per row")
        seen = look_at_matrix(source, axes)
        of_samples = replace(seen.facts, samples=None, orientation=OF_WRITTEN.get(header[0]))
        return Look((seen if header[0] == "Bin" else replace(seen, facts=of_samples),))

    return Recognised(
        None, ORIGIN, WRITTEN[header[0]], look, routes=lambda _: (), remarks=(NOT_READ,)
    )


def _route(source: Path, *says: str) -> Route:
    return Route(
        Command("prep4deepdep", source),
        read=lambda *to: read_prep4deepdep(source, *to),
        says=says,
        subject=source.name,
    )

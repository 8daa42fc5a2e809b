"""What tables for Prep4DeepDEP bring to a cohort, and what inspect says of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples, Source, samples_in
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.genome import Assembly
from deepdep.domain.notes import Count, Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, read_columns
from deepdep.io.names import checked_names
from deepdep.sources.barcodes import is_barcode, one_tumor_per_patient, with_hyphens
from deepdep.sources.cell_lines import (
    MODEL_TABLE,
    NO_MODELS,
    Models,
    read_models,
)
from deepdep.sources.gene_effects import gene_effect_of
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.found import GENE_EFFECT_CONTENT
from deepdep.sources.inspection.look import Axes, look_at_matrix, look_at_names, look_at_segments
from deepdep.sources.prep4deepdep.tables import (
    GENE,
    PROBE,
    Content,
    FoundTable,
    by_feature,
    find_tables,
    in_its_unit,
)
from deepdep.sources.segments import read_segments, segment_layout
from deepdep.sources.source import Command, FileSource, Look, Recognised, Route
from deepdep.sources.tables.read import tumor_obs

RELEASE = "Prep4DeepDEP"

OMICS = {
    Content.MUTATION: Omic.MUTATION,
    Content.EXPRESSION: Omic.EXPRESSION,
    Content.METHYLATION: Omic.METHYLATION,
    Content.SEGMENTS: Omic.COPY_NUMBER,
}

ORIGIN = "Prep4DeepDEP"

# First columns of what it writes, and what that is.
WRITTEN = {
    "Bin": "copy_number in published bins",
    "GeneSet": "fingerprints of genes",
    "Dep_Score": "dependency scores of pairs",
    "GeneList": "genes without fingerprint",
}
OF_WRITTEN = {"GeneSet": "gene sets x genes", "Dep_Score": "one score per pair"}
NOT_READ = "written by Prep4DeepDEP for DeepDEP; import reads the tables that it was made from"


@dataclass(frozen=True)
class _Named:
    """One omic (sample, feature), samples as the file names them."""

    table: pd.DataFrame
    source: Path
    assembly: Assembly | None
    notes: Notes
    notes_on_unit: Notes  # before the others


def read_prep4deepdep(path: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read a folder of tables, or one table; any subset of them will do.

    Samples named by TCGA barcodes are tumours, all others cell lines. A line is its own patient,
    of unknown lineage, unless a Model.csv in the folder knows it. Gene effects keep the names of
    their genes and lines.
    """
    found = find_tables(path, notes)
    by_omic = {OMICS[table.content]: table for table in found if table.content in OMICS}
    tables = {omic: _named(by_omic[omic], options, notes) for omic in Omic if omic in by_omic}
    source = path / MODEL_TABLE
    models = read_models(source) if source.is_file() else NO_MODELS
    cell_lines, tumors = None, None
    if _are_tumors(tables, path):
        tumors = _tumors(tables, notes)
    elif tables:
        cell_lines = _cell_lines(tables, models, notes)
    gene_effect = _gene_effect(found, cell_lines, models, options, notes)
    _check_genes_of_interest(found, notes)
    return CohortPart(cell_lines, tumors, gene_effect)


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
    return Recognised(
        "prep4deepdep",
        ORIGIN,
        None,
        look=lambda: Look((look_at_matrix(source, axes),)),
        routes=lambda _: (_route(source),),
        content_of_values=lambda: _content_of_values(source),
    )


PREP4DEEPDEP = FileSource(
    "prep4deepdep",
    read=lambda request, *to: read_prep4deepdep(request.path, *to),
    by_header=recognise,
)


def _named(table: FoundTable, options: ImportOptions, notes: Notes) -> _Named:
    source, notes = table.source, notes.about(table.source.name)
    notes_on_unit = notes.place()
    if table.rows is None:
        segments = read_segments(source, options.assembly, notes)
        bins = options.bins_on(segments.assembly, source)
        binned = segments.binned(bins, uncovered=options.uncovered)
        return _Named(binned, source, bins.assembly, notes, notes_on_unit)
    features = by_feature(table.rows, source, options, notes)
    return _Named(features, source, None, notes, notes_on_unit)


def _are_tumors(tables: Mapping[Omic, _Named], path: Path) -> bool:
    names = {name for named in tables.values() for name in named.table.index}
    barcodes = {name for name in names if is_barcode(name)}
    if barcodes and barcodes != names:
        raise BadFileError(
            path,
            f"mixes tumours such as {min(barcodes)!r} with lines such as {min(names - barcodes)!r}",
            "Import them one after the other, from a folder each",
        )
    return bool(barcodes)


def _cell_lines(tables: Mapping[Omic, _Named], models: Models, notes: Notes) -> Samples:
    omics: dict[Omic, OmicTable] = {}
    for omic, named in tables.items():
        table = models.with_ids(named.table, named.notes)
        omics[omic] = in_its_unit(table, omic, Source.CELL_LINE, named.source, named.notes_on_unit)
    obs = models.annotations(samples_in(omics), notes.about("cell lines"))
    return _samples(tables, omics, obs)


def _tumors(tables: Mapping[Omic, _Named], notes: Notes) -> Samples:
    notes = notes.about("tumors")
    hyphened = {
        omic: named.table.set_axis(pd.Index(with_hyphens(list(named.table.index), named.notes)))
        for omic, named in tables.items()
    }
    chosen = one_tumor_per_patient(hyphened, notes)
    omics = {
        omic: in_its_unit(
            chosen.tables[omic], omic, Source.TUMOR, named.source, named.notes_on_unit
        )
        for omic, named in tables.items()
    }
    obs = tumor_obs(samples_in(omics), pd.Series(dtype=object), chosen.barcodes, notes)
    return _samples(tables, omics, obs)


def _samples(
    tables: Mapping[Omic, _Named], omics: Mapping[Omic, OmicTable], obs: pd.DataFrame
) -> Samples:
    assembly = next((str(named.assembly) for named in tables.values() if named.assembly), None)
    return Samples.of_tables(omics, obs, assembly=assembly, release=RELEASE)


def _gene_effect(
    tables: Iterable[FoundTable],
    cell_lines: Samples | None,
    models: Models,
    options: ImportOptions,
    notes: Notes,
) -> GeneEffect | None:
    for table in tables:
        if table.content is Content.DEPENDENCY and table.rows is not None:
            of_table = notes.about(table.source.name)
            first = of_table.place()
            scores = by_feature(table.rows, table.source, options, of_table)
            named = models.with_ids(scores, first)
            lines = None if cell_lines is None else cell_lines.obs.index
            return gene_effect_of(named, table.source, models, lines, first)
    return None


def _check_genes_of_interest(tables: Iterable[FoundTable], notes: Notes) -> None:
    """Check a list of genes; no file of a cohort holds it."""
    for table in tables:
        if table.content is Content.GENES_OF_INTEREST:
            read = read_columns(table.source, lambda _: Choice([0], []))
            genes = checked_names(list(read.texts[GENE]), "row", table.source)
            what = (
                "of interest; no part of a cohort: name the file in prepare.gene_list, "
                "or give it to `deepdep predict --genes`"
            )
            notes.about(table.source.name).add(Count(len(genes), "gene", what))


def _content_of_values(source: Path) -> str:
    (table,) = find_tables(source, Notes())
    is_effect = table.content is Content.DEPENDENCY
    return GENE_EFFECT_CONTENT if is_effect else str(OMICS[table.content])


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

"""What a folder of tables for Prep4DeepDEP brings to a cohort."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples, Source
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.genome import Assembly
from deepdep.domain.notes import Noted, about, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, read_columns
from deepdep.io.names import checked_names
from deepdep.sources.barcodes import is_barcode, one_tumor_per_patient, with_hyphens
from deepdep.sources.cell_lines import (
    MODEL_TABLE,
    NO_MODELS,
    Models,
    cell_line_obs,
    read_models,
    with_model_ids,
)
from deepdep.sources.gene_effects import gene_effect_of
from deepdep.sources.options import ImportOptions
from deepdep.sources.prep4deepdep.tables import (
    GENE,
    Content,
    FoundTable,
    binned,
    by_feature,
    find_tables,
    in_its_unit,
)
from deepdep.sources.tables.folder import tumor_obs

RELEASE = "Prep4DeepDEP"

OMICS = {
    Content.MUTATION: Omic.MUTATION,
    Content.EXPRESSION: Omic.EXPRESSION,
    Content.METHYLATION: Omic.METHYLATION,
    Content.SEGMENTS: Omic.COPY_NUMBER,
}


@dataclass(frozen=True)
class _Named:
    """One omic (sample, feature), samples as the file names them."""

    table: pd.DataFrame
    source: Path
    notes: tuple[str, ...]
    assembly: Assembly | None


def read_prep4deepdep(path: Path, options: ImportOptions) -> Noted[CohortPart]:
    """Read a folder of tables, or one table; any subset of them will do.

    Samples named by TCGA barcodes are tumours, all others cell lines. A line is its own patient,
    of unknown lineage, unless a Model.csv in the folder knows it. Gene effects keep the names of
    their genes and lines.
    """
    found = find_tables(path)
    tables = {OMICS[t.content]: _named(t, options) for t in found.value if t.content in OMICS}
    tables = {omic: tables[omic] for omic in Omic if omic in tables}
    models = _models(path)
    cell_lines: Noted[Samples | None] = Noted(None)
    tumors: Noted[Samples | None] = Noted(None)
    if _are_tumors(tables, path):
        tumors = _tumors(tables)
    elif tables:
        cell_lines = _cell_lines(tables, models)
    gene_effect = _gene_effect(found.value, cell_lines.value, models, options)
    notes = (*found.notes, *cell_lines.notes, *tumors.notes, *gene_effect.notes)
    part = CohortPart(cell_lines.value, tumors.value, gene_effect.value)
    return Noted(part, (*notes, *_genes_of_interest(found.value)))


def _named(table: FoundTable, options: ImportOptions) -> _Named:
    if table.rows is None:
        segments = binned(table.source, options)
        return _Named(segments.value.table, table.source, segments.notes, segments.value.assembly)
    features = by_feature(table.rows, table.source, options)
    return _Named(features.value, table.source, features.notes, None)


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


def _cell_lines(tables: Mapping[Omic, _Named], models: Models) -> Noted[Samples]:
    omics: dict[Omic, OmicTable] = {}
    notes: list[str] = []
    for omic, named in tables.items():
        by_id = with_model_ids(named.table, models)
        known = in_its_unit(by_id.value, omic, Source.CELL_LINE, named.source)
        omics[omic] = known.value
        notes += about(named.source.name, (*known.notes, *named.notes, *by_id.notes))
    obs = cell_line_obs(_samples_of(omics), models)
    return Noted(_samples(tables, omics, obs.value), (*notes, *about("cell lines", obs.notes)))


def _tumors(tables: Mapping[Omic, _Named]) -> Noted[Samples]:
    hyphened = {omic: with_hyphens(list(named.table.index)) for omic, named in tables.items()}
    chosen = one_tumor_per_patient(
        {o: named.table.set_axis(pd.Index(hyphened[o].value)) for o, named in tables.items()}
    )
    omics: dict[Omic, OmicTable] = {}
    notes: list[str] = []
    for omic, named in tables.items():
        known = in_its_unit(chosen.value.tables[omic], omic, Source.TUMOR, named.source)
        omics[omic] = known.value
        notes += about(named.source.name, (*known.notes, *named.notes, *hyphened[omic].notes))
    obs = tumor_obs(_samples_of(omics), pd.Series(dtype=object), chosen.value.barcodes)
    notes += about("tumors", (*chosen.notes, *obs.notes))
    return Noted(_samples(tables, omics, obs.value), tuple(notes))


def _samples_of(omics: Mapping[Omic, OmicTable]) -> pd.Index:
    return pd.Index(sorted({name for known in omics.values() for name in known.table.index}))


def _samples(
    tables: Mapping[Omic, _Named], omics: Mapping[Omic, OmicTable], obs: pd.DataFrame
) -> Samples:
    assemblies = [named.assembly for named in tables.values() if named.assembly is not None]
    return Samples(
        omics={omic: known.table for omic, known in omics.items()},
        obs=obs,
        units={omic: known.unit for omic, known in omics.items()},
        assembly=str(assemblies[0]) if assemblies else None,
        release=RELEASE,
    )


def _gene_effect(
    tables: Iterable[FoundTable],
    cell_lines: Samples | None,
    models: Models,
    options: ImportOptions,
) -> Noted[GeneEffect | None]:
    for table in tables:
        if table.content is Content.DEPENDENCY and table.rows is not None:
            scores = by_feature(table.rows, table.source, options)
            named = with_model_ids(scores.value, models)
            lines = None if cell_lines is None else cell_lines.obs.index
            known = gene_effect_of(named, table.source, models, lines)
            return Noted(known.value, about(table.source.name, (*known.notes, *scores.notes)))
    return Noted(None)


def _genes_of_interest(tables: Iterable[FoundTable]) -> tuple[str, ...]:
    """Check a list of genes; no file of a cohort holds it."""
    notes: tuple[str, ...] = ()
    for table in tables:
        if table.content is Content.GENES_OF_INTEREST:
            read = read_columns(table.source, lambda _: Choice([0], []))
            genes = checked_names(list(read.texts[GENE]), "row", table.source)
            note = (
                f"{counted(len(genes), 'gene')} of interest; no part of a cohort: name the file "
                "in prepare.gene_list, or give it to `deepdep predict --genes`"
            )
            notes = about(table.source.name, (note,))
    return notes


def _models(path: Path) -> Models:
    source = path / MODEL_TABLE
    return read_models(source) if source.is_file() else NO_MODELS

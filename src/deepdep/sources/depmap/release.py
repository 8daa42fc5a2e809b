"""A release of DepMap: read into cell lines and gene effects, and what inspect says of a file."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples, Source, samples_in
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes, counted
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import header_of
from deepdep.io.tables import TABLE_SUFFIXES
from deepdep.sources.cell_lines import (
    MODEL_COLUMNS,
    MODEL_TABLE,
    NO_MODELS,
    Models,
    find_models,
    read_models,
)
from deepdep.sources.depmap.layout import (
    MODEL_ID,
    SYMBOL,
    TABLES,
    DepMapFiles,
    DepMapKind,
    depmap_layout,
    find_files,
    first_position,
    is_read,
    matrix_columns,
    table_named,
)
from deepdep.sources.depmap.tables import (
    CopyNumber,
    read_copy_number,
    read_gene_matrix,
    read_mutations,
)
from deepdep.sources.gene_effects import gene_effect_of
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import LINEAR_COPY_NUMBER, fitting_contents
from deepdep.sources.inspection.look import (
    Axes,
    look_at_matrix,
    look_at_mutations,
    look_at_samples,
    look_at_segments,
    read_matrix,
)
from deepdep.sources.segments import segment_layout
from deepdep.sources.source import (
    Accepted,
    Command,
    FileSource,
    Look,
    Recognised,
    Route,
)
from deepdep.sources.tables.describe import is_named_after_omic
from deepdep.sources.units import UNIT, Scale, in_unit, refuse_counts

RELEASE = re.compile(r"(?<!\d)(\d\dQ[1-4])(?!\d)", re.IGNORECASE)

README_BYTES = 1024  # the first line names the release

ORIGIN = "DepMap"

NO_GENE_EFFECT = (
    "import depmap leaves it out: a probability is no gene effect. Bring CRISPRGeneEffect.csv"
)

# Which table of a release a file of another name may be.
TABLE_OF_KIND = {
    DepMapKind.MUTATIONS: "mutations",
    DepMapKind.SEGMENTS: "segments",
    DepMapKind.MODELS: "models",
}
TABLE_OF_FIT = {
    "expression": "expression",
    "mutation": "damaging",
    "copy_number": "copy_number",
    LINEAR_COPY_NUMBER: "copy_number",
    "gene_effect": "gene_effect",
}


def read_depmap(folder: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read the files of a DepMap release, in either generation of names and layouts.

    Any of them may be absent. Gene effects are kept of lines of which an omic was measured or
    whose patient Model.csv knows; of all, where the folder has no omic.
    """
    of_tables = notes.place()
    return read_files(find_files(folder, notes), folder, options, of_tables)


def read_files(
    files: DepMapFiles, folder: Path, options: ImportOptions, notes: Notes
) -> CohortPart:
    """Read some files of the release in ``folder``."""
    if not files.of_omics and files.gene_effect is None:
        only = "but probabilities of dependency, " if files.dependency is not None else ""
        there = [path.name for path in sorted(folder.glob("[!.]*")) if path.is_file()]
        raise BadFileError(
            folder,
            f"has no table of a DepMap release {only}under a name that it has there, but "
            f"{shown(there)}",
            "Bring CRISPRGeneEffect.csv, "
            "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv or others",
        )
    named_release = _named_release(folder)
    release = _release(named_release, files.of_omics)
    notes.about(folder.resolve().name).add(release)
    if files.models is None:
        notes.add(f"there is no {MODEL_TABLE}")
    models = NO_MODELS if files.models is None else read_models(files.models)
    notes.about(MODEL_TABLE).count(len(models.obs), "cell line", "listed")
    expression = None
    if files.expression is not None:
        of_expression = notes.about(files.expression.name)
        first = of_expression.place()
        matrix = read_gene_matrix(files.expression, options.genes, of_expression)
        stated = options.units.of(Omic.EXPRESSION, Source.CELL_LINE)
        if stated is None:
            refuse_counts(matrix.to_numpy(np.float32), files.expression)
        unit = stated or DEFAULT_UNITS[Omic.EXPRESSION]
        expression = in_unit(matrix, unit, files.expression, first)
    mutations = read_mutations(files.mutations, files.mutation_matrices, options.genes, notes)
    copy_number = read_copy_number(files.copy_number, files.segments, named_release, options, notes)
    of_effect = notes.place()
    cell_lines = _cell_lines(expression, mutations, copy_number, models, release, notes)
    lines = None if cell_lines is None else cell_lines.obs.index
    gene_effect = _gene_effect(files, models, lines, options.genes, of_effect)
    return CohortPart(cell_lines=cell_lines, gene_effect=gene_effect)


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a file of DepMap; None for another."""
    table, layout = table_named(source), depmap_layout(header)
    of_segments = segment_layout(header)
    if of_segments is not None:
        if not of_segments.name.startswith(ORIGIN):
            return None
        table, layout = "segments", None
    elif is_named_after_omic(source) or (table is None and layout is None):
        return None
    if table is None and layout is not None:
        table = TABLE_OF_KIND.get(layout.kind)
    if table == "models":
        return _models(source, header)
    if table == "dependency":
        return Recognised(
            "depmap",
            ORIGIN,
            TABLES["dependency"].content,
            look=lambda: Look((look_at_matrix(source, _axes(header)),)),
            routes=lambda _: (),
            remarks=(NO_GENE_EFFECT,),
        )
    release = None
    if layout is not None and layout.generation is not None and table != "gene_effect":
        release = f"{ORIGIN}, layout {layout.generation}"
    return Recognised(
        "depmap",
        ORIGIN,
        None if table is None else TABLES[table].content,
        look=lambda: _look(source, header, table),
        routes=lambda look: tuple(
            _route(source, header, each)
            for each in (
                [table] if table else dict.fromkeys(TABLE_OF_FIT[fit] for fit in look.fits)
            )
        ),
        release=release,
    )


def accepted() -> list[Accepted]:
    """Say which files of a release are read, and what becomes of them."""
    becomes = {
        "expression": DEFAULT_UNITS[Omic.EXPRESSION],
        "mutation": "0/1: mutations that change a protein, from rows or from the matrices",
        "copy_number": f"{Scale.LINEAR} or {Scale.LOG2_PLUS_1} ratios to {UNIT.name}",
        "models": "patients, lineages, other names of lines",
        "gene_effect": "negative means dependent; a reversed sign is refused",
    }
    return [
        Accepted(
            table.content,
            [name for row in table.rows for name in row],
            becomes.get(table.content, ""),
            ["left out: a probability is no gene effect"] if key == "dependency" else (),
        )
        for key, table in TABLES.items()
    ]


DEPMAP = FileSource(
    "depmap",
    read=lambda request, *to: read_depmap(request.path, *to),
    by_header=recognise,
    takes=is_read,
    accepts=accepted,
)


def _cell_lines(
    expression: OmicTable | None,
    mutations: OmicTable | None,
    copy_number: CopyNumber | None,
    models: Models,
    release: str,
    notes: Notes,
) -> Samples | None:
    given = {
        Omic.MUTATION: mutations,
        Omic.EXPRESSION: expression,
        Omic.COPY_NUMBER: None if copy_number is None else copy_number.omic_table,
    }
    omics = {omic: table for omic, table in given.items() if table is not None}
    if not omics:
        notes.add("no omic: the cohort's cell lines are not brought")
        return None
    assembly = None if copy_number is None else copy_number.assembly
    return Samples.of_tables(
        omics,
        models.annotations(samples_in(omics), notes),
        assembly=str(assembly) if assembly else None,  # AnnData stores no enumeration
        release=release,
    )


def _gene_effect(
    files: DepMapFiles, models: Models, lines: pd.Index | None, genes: GeneTable, notes: Notes
) -> GeneEffect | None:
    source, of_effect = files.gene_effect, notes.place()
    if files.dependency is not None:
        notes.about(files.dependency.name).add("left out, a probability and no gene effect")
    if source is None:
        notes.add("there is no CRISPRGeneEffect.csv: no gene effect")
        return None
    of_effect = of_effect.about(source.name)
    matrix = read_gene_matrix(source, genes, of_effect)
    return gene_effect_of(matrix, source, models, lines, of_effect)


def _release(named: str | None, omic_files: Sequence[Path]) -> str:
    """Name what is known of the release: ``DepMap 24Q4, layout up to 25Q1``."""
    layouts = [depmap_layout(header_of(path)) for path in omic_files]
    generations = sorted(
        {f"layout {found.generation}" for found in layouts if found and found.generation}
    )
    return ", ".join([f"DepMap {named}" if named else "DepMap", *generations])


def _named_release(folder: Path) -> str | None:
    """Release that the folder's README, or its name, tells."""
    readmes = sorted(path for path in folder.glob("README*.txt") if path.is_file())
    texts = [path.read_bytes()[:README_BYTES].decode(errors="replace") for path in readmes]
    for text in (*texts, folder.resolve().name):
        found = RELEASE.search(text)
        if found:
            return found[1].upper()
    return None


def _look(source: Path, header: Sequence[str], table: str | None) -> Look:
    if table == "segments":
        return look_at_segments(source, header)
    if table == "mutations":
        model, gene = (first_position(header, names) or 0 for names in (MODEL_ID, SYMBOL))
        return look_at_mutations(source, header[model], header[gene])
    axes = _axes(header)
    if table is not None:
        return Look((look_at_matrix(source, axes),))
    matrix = read_matrix(source, axes)
    fits = fitting_contents(matrix.table, source, of_depmap=True)
    return Look((matrix.seen,), fits)


def _axes(header: Sequence[str]) -> Axes:
    columns = matrix_columns(header)
    label = columns.model_id or 0
    return Axes(label, [i for i in columns.genes if i != label], features_in_rows=False)


def _route(source: Path, header: Sequence[str], table: str) -> Route:
    is_named = table_named(source) is not None
    is_default = matrix_columns(header).is_default
    says = [] if is_default is None else [f"keeps the rows with {header[is_default]}"]
    if not is_named:
        ending = "".join(source.suffixes) if source.name.endswith(TABLE_SUFFIXES) else ".csv"
        names = " or ".join(f"{name}{ending}" for name in TABLES[table].names[0])
        says = [f"under the name {names}", *says]
    if table == "segments":
        says.append("averaged over bins; read where there is no table by gene, or with --bin-width")
    if table == "gene_effect":
        says.append("keeps the lines of which the folder has an omic")
    command = Command("depmap", source.parent if is_named else "FOLDER")
    return Route(
        command,
        read=lambda *to: _read(source, table, *to),
        says=tuple(says),
        subject=source.name,
        alone=True,
    )


def _read(source: Path, table: str, options: ImportOptions, notes: Notes) -> CohortPart:
    beside = DepMapFiles(models=find_models(source.parent))
    return read_files(replace(beside, **{table: source}), source.parent, options, notes)


def _models(source: Path, header: Sequence[str]) -> Recognised:
    model_id = next((name for name in MODEL_COLUMNS["ModelID"] if name in header), "ModelID")

    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        obs = read_models(source).obs
        patients = counted(obs["patient_id"].nunique(), "patient")
        lineages = counted(obs["lineage"].nunique(), "lineage")
        notes.add(f"{counted(len(obs), 'cell line')} of {patients}, {lineages}")
        return CohortPart()

    says = (f"tells patient, lineage and other names of the lines, as {MODEL_TABLE} in the folder",)
    routes = (
        Route(Command("depmap", source.parent), read, says),
        Route(Command("tables", "FOLDER"), read, (f"as FOLDER/cell_lines/{source.name}",)),
    )
    return Recognised(
        "depmap",
        ORIGIN,
        "models",
        look=lambda: look_at_samples(source, model_id, "one cell line per row"),
        routes=lambda _: routes,
    )

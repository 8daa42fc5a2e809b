"""Files of a DepMap release: known by their names, or by their columns under another name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes, counted
from deepdep.sources.cell_lines import MODEL_TABLE, read_models
from deepdep.sources.depmap.layout import (
    TABLES,
    DepMapFiles,
    DepMapKind,
    DepMapLayout,
    depmap_layout,
    matrix_columns,
    table_named,
)
from deepdep.sources.depmap.release import read_depmap, read_files
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
    Command,
    FileSource,
    Look,
    Recognised,
    Route,
)
from deepdep.sources.tables.describe import is_named_after_omic

ORIGIN = "DepMap"

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


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a file of DepMap; None for another."""
    of_segments = segment_layout(header)
    if of_segments is not None:
        return _segments(source, header) if of_segments.name.startswith(ORIGIN) else None
    if is_named_after_omic(source):
        return None
    named, layout = table_named(source), depmap_layout(header)
    if named is None and layout is None:
        return None
    table = named or (TABLE_OF_KIND.get(layout.kind) if layout else None)
    if table == "models":
        return _models(source)
    if table == "dependency":
        return _dependency(source, header)
    return Recognised(
        "depmap",
        ORIGIN,
        None if table is None else TABLES[table].content,
        look=lambda: _look(source, header, table),
        routes=lambda look: _routes(source, header, table, look),
        release=_release(layout, table),
    )


DEPMAP = FileSource(
    "depmap",
    read=lambda request, *to: read_depmap(request.path, *to),
    by_header=recognise,
    takes=lambda file, folder: file.parent == folder and table_named(file) is not None,
)


def _segments(source: Path, header: Sequence[str]) -> Recognised:
    """Segments in a layout of DepMap's, under any name."""
    return Recognised(
        "depmap",
        ORIGIN,
        TABLES["segments"].content,
        look=lambda: look_at_segments(source, header),
        routes=lambda look: _routes(source, header, "segments", look),
    )


def _release(layout: DepMapLayout | None, table: str | None) -> str | None:
    known = layout is not None and layout.generation is not None and table != "gene_effect"
    return f"{ORIGIN}, layout {layout.generation}" if known and layout else None


def _look(source: Path, header: Sequence[str], table: str | None) -> Look:
    if table == "segments":
        return look_at_segments(source, header)
    if table == "mutations":
        return look_at_mutations(source, "ModelID", "HugoSymbol")
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


def _routes(
    source: Path, header: Sequence[str], table: str | None, look: Look
) -> tuple[Route, ...]:
    tables = [table] if table else list(dict.fromkeys(TABLE_OF_FIT[fit] for fit in look.fits))
    return tuple(_route(source, header, each) for each in tables)


def _route(source: Path, header: Sequence[str], table: str) -> Route:
    is_named = table_named(source) is not None
    is_default = matrix_columns(header).is_default
    says = [] if is_default is None else [f"keeps the rows with {header[is_default]}"]
    if not is_named:
        names = " or ".join(f"{name}.csv" for name in TABLES[table].names[0])
        says = [f"under the name {names}", *says]
    if table == "segments":
        says.append("averaged over bins; read where there is no table by gene, or with --bin-width")
    if table == "gene_effect":
        says.append("keeps the lines of which the folder has an omic")
    command = Command("depmap", source.parent if is_named else "FOLDER")
    return Route(command, lambda *to: _read(source, table, *to), tuple(says))


def _read(source: Path, table: str, options: ImportOptions, notes: Notes) -> CohortPart:
    models = source.parent / MODEL_TABLE
    beside = DepMapFiles(models=models if models.is_file() else None)
    of_folder = Notes()
    part = read_files(replace(beside, **{table: source}), source.parent, options, of_folder)
    own = (note for note in of_folder if note.subject[:1] == (source.name,))
    notes.extend(note.without(source.name) for note in own)
    return part


def _models(source: Path) -> Recognised:
    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        obs = read_models(source).obs
        patients = counted(obs["patient_id"].nunique(), "patient")
        lineages = counted(obs["lineage"].nunique(), "lineage")
        notes.add(f"{counted(len(obs), 'cell line')} of {patients}, {lineages}")
        return CohortPart()

    says = (f"tells patient, lineage and other names of the lines, as {MODEL_TABLE} in the folder",)
    routes = (
        Route(Command("depmap", source.parent), read, says),
        Route(Command("tables", "FOLDER"), read, ("as FOLDER/cell_lines/Model.csv",)),
    )
    return Recognised(
        "depmap",
        ORIGIN,
        "models",
        look=lambda: look_at_samples(source, "ModelID", "one cell line per row"),
        routes=lambda _: routes,
    )


def _dependency(source: Path, header: Sequence[str]) -> Recognised:
    return Recognised(
        "depmap",
        ORIGIN,
        TABLES["dependency"].content,
        look=lambda: Look((look_at_matrix(source, _axes(header)),)),
        routes=lambda _: (),
        remarks=(
            "import depmap leaves it out: a probability is no gene effect. "
            "Bring CRISPRGeneEffect.csv",
        ),
    )

"""Files of a DepMap release: known by their names, or by their columns under another name."""

import shlex
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes, counted
from deepdep.sources.cell_lines import MODEL_TABLE, read_models
from deepdep.sources.depmap import layout as files
from deepdep.sources.depmap.layout import (
    DepMapKind,
    DepMapLayout,
    depmap_layout,
    files_among,
    matrix_columns,
)
from deepdep.sources.depmap.release import read_files
from deepdep.sources.inspection.look import Axes, look_at_matrix, read_matrix
from deepdep.sources.inspection.routes import (
    Look,
    Recognised,
    Route,
    look_at_mutations,
    look_at_samples,
    look_at_segments,
)
from deepdep.sources.inspection.values import LINEAR_COPY_NUMBER, fitting_contents
from deepdep.sources.options import ImportOptions

SOURCE = "DepMap"

# What the fields of DepMapFiles hold.
CONTENTS = {
    "expression": "expression",
    "mutations": "mutation",
    "mutation_matrices": "mutation",
    "copy_number": "copy_number",
    "segments": "copy_number",
    "gene_effect": "gene_effect",
    "dependency": "probabilities of dependency",
    "models": "models",
}

# Which field reads a table of another name.
FIELD_OF_KIND = {
    DepMapKind.MUTATIONS: "mutations",
    DepMapKind.SEGMENTS: "segments",
    DepMapKind.MODELS: "models",
}
FIELD_OF_FIT = {
    "expression": "expression",
    "mutation": "mutation_matrices",
    "copy_number": "copy_number",
    LINEAR_COPY_NUMBER: "copy_number",
    "gene_effect": "gene_effect",
}
NAMES = {
    "expression": files.EXPRESSION,
    "mutations": files.MUTATIONS,
    "mutation_matrices": files.DAMAGING,
    "copy_number": files.COPY_NUMBER,
    "segments": files.SEGMENTS,
    "gene_effect": files.GENE_EFFECT,
}


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a file of DepMap; None for another."""
    named, layout = _field_named(source), depmap_layout(header)
    if named is None and layout is None:
        return None
    field = named or (FIELD_OF_KIND.get(layout.kind) if layout else None)
    if field == "models":
        return _models(source)
    if field == "dependency":
        return _dependency(source, header)
    return Recognised(
        "depmap",
        SOURCE,
        CONTENTS.get(field or ""),
        look=lambda: _look(source, header, field),
        routes=lambda look: _routes(source, header, named, field, look),
        release=_release(layout, field),
    )


def segments(source: Path, header: Sequence[str]) -> Recognised:
    """Segments in a layout of DepMap's, under any name."""
    return Recognised(
        "depmap",
        SOURCE,
        CONTENTS["segments"],
        look=lambda: look_at_segments(source, header),
        routes=lambda look: _routes(source, header, _field_named(source), "segments", look),
    )


def is_named(source: Path) -> bool:
    """Whether the name of a file is one that import looks for."""
    return _field_named(source) is not None


def _field_named(source: Path) -> str | None:
    found = files_among([source], Notes())
    return next((field.name for field in fields(found) if getattr(found, field.name)), None)


def _release(layout: DepMapLayout | None, field: str | None) -> str | None:
    known = layout is not None and layout.generation is not None and field != "gene_effect"
    return f"{SOURCE}, layout {layout.generation}" if known and layout else None


def _look(source: Path, header: Sequence[str], field: str | None) -> Look:
    if field == "segments":
        return look_at_segments(source, header)
    if field == "mutations":
        return look_at_mutations(source, "ModelID", "HugoSymbol")
    axes = _axes(header)
    if field is not None:
        return Look((look_at_matrix(source, axes),))
    matrix = read_matrix(source, axes)
    fits = fitting_contents(matrix.table, source, of_depmap=True)
    return Look((matrix.seen,), fits)


def _axes(header: Sequence[str]) -> Axes:
    columns = matrix_columns(header)
    label = columns.model_id or 0
    return Axes(label, [i for i in columns.genes if i != label], features_in_rows=False)


def _routes(
    source: Path, header: Sequence[str], named: str | None, field: str | None, look: Look
) -> tuple[Route, ...]:
    known = [field] if field else list(dict.fromkeys(FIELD_OF_FIT[fit] for fit in look.fits))
    return tuple(_route(source, header, field, named=named is not None) for field in known)


def _route(source: Path, header: Sequence[str], field: str, *, named: bool) -> Route:
    is_default = matrix_columns(header).is_default
    says = [] if is_default is None else [f"keeps the rows with {header[is_default]}"]
    if not named:
        names = " or ".join(f"{name}.csv" for name in NAMES[field][0])
        says = [f"under the name {names}", *says]
    if field == "segments":
        says.append("averaged over bins; read where there is no table by gene, or with --bin-width")
    if field == "gene_effect":
        says.append("keeps the lines of which the folder has an omic")
    command = _command(source if named else None)
    return Route(command, lambda *to: _read(source, field, *to), tuple(says))


def _command(source: Path | None) -> str:
    folder = "FOLDER" if source is None else shlex.quote(str(source.parent))
    return f"deepdep import depmap {folder} --to DATA"


def _read(source: Path, field: str, options: ImportOptions, notes: Notes) -> CohortPart:
    models = source.parent / MODEL_TABLE
    beside = files_among([models] if models.is_file() else [], Notes())
    value: Any = (source,) if field == "mutation_matrices" else source
    of_folder = Notes()
    part = read_files(replace(beside, **{field: value}), source.parent, options, of_folder)
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
        Route(_command(source), read, says),
        Route("deepdep import tables FOLDER --to DATA", read, ("as FOLDER/cell_lines/Model.csv",)),
    )
    return Recognised(
        "depmap",
        SOURCE,
        "models",
        look=lambda: look_at_samples(source, "ModelID", "one cell line per row"),
        routes=lambda _: routes,
    )


def _dependency(source: Path, header: Sequence[str]) -> Recognised:
    return Recognised(
        "depmap",
        SOURCE,
        CONTENTS["dependency"],
        look=lambda: Look((look_at_matrix(source, _axes(header)),)),
        routes=lambda _: (),
        remarks=(
            "import depmap leaves it out: a probability is no gene effect. "
            "Bring CRISPRGeneEffect.csv",
        ),
    )

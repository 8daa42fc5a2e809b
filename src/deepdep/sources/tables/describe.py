"""Plain tables, delimited or Parquet, as ``import tables`` reads them from their folders."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from deepdep.domain.cohort import CohortPart, Source
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic, table_omic
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import header_of
from deepdep.io.tables import (
    TABLE_SUFFIXES,
    is_annotation,
    read_descriptions,
    read_table,
    table_stem,
    without_annotations,
)
from deepdep.io.text import refuse_impostor
from deepdep.sources.barcodes import is_tumor
from deepdep.sources.cell_lines import MODEL_TABLES, NO_MODELS, find_models, read_models
from deepdep.sources.gene_effects import read_gene_effect_table
from deepdep.sources.importing import ImportOptions, ImportRequest
from deepdep.sources.inspection.contents import are_in_rows, fitting_contents, sample_names
from deepdep.sources.inspection.found import (
    GENE_EFFECT_CONTENT,
    GENE_SETS_CONTENT,
    SeenTable,
    TableFacts,
)
from deepdep.sources.inspection.look import (
    Axes,
    Matrix,
    look_at_matrix,
    read_matrix,
    seen_by_header,
)
from deepdep.sources.source import Accepted, Command, FileSource, Look, Recognised, Route, one_line
from deepdep.sources.tables.read import DESCRIPTIONS, OmicTables, import_tables

INDEX = "__index_level_"  # how pandas names an index in a Parquet file

PLACES = {"cell_lines": Source.CELL_LINE, "tumors": Source.TUMOR}

TRANSPOSED = (
    "features are in rows: import tables takes rows for samples, so transpose it; import "
    "prep4deepdep reads features in rows, where the first column is named Gene or Probe"
)


DESCRIPTION_CONTENT, ONE_PER_ROW = "descriptions of samples", "one sample per row"
NO_FIT = "its values are of no omic and no gene effects that import reads"
NOT_RECOGNISED = "import knows neither its name nor its columns"


@dataclass(frozen=True)
class _Place:
    """Where a table stands in a folder of tables, or should; None where nothing tells.

    Attributes
    ----------
    content
        An omic, a supplement or ``gene_effect``.
    samples
        Told by the folder.
    """

    content: str | None
    samples: Source | None

    @classmethod
    def of(cls, source: Path) -> Self:
        """Tell by the folder and the name of a file."""
        folder, stem = source.absolute().parent.name, source.name.split(".")[0]
        if not source.name.endswith(TABLE_SUFFIXES):
            return cls(None, None)
        if folder == GENE_EFFECT_CONTENT:
            return cls(GENE_EFFECT_CONTENT, None)
        samples = PLACES.get(folder)
        # Elsewhere, expression_breast.csv need not be meant as a supplement.
        is_table = stem in list(Omic) if samples is None else table_omic(stem) is not None
        return cls(stem if is_table else None, samples)


def by_name(source: Path) -> Recognised | None:
    """Tell a table that stands where import looks for it; None for another."""
    place = _Place.of(source)
    if place.samples is not None and table_stem(source) in DESCRIPTIONS:
        return _description(source)
    in_folder = place.samples is not None or place.content == GENE_EFFECT_CONTENT
    if not in_folder or place.content is None:
        return None
    refuse_impostor(source)
    return _plain(source)


def by_header(source: Path, header: Sequence[str]) -> Recognised | None:
    """Take a file of several columns, which is none of another source, for a plain table."""
    return _plain(source) if len(header) > 1 else None


def is_named_after_omic(source: Path) -> bool:
    """Whether the name of a file is that of an omic."""
    return _Place.of(source).content is not None


def takes(file: Path, folder: Path) -> bool:
    """Whether a table of an omic is in one of the folders that import looks into."""
    is_placed = file.parent.parent == folder and file.parent.name in PLACES
    return is_placed and (is_named_after_omic(file) or table_stem(file) in DESCRIPTIONS)


def gene_effects_of(folder: Path) -> tuple[str, ...]:
    """Name the tables of gene effects, of which a user may choose one."""
    files = sorted((folder / GENE_EFFECT_CONTENT).glob("[!.]*"))
    names = [shlex.quote(file.name.split(".")[0]) for file in files if file.is_file()]
    return (f"with --gene-effect {' or '.join(names)}",) if names else ()


def read(request: ImportRequest, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read the folder that was asked for."""
    return import_tables(request.path, request.gene_effect, notes, options.genes, options.units)


def accepted() -> list[Accepted]:
    """Say where tables are looked for."""
    main = [f"{folder}/{omic}.*" for folder in PLACES for omic in Omic]
    return [
        Accepted("an omic", main, "the unit that values tell, see below"),
        Accepted("a supplement", [f"{folder}/<omic>_<assay>.*" for folder in PLACES], "likewise"),
        Accepted(
            DESCRIPTION_CONTENT,
            [f"{folder}/{name}.*" for folder in PLACES for name in DESCRIPTIONS],
            "columns of obs: numbers, or text",
        ),
        Accepted("models", [f"cell_lines/{name}.*" for name in MODEL_TABLES], "patients, lineages"),
        Accepted(GENE_EFFECT_CONTENT, ["gene_effect/NAME.*"], "classes: the sign is reversed"),
        Accepted(GENE_SETS_CONTENT, ["gene_sets/*.gmt"]),
    ]


TABLES = FileSource("tables", read, by_name, by_header, takes, gene_effects_of, accepts=accepted)


def _plain(source: Path) -> Recognised:
    place = _Place.of(source)
    return Recognised(
        "tables",
        None,
        place.content,
        look=lambda: _look(source, place.content),
        routes=lambda look: tuple(
            _route(source, content, place)
            for content in ((place.content,) if place.content else look.fits)
        ),
    )


def _description(source: Path) -> Recognised:
    def look() -> Look:
        table = read_descriptions(source)
        names, n_columns = sample_names(list(table.index)), table.shape[1] + 1
        return Look((SeenTable(TableFacts(None, ONE_PER_ROW, len(table), n_columns, names)),))

    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        notes.add(f"columns of obs: {shown(list(read_descriptions(source).columns))}")
        return CohortPart()

    says = ("its columns become those of obs, of the samples that other tables have",)
    route = Route(Command("tables", source.absolute().parent.parent), read, says)
    return Recognised("tables", None, DESCRIPTION_CONTENT, look=look, routes=lambda _: (route,))


def _look(source: Path, content: str | None) -> Look:
    try:
        matrix = _read_matrix(source)
    except BadFileError as error:
        is_parquet = source.suffix == ".parquet"
        seen = _schema(source) if is_parquet else look_at_matrix(source, _axes(header_of(source)))
        unknown = (NOT_RECOGNISED,) if content is None else ()
        return Look((seen,), problem=one_line(error), remarks=unknown)
    fits = () if content is not None else fitting_contents(matrix.table, source)
    remarks = [TRANSPOSED] if matrix.features_in_rows else []
    if content is None and not fits:
        remarks.append(NO_FIT)
    return Look((matrix.seen,), fits, remarks=tuple(remarks))


def _axes(header: Sequence[str]) -> Axes:
    numbers = [i for i, name in enumerate(header) if i and not is_annotation(name.strip())]
    return Axes(0, numbers, features_in_rows=False)


def _read_matrix(source: Path) -> Matrix:
    if source.suffix != ".parquet":
        return read_matrix(source, _axes(header_of(source)))
    table = without_annotations(read_table(source))
    rows, columns = list(table.index), list(table.columns)
    in_rows = bool(are_in_rows(rows, columns))
    return Matrix(rows, columns, table.to_numpy(np.float32), in_rows)


def _schema(source: Path) -> SeenTable:
    """Describe a Parquet file whose table import would not read."""
    try:
        stored = pyarrow.parquet.read_metadata(source)
    except (pa.ArrowException, OSError) as error:
        problem = "is not a complete Parquet file"
        raise BadFileError(source, problem, "Bring it again") from error
    names = [name for name in stored.schema.names if not name.startswith(INDEX)]
    return seen_by_header(names, stored.num_rows)


def _route(source: Path, content: str, place: _Place) -> Route:
    is_effect = content == GENE_EFFECT_CONTENT
    stem = source.name.split(".")[0]
    options = {"--gene-effect": stem} if is_effect else {}
    in_place = place.content is not None and (is_effect or place.samples is not None)
    whole = source if source.parent.name else source.absolute()
    command = Command("tables", whole.parent.parent if in_place else "FOLDER", options)

    read = partial(_read, source, content, place.samples)
    if is_effect:
        where = f"FOLDER/gene_effect/{source.name}"
    else:
        suffix = next((s for s in TABLE_SUFFIXES if source.name.endswith(s)), ".csv")
        folders = [folder for folder, of in PLACES.items() if place.samples in (of, None)]
        where = " or ".join(f"FOLDER/{folder}/{content}{suffix}" for folder in folders)
    says = () if in_place else (f"once it is {where}",)
    folder = GENE_EFFECT_CONTENT if is_effect else source.parent.name
    return Route(command, read, says, subject=f"{folder}/{source.name}")


def _read(
    source: Path, content: str, samples: Source | None, options: ImportOptions, notes: Notes
) -> CohortPart:
    folder = source.absolute().parent
    found = find_models(folder) or find_models(folder.parent / "cell_lines")
    models = NO_MODELS if found is None else read_models(found)
    if content == GENE_EFFECT_CONTENT:
        effect = read_gene_effect_table(source, models, None, notes, options.genes)
        return CohortPart(gene_effect=effect)
    given = OmicTables.read({content: source}, source.parent, notes, options.genes, options.units)
    names = given.tables[content].index
    if samples is Source.TUMOR or (samples is None and any(map(is_tumor, names))):
        return CohortPart(tumors=given.tumors(notes))
    return CohortPart(cell_lines=given.cell_lines(models, notes))

"""What a file or a folder is, told by its place, name and header, and the imports that take it."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from deepdep.domain.cohort import COHORT_FILES
from deepdep.domain.notes import Notes, counted
from deepdep.domain.omics import table_omic
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.columns import header_of
from deepdep.io.files import require_path
from deepdep.io.text import refuse_impostor, rows_of
from deepdep.sources import lists as of_lists
from deepdep.sources.anndata import describe as of_containers
from deepdep.sources.anndata.read import SUFFIXES as CONTAINERS
from deepdep.sources.barcodes import is_barcode
from deepdep.sources.depmap import describe as of_depmap
from deepdep.sources.depmap.layout import find_files
from deepdep.sources.inspection.found import FileFound, Inspection, Plan, TableFacts
from deepdep.sources.inspection.look import SeenTable
from deepdep.sources.inspection.references import (
    InspectOptions,
    References,
    known_genes,
    read_references,
    wanted_features,
)
from deepdep.sources.inspection.routes import (
    Look,
    Recognised,
    Tried,
    brought,
    one_line,
    try_route,
    unit_in_file,
)
from deepdep.sources.lists import LISTS
from deepdep.sources.prep4deepdep import describe as of_prep4deepdep
from deepdep.sources.segments import SegmentLayout, segment_columns, segment_layout
from deepdep.sources.tables import describe as of_tables
from deepdep.sources.tcga import describe as of_tcga
from deepdep.sources.tcga.layouts import COMMENT, NOT_TABLES

# Layouts whose files name no sample, but for the sample sheet beside them.
WITH_SAMPLE_SHEET = "GDC"


def recognise(source: Path) -> Recognised:
    """Tell what a file is; BadFileError for one that holds no text, or that cannot be opened."""
    container = of_containers.recognise(source) or of_lists.recognise_gene_sets(source)
    if container is not None:
        return container
    refuse_impostor(source)
    placed = of_tables.recognise_placed(source)
    if placed is not None:
        return placed
    if source.suffix == ".parquet":
        return of_tables.recognise(source)
    return _by_header(source, header_of(source, COMMENT))


def _by_header(source: Path, header: Sequence[str]) -> Recognised:
    layout = segment_layout(header)
    if layout is not None:
        return _segments(source, header, layout)
    depmap = None if of_tables.is_named(source) else of_depmap.recognise(source, header)
    known = (
        of_lists.recognise(source, header)
        or depmap
        or of_tcga.recognise(source, header)
        or of_prep4deepdep.recognise(source, header)
    )
    if known is not None:
        return known
    return of_tables.recognise(source) if len(header) > 1 else of_lists.text_of_one_column(source)


def _segments(source: Path, header: Sequence[str], layout: SegmentLayout) -> Recognised:
    if layout.name.startswith(of_depmap.SOURCE):
        return of_depmap.segments(source, header)
    if layout.name == of_prep4deepdep.SOURCE:
        return of_prep4deepdep.segments(source, header)
    if layout.name == WITH_SAMPLE_SHEET or _is_of_tumors(source, header, layout):
        return of_tcga.segments(source, header, layout.name)
    return of_prep4deepdep.segments(source, header)


def _is_of_tumors(source: Path, header: Sequence[str], layout: SegmentLayout) -> bool:
    """Whether the sample of the first row has a barcode."""
    columns = segment_columns(header, layout)
    first = next(islice(rows_of(source, COMMENT), 1, None), None)
    return bool(columns and first and is_barcode(first.fields[columns.sample].strip()))


FOLDER, COHORT = "folder", "cohort"
NO_TABLE = "no table"
OF_VALUES = "its values tell which omic"

OF_NO_SAMPLE = ("models", "genes of interest")
IN_SUBFOLDERS = ("tcga",)  # importers that look there; `tables` has subfolders of its own


def inspect_folder(folder: Path) -> Inspection:
    """Summarise the files of a folder and its subfolders; hidden ones are left out."""
    paths = [path for path in _below(folder) if path.is_file()]
    found = {path: _found(path, folder) for path in paths}
    is_cohort = any((folder / name).exists() for name in COHORT_FILES)
    remarks = ("deepdep validate checks it, and the pipeline starts from it",) if is_cohort else ()
    return Inspection(
        file=str(folder),
        source=None,
        release=None,
        content=COHORT if is_cohort else FOLDER,
        tables=(),
        plans=() if is_cohort else tuple(_plans(folder, found)),
        remarks=remarks,
        problems=tuple(_problems(folder, found.values())),
        files=tuple(found.values()),
    )


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _found(path: Path, folder: Path) -> FileFound:
    name = str(path.relative_to(folder))
    is_binary_table = path.suffix in (*CONTAINERS, ".parquet")
    if NOT_TABLES.match(path.name) and not is_binary_table:
        return FileFound(name, None, None, NO_TABLE, None)
    try:
        known = recognise(path)
    except DeepDEPError as error:
        return FileFound(name, None, None, NO_TABLE, one_line(error))
    return FileFound(name, known.importer, known.source, known.content or OF_VALUES, None)


def _plans(folder: Path, found: dict[Path, FileFound]) -> Iterator[Plan]:
    path = shlex.quote(str(folder))
    for importer in ("depmap", "tcga", "prep4deepdep", "tables", "anndata"):
        files = [file for file in found if _is_for(file, found[file], importer, folder)]
        if files:
            command = f"deepdep import {importer} {path} --to DATA"
            names = shown([str(file.relative_to(folder)) for file in files])
            says = [f"takes {counted(len(files), 'file')}: {names}"]
            if importer == "tables":
                says += _gene_effects(folder, found)
            yield Plan(command, True, (), tuple(says))
    for file, what in found.items():
        if what.importer == "gmt" and file.parent == folder:
            yield Plan(f"deepdep import gmt {shlex.quote(str(file))} --to DATA", True, (), ())
    n_lists = sum(what.source == LISTS for what in found.values())
    if n_lists:
        command = f"deepdep import SOURCE PATH --feature-lists {path} --to DATA"
        yield Plan(command, True, (), (f"takes {counted(n_lists, 'feature list')}",))


def _is_for(file: Path, what: FileFound, importer: str, folder: Path) -> bool:
    """Whether an importer that is given the folder reads the file for what it brings."""
    if what.importer != importer or what.content in OF_NO_SAMPLE:
        return False
    if importer == "tables":
        of_samples = file.parent.name in ("cell_lines", "tumors")
        is_table = table_omic(what.content) is not None
        return file.parent.parent == folder and of_samples and is_table
    if importer == "depmap" and not of_depmap.is_named(file):
        return False
    return importer in IN_SUBFOLDERS or file.parent == folder


def _gene_effects(folder: Path, found: dict[Path, FileFound]) -> list[str]:
    names = [file.name.split(".")[0] for file in found if file.parent == folder / "gene_effect"]
    return [f"with --gene-effect {' or '.join(map(shlex.quote, names))}"] if names else []


def _problems(folder: Path, found: Iterable[FileFound]) -> Sequence[str]:
    problems = [file.problem for file in found if file.problem is not None]
    try:
        find_files(folder, Notes())  # two of a kind
    except DeepDEPError as error:
        problems.append(one_line(error))
    return problems


UNKNOWN = "not known"
NO_FIT = "its values are of no omic and no gene effects that import reads"
STRANGE = "import knows neither its name nor its columns"


def inspect_file(path: Path, options: InspectOptions) -> Inspection:
    """Tell what a file, or a folder, is and what import would do with it.

    A file is read as it is, and then as each command would that takes it: what they say of it,
    plans and problems, are their own words. A BadFileError is raised only where nothing can be
    said: no such file, a web page, a damaged gzip file.
    """
    require_path(path)
    if path.is_dir():
        return inspect_folder(path)
    references = read_references(options)
    known = recognise(path)
    look = known.look()
    tried = [try_route(route, references) for route in known.routes(look)]
    taken = _taken(tried)
    return Inspection(
        file=str(path),
        source=known.source,
        release=_release(known, taken),
        content=_content(known, look, taken),
        tables=tuple(_completed(seen, taken, references, path) for seen in look.tables),
        plans=tuple(attempt.plan for attempt in taken),
        remarks=_remarks(known, look),
        problems=_problems_of_file(look, taken),
    )


def _taken(tried: Sequence[Tried]) -> list[Tried]:
    """Leave out commands that refuse the file where another takes it."""
    willing = [attempt for attempt in tried if attempt.problem is None]
    return willing or list(tried)


def _release(known: Recognised, taken: Sequence[Tried]) -> str | None:
    """Take what import will store of it, where that says more than the header did."""
    samples = [attempt.part.cell_lines or attempt.part.tumors for attempt in taken]
    stored = next((of.release for of in samples if of is not None and of.release), None)
    says_more = stored is not None and stored.startswith(known.source or "")
    return stored if says_more else known.release or stored


def _content(known: Recognised, look: Look, taken: Sequence[Tried]) -> str:
    if known.content is not None:
        return known.content
    read = [brings.content for attempt in taken for brings in brought(attempt.part)]
    return " or ".join(dict.fromkeys(read or look.fits)) or _told(known)


def _told(known: Recognised) -> str:
    try:
        return UNKNOWN if known.told is None else known.told()
    except BadFileError:
        return UNKNOWN


def _remarks(known: Recognised, look: Look) -> tuple[str, ...]:
    no_fit = known.content is None and known.importer == "tables" and not look.fits
    more = (NO_FIT if look.problem is None else STRANGE,) if no_fit else ()
    return (*known.remarks, *look.remarks, *more)


def _problems_of_file(look: Look, taken: Sequence[Tried]) -> tuple[str, ...]:
    said = [attempt.problem for attempt in taken if attempt.problem is not None]
    alone = [look.problem] if look.problem is not None and not taken else []
    return tuple(dict.fromkeys([*said, *alone]))


def _completed(
    seen: SeenTable, taken: Sequence[Tried], references: References, path: Path
) -> TableFacts:
    """Add to what was seen of a table what the first command that takes it tells."""
    facts = seen.facts
    matched = known_genes(seen, references, path)
    if not taken:
        return replace(facts, matched=matched)
    part, read = taken[0].part, brought(taken[0].part)
    content = facts.name or next((brings.content for brings in read), None)
    of_table = [brings for brings in read if brings.content == content]
    assemblies = [brings.assembly for brings in of_table if brings.assembly]
    one_reading = facts.values is not None and len(taken) == 1
    told = unit_in_file(of_table, taken[0].notes) if one_reading else None
    return replace(
        facts,
        unit=facts.unit or told,
        assembly=assemblies[0] if assemblies else facts.assembly,
        matched=(*matched, *wanted_features(part, content, references)),
    )

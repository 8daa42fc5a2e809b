"""What is in a folder, told by names and headers only, and which imports take it."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deepdep.domain.errors import DeepDEPError, shown
from deepdep.domain.omics import table_omic
from deepdep.io.cohort import files_of_cohort
from deepdep.io.inspection import of_depmap
from deepdep.io.inspection.inspection import FileFound, Inspection, Plan
from deepdep.io.inspection.of_lists import LISTS
from deepdep.io.inspection.recognise import recognise
from deepdep.io.inspection.routes import one_line
from deepdep.io.noted import counted
from deepdep.io.sources.containers import SUFFIXES as CONTAINERS
from deepdep.io.sources.depmap.files import find_files
from deepdep.io.sources.tcga.names import NOT_TABLES

FOLDER, COHORT = "folder", "cohort"
NO_TABLE = "no table"
OF_VALUES = "its values tell which omic"

OF_NO_SAMPLE = ("models", "genes of interest")
IN_SUBFOLDERS = ("tcga",)  # importers that look there; `tables` has subfolders of its own


def inspect_folder(folder: Path) -> Inspection:
    """Summarise the files of a folder and its subfolders; hidden ones are left out."""
    paths = [path for path in _below(folder) if path.is_file()]
    found = {path: _found(path, folder) for path in paths}
    is_cohort = bool(files_of_cohort(folder))
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
        find_files(folder)  # two of a kind
    except DeepDEPError as error:
        problems.append(one_line(error))
    return problems

"""Tumours from any files of TCGA: one file, or a folder of them, each told by its columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples, Source, samples_in
from deepdep.domain.notes import Count, Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import header_of
from deepdep.io.files import require_path
from deepdep.sources.barcodes import one_tumor_per_patient
from deepdep.sources.importing import ImportOptions
from deepdep.sources.tables.read import tumor_obs
from deepdep.sources.tcga.events import read_binned_segments, read_mutations
from deepdep.sources.tcga.layouts import COMMENT, NOT_TABLES, Layout, is_of_no_omic, layout_of
from deepdep.sources.tcga.matrix import read_matrix
from deepdep.sources.tcga.star_counts import read_star_counts
from deepdep.sources.tcga.tumors import (
    TumorTable,
    one_table_per_omic,
    read_sample_sheets,
    read_studies,
)
from deepdep.sources.units import in_unit, recognise_omic

Files = Mapping[Layout, Sequence[Path]]

NOT_TUMORS = frozenset({"logs", "case_lists"})  # folders of the GDC's client and of cBioPortal


def read_tcga(path: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read tumours of TCGA from one file, or from all tables in a folder and its subfolders.

    Barcodes are cut to the patient, 12 characters; normal tissue is left out, and of several
    samples of a patient the first in the order of barcodes is kept, the same tissue in all omics.
    """
    return read_files(_files(path), path, options, notes)


def read_files(files: Files, path: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read some files of ``path``, by layout, every layout a key."""
    read = _read_tables(files, path, options, notes)
    tables = one_table_per_omic(read, notes, bins_asked_for=options.bins is not None)
    studies = read_studies([*files[Layout.STUDIES], *files[Layout.SAMPLE_SHEET]], read)
    tumors = _tumors(tables, studies, notes)
    others = [file for file in files[Layout.OTHER] if not file.name.startswith("meta_")]
    if others:
        names = tuple(str(file.relative_to(path)) for file in others)
        left_out = Count(len(names), "other file", "left out", names, n_shown=5)
        notes.about("tumors").add(left_out)
    return CohortPart(tumors=tumors)


def _files(path: Path) -> Files:
    """Files by layout, every layout a key."""
    require_path(path)
    candidates = [path]
    if path.is_dir():  # hidden files and those of folders without tumours are not among them
        candidates = [
            file
            for file in sorted(path.rglob("*"))
            if file.is_file()
            and not any(part.startswith(".") for part in file.relative_to(path).parts)
            and not NOT_TUMORS.intersection(file.relative_to(path).parts[:-1])
        ]
    files: dict[Layout, list[Path]] = {layout: [] for layout in Layout}
    for file in candidates:
        left_out = path.is_dir() and (NOT_TABLES.match(file.name) or is_of_no_omic(file.name))
        files[Layout.OTHER if left_out else layout_of(file)].append(file)
    for file in files[Layout.TRANSPOSED]:
        raise BadFileError(
            file,
            "is transposed: samples are in rows",
            "Put features in rows and samples in columns, or use `deepdep import tables`",
        )
    return files


def _read_tables(
    files: Files, path: Path, options: ImportOptions, notes: Notes
) -> list[TumorTable]:
    sheet = read_sample_sheets(files[Layout.SAMPLE_SHEET])
    read = [read_matrix(file, options, notes) for file in files[Layout.MATRIX]]
    if files[Layout.STAR_COUNTS]:
        read.append(read_star_counts(files[Layout.STAR_COUNTS], sheet, options.genes, notes))
    if files[Layout.MUTATIONS]:
        read.append(read_mutations(files[Layout.MUTATIONS], options.genes, notes))
    segments = files[Layout.SEGMENTS]
    by_gene = any(table.omic is Omic.COPY_NUMBER for table in read)
    if segments and by_gene and options.bins is None:
        names = shown([file.name for file in segments])
        notes.add(f"segments left out, copy number by gene being there (--bin-width): {names}")
    elif segments:
        read.append(read_binned_segments(segments, sheet, options, notes))
    if not read:
        problem = "holds no table of TCGA's tumours"
        if path in files[Layout.OTHER]:
            columns = shown(header_of(path, COMMENT))
            problem = f"is no table of TCGA's tumours; its columns are {columns}"
        remedy = (
            "Bring a matrix of UCSC Xena, the GDC's STAR counts, a cBioPortal study, MAF or SEG"
        )
        raise BadFileError(path, problem, remedy)
    return read


def _tumors(tables: Mapping[Omic, TumorTable], studies: pd.Series, notes: Notes) -> Samples:
    by_omic, of_all = notes.place(), notes.about("tumors")
    one_each = one_tumor_per_patient({omic: t.values for omic, t in tables.items()}, of_all)
    omics: dict[Omic, OmicTable] = {}
    for omic, values in one_each.tables.items():
        table, of_omic = tables[omic], by_omic.about(omic)
        omics[omic] = (
            recognise_omic(values, omic, Source.TUMOR, table.source, of_omic)
            if table.unit is None
            else in_unit(values, table.unit, table.source, of_omic)
        )
    return Samples.of_tables(
        omics,
        tumor_obs(samples_in(omics), studies, one_each.barcodes, of_all),
        assembly=next((str(t.assembly) for t in tables.values() if t.assembly), None),
        release="; ".join(sorted({table.release for table in tables.values()})),
    )

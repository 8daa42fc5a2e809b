"""Tumours from any files of TCGA: one file, or a folder of them, each told by its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples, Source, samples_in
from deepdep.domain.notes import Count, Notes, counted
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError, UnknownOmicError, UnusableUnitError, shown
from deepdep.io.columns import header_of
from deepdep.io.files import require_path
from deepdep.io.text import rows_of
from deepdep.sources.barcodes import is_barcode, one_tumor_per_patient
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import feature_names
from deepdep.sources.inspection.found import SeenTable
from deepdep.sources.inspection.look import (
    Axes,
    look_at_matrix,
    look_at_mutations,
    look_at_samples,
    look_at_segments,
    seen_by_header,
)
from deepdep.sources.inspection.look import read_matrix as read_numbers
from deepdep.sources.segments import LAYOUTS, segment_layout
from deepdep.sources.source import Accepted, Command, FileSource, Look, Recognised, Route, one_line
from deepdep.sources.tables.read import tumor_obs
from deepdep.sources.tcga.events import read_binned_segments, read_mutations
from deepdep.sources.tcga.gdc import (
    SUMMARY,
    TPM,
    read_betas,
    read_copies,
    read_star_counts,
)
from deepdep.sources.tcga.layouts import (
    COMMENT,
    COPIES,
    META_STUDY,
    MUTATIONS,
    NOT_TABLES,
    OTHER_CONTENTS,
    SAMPLE_SHEET,
    STAR_COUNTS,
    STUDIES,
    STUDY_NAMES,
    Layout,
    first_of,
    layout_in,
    layout_of,
    mutation_columns,
    other_content,
)
from deepdep.sources.tcga.matrix import omic_of_matrix, read_matrix
from deepdep.sources.tcga.tumors import (
    TumorTable,
    one_table_per_omic,
    read_sample_sheets,
    read_studies,
)
from deepdep.sources.units import UNUSABLE_EXPRESSION, Scale, omic_table

Files = Mapping[Layout, Sequence[Path]]

MOST_NAMED = 3  # files in an error

ORIGIN = "TCGA"
IN_A_FOLDER = Command("tcga", "FOLDER")

# Layouts of segments whose files name no sample, but for the sample sheet beside them; and those
# that are never of tumours.
WITH_SAMPLE_SHEET = "GDC"
OF_CELL_LINES = "Prep4DeepDEP"

SHEETS = "gdc_sample_sheet*"  # as the GDC names them

ONE_TUMOR = "one tumor per patient, named by the first 12 characters; normal tissue left out"
BINNED = "averaged over bins; read where there is no table by gene, or with --bin-width"
WITH_SHEET = "FOLDER holds the files and the GDC's gdc_sample_sheet*.tsv, which names the samples"


def read_tcga(path: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read tumours of TCGA from one file, or from all tables in a folder and its subfolders.

    Barcodes are cut to the patient, 12 characters; normal tissue is left out, and of several
    samples of a patient the first in the order of barcodes is kept, the same tissue in all omics.
    """
    require_path(path)
    files: dict[Layout, list[Path]] = {layout: [] for layout in Layout}
    for file in filter(Path.is_file, sorted(path.rglob("*")) if path.is_dir() else [path]):
        layout = layout_in(path, file) if path.is_dir() else layout_of(file)
        if layout is not None:
            files[layout].append(file)
    for file in files[Layout.TRANSPOSED]:
        raise BadFileError(
            file,
            "is transposed: samples are in rows",
            "Put features in rows and samples in columns, or use `deepdep import tables`",
        )
    return read_files(files, path, options, notes)


def read_files(files: Files, path: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read some files of ``path``, by layout, every layout a key."""
    read = _read_tables(files, path, options, notes)
    tables = one_table_per_omic(read, notes, bins_requested=options.bins is not None)
    tell_studies = [*files[Layout.STUDIES], *files[Layout.SAMPLE_SHEET]]
    studies = read_studies(tell_studies, read, notes)
    tumors = _tumors(tables, studies, notes)
    others = [file for file in files[Layout.OTHER] if not file.name.startswith("meta_")]
    contents = {file: _other_content(file) for file in others}
    for content in dict.fromkeys(filter(None, contents.values())):
        names = [str(file.relative_to(path)) for file in others if contents[file] == content]
        notes.about("tumors").count(len(names), "file", f"of {content} left out", names)
    names = [str(file.relative_to(path)) for file in others if contents[file] is None]
    if names:
        left_out = Count(len(names), "other file", "left out", tuple(names), n_shown=5)
        notes.about("tumors").add(left_out)
    return CohortPart(tumors=tumors)


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a file of TCGA; None for another."""
    of_segments = segment_layout(header)
    if of_segments is not None:
        columns = of_segments.columns(header)
        first = next(islice(rows_of(source, COMMENT), 1, None), None)
        has_barcode = columns and first and is_barcode(first.fields[columns.sample].strip())
        is_of_tumors = of_segments.name != OF_CELL_LINES and (
            of_segments.name.startswith(WITH_SAMPLE_SHEET) or has_barcode
        )
        return _segments(source, header, of_segments.name) if is_of_tumors else None
    content = other_content(source, header)
    if content is not None and any(is_barcode(name.strip()) for name in header):
        return _left_out(source, header, content)
    layout = layout_of(source)
    match layout:
        case Layout.MATRIX:
            return _matrix(source, header)
        case Layout.SEGMENTS:  # under names that are not known
            return _segments(source, header, "no known source")
        case Layout.STAR_COUNTS:
            axes = Axes(header.index("gene_id"), [header.index(TPM)], features_in_rows=True)
            return _one_sample(source, layout, "expression", axes, f"TPM ({TPM})")
        case Layout.BETAS:
            axes = Axes(0, [1], features_in_rows=True)
            return _one_sample(source, layout, "methylation", axes, "beta", header[:1])
        case Layout.COPIES:
            axes = Axes(header.index("gene_id"), [header.index(COPIES[2])], features_in_rows=True)
            return _one_sample(source, layout, "copy_number", axes, "copies")
        case Layout.MUTATIONS:
            return _mutations(source, header)
        case Layout.SAMPLE_SHEET:
            return _sample_sheet(source)
        case Layout.STUDIES:
            return _studies(source, header)
        case _:
            return None


def accepted() -> list[Accepted]:
    """Say which tables are read, by the names of their columns, and which are left out."""
    columns = {
        Layout.MATRIX: ["a TCGA barcode per sample"],
        Layout.STAR_COUNTS: STAR_COUNTS,
        Layout.BETAS: ["no header: probe, beta"],
        Layout.COPIES: COPIES,
        Layout.SAMPLE_SHEET: SAMPLE_SHEET,
        Layout.MUTATIONS: [", ".join(vars(columns).values()) for columns in MUTATIONS],
        Layout.SEGMENTS: [f"{' or '.join(of.samples)}, {' or '.join(of.values)}" for of in LAYOUTS],
        Layout.STUDIES: [*STUDY_NAMES, *STUDIES],
    }
    becomes = {
        Layout.MATRIX: "the unit that name and values tell, see below",
        Layout.STAR_COUNTS: f"{TPM} to log2(TPM+1)",
        Layout.BETAS: DEFAULT_UNITS[Omic.METHYLATION],
        Layout.COPIES: f"{Scale.COPIES} to {DEFAULT_UNITS[Omic.COPY_NUMBER]}",
        Layout.SAMPLE_SHEET: "names of samples, and their studies",
        Layout.MUTATIONS: "0/1: mutations that change a protein",
        Layout.STUDIES: "lineages",
        Layout.SEGMENTS: f"{DEFAULT_UNITS[Omic.COPY_NUMBER]} in bins",
    }
    refused = {
        Layout.MATRIX: [f"refused: {', '.join(UNUSABLE_EXPRESSION)}"],
        Layout.TRANSPOSED: ["refused: put features in rows"],
        Layout.OTHER: [f"left out, told by the name of the file: {', '.join(OTHER_CONTENTS)}"],
    }
    return [
        Accepted(
            str(layout), columns.get(layout, ()), becomes.get(layout, ""), refused.get(layout, ())
        )
        for layout in Layout
    ]


TCGA = FileSource(
    "tcga",
    read=lambda request, *to: read_tcga(request.path, *to),
    by_header=recognise,
    takes=lambda file, folder: layout_in(folder, file) not in (None, Layout.OTHER),
    accepts=accepted,
)


def _read_tables(
    files: Files, path: Path, options: ImportOptions, notes: Notes
) -> list[TumorTable]:
    sheet = read_sample_sheets(files[Layout.SAMPLE_SHEET])
    notes.count(len(sheet), "file", "of one sample in the sample sheet")
    read: list[TumorTable] = []
    unusable: list[BadFileError] = []
    for file in files[Layout.MATRIX]:
        try:
            read.append(read_matrix(file, options, of_file := Notes()))
            notes.extend(of_file)
        except (UnusableUnitError, UnknownOmicError) as error:
            is_of_study = (file.parent / META_STUDY).is_file()  # which has many other assays
            if isinstance(error, UnknownOmicError) and not is_of_study:
                raise
            unusable.append(error)
            notes.about(file.name).add(f"left out: {error.problem}")
    if files[Layout.STAR_COUNTS]:
        read.append(read_star_counts(files[Layout.STAR_COUNTS], sheet, options.genes, notes))
    if files[Layout.BETAS]:
        read.append(read_betas(files[Layout.BETAS], sheet, notes, options.probes))
    if files[Layout.COPIES]:
        read.append(read_copies(files[Layout.COPIES], sheet, options.genes, notes))
    if files[Layout.MUTATIONS]:
        read.append(read_mutations(files[Layout.MUTATIONS], options.genes, notes))
    segments = files[Layout.SEGMENTS]
    by_gene = any(table.omic is Omic.COPY_NUMBER for table in read)
    if segments and by_gene and options.bins is None:
        names = shown([file.name for file in segments])
        notes.add(f"segments left out, copy number by gene being there (--bin-width): {names}")
    elif segments:
        read.append(read_binned_segments(segments, sheet, options, notes))
    if not read and unusable:
        raise unusable[0]
    if not read:
        raise _nothing_read(path, files)
    return read


def _nothing_read(path: Path, files: Files) -> BadFileError:
    """Say of each file why it is no table of tumours."""
    others = [file for file in files[Layout.OTHER] if not NOT_TABLES.match(file.name)]
    whys = []
    for file in others[:MOST_NAMED]:
        content = _other_content(file)
        columns = f"its columns are {shown(header_of(file, COMMENT))}"
        whys.append(f"holds {content}, which are no omic here" if content else columns)
    remedy = "Bring a matrix of UCSC Xena, the GDC's STAR counts, a cBioPortal study, MAF or SEG"
    if path in others:
        return BadFileError(path, f"is no table of TCGA's tumours; {whys[0]}", remedy)
    named = "; ".join(f"{f.relative_to(path)}: {w}" for f, w in zip(others, whys, strict=False))
    n_more = len(others) - len(whys)
    more = f" and {counted(n_more, 'file')} more" if n_more else ""
    problem = "holds no table of TCGA's tumours"
    return BadFileError(path, f"{problem} ({named}{more})" if named else problem, remedy)


def _other_content(file: Path) -> str | None:
    """Tell what a file holds that is no omic; None for another, and for one that is no table."""
    if NOT_TABLES.match(file.name):
        return None
    # What its name tells need not be opened.
    return other_content(file) or other_content(file, header_of(file, COMMENT))


def _tumors(tables: Mapping[Omic, TumorTable], studies: pd.Series, notes: Notes) -> Samples:
    by_omic, of_all = notes.place(), notes.about("tumors")
    one_each = one_tumor_per_patient({omic: t.values for omic, t in tables.items()}, of_all)
    omics: dict[Omic, OmicTable] = {}
    for omic, values in one_each.tables.items():
        table, of_omic = tables[omic], by_omic.about(omic)
        omics[omic] = omic_table(values, omic, table.unit, Source.TUMOR, table.source, of_omic)
    return Samples.of_tables(
        omics,
        tumor_obs(samples_in(omics), studies, one_each.barcodes, of_all),
        assembly=next((str(t.assembly) for t in tables.values() if t.assembly), None),
        release="; ".join(sorted({table.release for table in tables.values()})),
    )


def _segments(source: Path, header: Sequence[str], layout: str) -> Recognised:
    """Segments whose samples have barcodes, or get them from a sample sheet."""
    route = _route(source, Layout.SEGMENTS, (ONE_TUMOR, BINNED))
    return Recognised(
        "tcga",
        ORIGIN,
        "copy_number",
        look=lambda: look_at_segments(source, header),
        routes=lambda _: (route,),
        release=f"segments in the layout of {layout}",
    )


def _matrix(source: Path, header: Sequence[str]) -> Recognised:
    first = next(i for i, name in enumerate(header) if is_barcode(name.strip()))
    axes = Axes(0, range(max(1, first), len(header)), features_in_rows=True)
    route = _route(source, Layout.MATRIX, (ONE_TUMOR,))

    def content() -> str:
        matrix = read_numbers(source, axes, COMMENT)
        return str(omic_of_matrix(matrix.values, matrix.rows, source))

    return Recognised(
        "tcga",
        ORIGIN,
        None,
        look=lambda: Look((look_at_matrix(source, axes, COMMENT),)),
        routes=lambda _: (route,),
        content_of_values=content,
    )


def _one_sample(
    source: Path, layout: Layout, content: str, axes: Axes, unit: str, first: Sequence[str] = ()
) -> Recognised:
    """Tell a file of one sample, which a sample sheet names; ``first`` is what a header hides."""

    def look() -> Look:
        seen = look_at_matrix(source, axes, COMMENT)
        names = [*first, *(name for name in seen.features if not name.startswith(SUMMARY))]
        facts = replace(
            seen.facts,
            orientation=str(layout),
            samples=None,
            features=feature_names(names),
            unit=unit,
        )
        return Look((SeenTable(facts, names),))

    route = replace(_route(source, layout, (ONE_TUMOR, WITH_SHEET)), command=IN_A_FOLDER)
    return Recognised("tcga", ORIGIN, content, look, lambda _: (route,), release="GDC")


def _left_out(source: Path, header: Sequence[str], content: str) -> Recognised:
    """Tell a table that no import reads."""
    problem = f"holds {content}, which are no omic here"
    error = BadFileError(source, problem, "Bring a table of one of the four")
    seen = seen_by_header(header[1:], features_in_rows=True)
    look = Look((seen,), problem=one_line(error))
    return Recognised(None, ORIGIN, content, lambda: look, lambda _: ())


def _mutations(source: Path, header: Sequence[str]) -> Recognised:
    columns = mutation_columns(header)
    sample, gene = (columns.sample, columns.gene) if columns else ("", "")
    route = _route(source, Layout.MUTATIONS, (ONE_TUMOR, "1 for genes with a non-silent mutation"))
    return Recognised(
        "tcga",
        ORIGIN,
        "mutation",
        look=lambda: look_at_mutations(source, sample, gene),
        routes=lambda _: (route,),
    )


def _sample_sheet(source: Path) -> Recognised:
    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        notes.add(f"names the sample of {counted(len(read_sample_sheets([source])), 'file')}")
        return CohortPart()

    route = Route(IN_A_FOLDER, read, ("read beside the files that it names",))
    return Recognised(
        "tcga",
        ORIGIN,
        str(Layout.SAMPLE_SHEET),
        look=lambda: look_at_samples(source, "Sample ID", "one file per row"),
        routes=lambda _: (route,),
        release="GDC",
    )


def _studies(source: Path, header: Sequence[str]) -> Recognised:
    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        studies = read_studies([source], [], Notes())
        patients = counted(len(studies), "patient")
        notes.add(f"{patients}, of {shown(sorted(studies.unique()))}")
        return CohortPart()

    column, study = first_of(STUDY_NAMES, header) or "", first_of(STUDIES, header)
    says = f"its column {study!r} tells the study of tumors that other files bring"
    route = Route(IN_A_FOLDER, read, (says,))
    return Recognised(
        "tcga",
        ORIGIN,
        str(Layout.STUDIES),
        look=lambda: look_at_samples(source, column, "one sample or patient per row"),
        routes=lambda _: (route,),
    )


def _route(source: Path, layout: Layout, says: tuple[str, ...]) -> Route:
    read = partial(_read, source, layout)
    return Route(Command("tcga", source), read, says, subject=source.name)


def _read(source: Path, layout: Layout, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read one file as part of a download of the GDC, if there is a sample sheet near it."""
    sheets = [path for up in list(source.parents)[:2] for path in sorted(up.glob(SHEETS))]
    files: dict[Layout, list[Path]] = {each: [] for each in Layout}
    files |= {layout: [source], Layout.SAMPLE_SHEET: sheets}
    of_file = Notes()
    part = read_files(files, source, options, of_file)
    notes.extend(note for note in of_file if note.subject != (source.name, Layout.MATRIX))
    return part

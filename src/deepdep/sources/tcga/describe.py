"""Files of UCSC Xena, the GDC and cBioPortal: known by their columns."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes, counted
from deepdep.errors import shown
from deepdep.io.text import rows_of
from deepdep.sources.barcodes import is_barcode
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import feature_names
from deepdep.sources.inspection.found import SeenTable
from deepdep.sources.inspection.look import (
    Axes,
    look_at_matrix,
    look_at_mutations,
    look_at_samples,
    look_at_segments,
    read_matrix,
)
from deepdep.sources.segments import SegmentLayout, segment_columns, segment_layout
from deepdep.sources.source import Command, FileSource, Look, Recognised, Route
from deepdep.sources.tcga.layouts import (
    COMMENT,
    STUDIES,
    STUDY_NAMES,
    Layout,
    first_of,
    layout_of,
    mutation_columns,
)
from deepdep.sources.tcga.matrix import omic_of_matrix
from deepdep.sources.tcga.read import read_files, read_tcga
from deepdep.sources.tcga.star_counts import SUMMARY, TPM
from deepdep.sources.tcga.tumors import read_sample_sheets, read_studies

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


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a file of TCGA; None for another."""
    of_segments = segment_layout(header)
    if of_segments is not None:
        is_of_tumors = of_segments.name != OF_CELL_LINES and (
            of_segments.name == WITH_SAMPLE_SHEET or _names_a_barcode(source, header, of_segments)
        )
        return _segments(source, header, of_segments.name) if is_of_tumors else None
    layout = layout_of(source)
    match layout:
        case Layout.MATRIX:
            return _matrix(source, header)
        case Layout.STAR_COUNTS:
            return _star_counts(source, header)
        case Layout.MUTATIONS:
            return _mutations(source, header)
        case Layout.SAMPLE_SHEET:
            return _sample_sheet(source)
        case Layout.STUDIES:
            return _studies(source, header)
        case _:
            return None


TCGA = FileSource(
    "tcga",
    read=lambda request, *to: read_tcga(request.path, *to),
    by_header=recognise,
    takes=lambda file, folder: folder in file.parents,
)


def _names_a_barcode(source: Path, header: Sequence[str], layout: SegmentLayout) -> bool:
    """Whether the sample of the first row has a barcode."""
    columns = segment_columns(header, layout)
    first = next(islice(rows_of(source, COMMENT), 1, None), None)
    return bool(columns and first and is_barcode(first.fields[columns.sample].strip()))


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
        matrix = read_matrix(source, axes, COMMENT)
        return str(omic_of_matrix(matrix.values, matrix.rows, source))

    return Recognised(
        "tcga",
        ORIGIN,
        None,
        look=lambda: Look((look_at_matrix(source, axes, COMMENT),)),
        routes=lambda _: (route,),
        content_of_values=content,
    )


def _star_counts(source: Path, header: Sequence[str]) -> Recognised:
    def look() -> Look:
        axes = Axes(header.index("gene_id"), [header.index(TPM)], features_in_rows=True)
        seen = look_at_matrix(source, axes, COMMENT)
        unit = f"TPM ({TPM})"
        genes = [name for name in seen.features if not name.startswith(SUMMARY)]
        facts = replace(
            seen.facts,
            orientation=str(Layout.STAR_COUNTS),
            samples=None,
            features=feature_names(genes),
            unit=unit,
        )
        return Look((SeenTable(facts, genes),))

    route = replace(
        _route(source, Layout.STAR_COUNTS, (ONE_TUMOR, WITH_SHEET)), command=IN_A_FOLDER
    )
    return Recognised("tcga", ORIGIN, "expression", look, lambda _: (route,), release="GDC")


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
        studies = read_studies([source], [])
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

"""What a file of TCGA holds, told from the names of its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from deepdep.domain.errors import BadFileError
from deepdep.io.barcodes import is_barcode
from deepdep.io.columns import MISSING
from deepdep.io.delimited import rows_of
from deepdep.io.segment_layout import segment_layout

COMMENT = "#"  # begins the lines before the header: `# gene-model`, `#version`, cBioPortal's four


class Layout(StrEnum):
    """How a file is laid out; in words for notes and for people who inspect a file."""

    MATRIX = "features x samples"
    STAR_COUNTS = "GDC STAR counts of one sample"
    SAMPLE_SHEET = "GDC sample sheet"
    MUTATIONS = "one mutation per row"
    SEGMENTS = "copy-number segments"
    STUDIES = "studies of samples or patients"
    TRANSPOSED = "samples x features"
    OTHER = "not known"


@dataclass(frozen=True)
class MutationColumns:
    """Where a table of mutations has the sample, the gene and what happened to it."""

    sample: str
    gene: str
    consequence: str


MUTATIONS = (
    MutationColumns("Tumor_Sample_Barcode", "Hugo_Symbol", "Variant_Classification"),  # MAF
    MutationColumns("sample", "gene", "effect"),  # UCSC Xena
    MutationColumns("Sample_ID", "gene", "effect"),  # UCSC Xena, GDC hub
    MutationColumns("sample", "gene", "Consequence"),
)
STAR_COUNTS = ("gene_id", "gene_name", "gene_type", "tpm_unstranded")
SAMPLE_SHEET = ("File Name", "Project ID", "Sample ID")

# Columns that name a sample or patient, and that name its study; the best come first.
STUDY_NAMES = (
    "sample",
    "SAMPLE_ID",
    "PATIENT_ID",
    "Sample ID",
    "bcr_patient_barcode",
    "submitter_id.samples",
)
STUDIES = (
    "cancer type abbreviation",
    "CANCER_TYPE_ACRONYM",
    "Project ID",
    "project_id.project",
    "_primary_disease",
    "CANCER_TYPE",
)


def layout_of(source: Path) -> Layout:
    """Tell the layout of a file from its header, and from one row where that does not do."""
    rows = rows_of(source, COMMENT)
    header = next(rows, None)
    if header is None:
        return Layout.OTHER
    layout = layout_of_header(header.fields)
    if layout is not Layout.OTHER:
        return layout
    try:
        first = next(rows, None)
    except BadFileError:  # text, but no table
        return Layout.OTHER
    is_transposed = first is not None and _is_row_of_sample(first.fields)
    return Layout.TRANSPOSED if is_transposed else Layout.OTHER


def layout_of_header(header: Sequence[str]) -> Layout:
    """Tell the layout from the names of the columns."""
    if set(STAR_COUNTS) <= set(header):
        return Layout.STAR_COUNTS
    if set(SAMPLE_SHEET) <= set(header):
        return Layout.SAMPLE_SHEET
    if mutation_columns(header):
        return Layout.MUTATIONS
    if segment_layout(header):
        return Layout.SEGMENTS
    if any(map(is_barcode, header)):
        return Layout.MATRIX
    if first_of(STUDY_NAMES, header) and first_of(STUDIES, header):
        return Layout.STUDIES
    return Layout.OTHER


def mutation_columns(header: Sequence[str]) -> MutationColumns | None:
    """Find the columns of a table with one mutation per row; None for another table."""
    return next((c for c in MUTATIONS if set(vars(c).values()) <= set(header)), None)


def first_of(names: Sequence[str], header: Sequence[str]) -> str | None:
    """Return the first of the names that the header has."""
    return next((name for name in names if name in header), None)


def _is_row_of_sample(fields: Sequence[str]) -> bool:
    """Whether a row has a barcode and then nothing but numbers."""
    name, *cells = fields
    return is_barcode(name) and bool(cells) and all(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell in MISSING
    return True

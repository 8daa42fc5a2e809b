"""What a file of TCGA holds, told from the names of its columns and from its own name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from deepdep.domain.genome import Assembly
from deepdep.domain.lineages import study_code
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import MISSING
from deepdep.io.text import rows_of
from deepdep.sources.barcodes import is_barcode
from deepdep.sources.segments import segment_layout

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
    name, *cells = [""] if first is None else first.fields
    is_of_one_sample = is_barcode(name) and bool(cells) and all(map(_is_number, cells))
    return Layout.TRANSPOSED if is_of_one_sample else Layout.OTHER


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


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell in MISSING
    return True


# Parts of names; those of the omics themselves, so that a user can say what a file holds.
HINTS = {
    Omic.METHYLATION: r"methyl|hm450|hm27|450k",
    Omic.COPY_NUMBER: r"copy.?number|gistic|[_.-]cna\b|_cna_|log2_?cna|cnv|snp_?6|ascat",
    Omic.MUTATION: r"mutation|nonsilent|mc3",
    Omic.EXPRESSION: r"expression|geneexp|rna.?seq|hiseq|rsem|tpm|fpkm",
}

# Tables that look like an omic and are none of ours: other molecules, other units.
OF_NO_OMIC = re.compile(
    r"rppa|proteom|protein_quant|mirna|mirs_|z-?_?scores?|percentile|exon|isoform"
    r"|arm.?level|linear_?cn|HiSeqV2_PANCAN|gsva|paradigm",
    re.IGNORECASE,
)

# cBioPortal's tables, without their ending; a study holds dozens of others.
CBIOPORTAL = re.compile(
    r"data_(mrna_seq_v2_rsem|rna_seq_v2_expression_median|cna|log2_?cna|cna_hg(19|38)"
    r"|methylation_hm450|methylation_hm27_hm450_merged|mutations(_extended|_mskcc)?"
    r"|clinical(_sample|_patient)?)\.(txt|seg)(\.gz)?$",
    re.IGNORECASE,
)
CBIOPORTAL_RSEM = re.compile(r"data_(mrna_seq_v2_rsem|rna_seq_v2_expression_median)\.", re.I)

# Files that stand beside tables and are none.
NOT_TABLES = re.compile(
    r"(meta_|readme|license|manifest|md5sum).*"
    r"|.*\.(parcel|json|xml|html?|pdf|png|svg|md|ya?ml|log|r|py|ipynb|rds|rdata|md5|sh|h5|h5ad|h5mu"
    r"|zip|tar|tgz|tar\.gz|xlsx?|docx?|bam|vcf|vcf\.gz)$",
    re.IGNORECASE,
)

# Batch correction leaves counts a little below 0, here and in cBioPortal's tables made of it.
BATCH_CORRECTED = re.compile(r"EB\+\+|EBPlusPlus|AdjustPANCAN")

_STUDY = re.compile(r"TCGA[.-]([A-Z]{2,4})(?=[._-]|$)")
_ASSEMBLY = {
    Assembly.HG19: re.compile(r"hg19|grch37", re.IGNORECASE),
    Assembly.HG38: re.compile(r"hg38|grch38", re.IGNORECASE),
}


def omic_of_name(name: str) -> Omic | None:
    """Tell the omic that a file's name speaks of; None where it is of none, or of several."""
    omics = [omic for omic, hint in HINTS.items() if re.search(hint, name, re.IGNORECASE)]
    return omics[0] if len(omics) == 1 else None


def is_of_no_omic(name: str) -> bool:
    """Whether a file holds what is no omic here, or not in a unit that can be used."""
    is_cbioportal = name.lower().startswith("data_")
    return OF_NO_OMIC.search(name) is not None or (is_cbioportal and not CBIOPORTAL.match(name))


def study_of_name(name: str) -> str | None:
    """Code of the study in names such as ``TCGA-BRCA.star_tpm.tsv.gz``."""
    found = _STUDY.search(name)
    return None if found is None else study_code(found[1])


def assembly_of_name(name: str) -> Assembly | None:
    """Genome build in names such as ``data_cna_hg19.seg``."""
    return next((build for build, part in _ASSEMBLY.items() if part.search(name)), None)

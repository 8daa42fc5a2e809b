"""What a file of TCGA holds, told from the names of its columns and from its own name."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path

from deepdep.domain.identifiers import CPG_PROBE, ENSEMBL_GENE
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import MISSING
from deepdep.io.text import open_text, rows_of
from deepdep.sources.barcodes import is_barcode
from deepdep.sources.segments import has_places, segment_layout
from deepdep.sources.units import NORMALISED

COMMENT = "#"  # begins the lines before the header: `# gene-model`, `#version`, cBioPortal's four


class Layout(StrEnum):
    """How a file is laid out; in words for notes and for people who inspect a file."""

    MATRIX = "features x samples"
    STAR_COUNTS = "GDC STAR counts of one sample"
    BETAS = "GDC betas of one sample"
    COPIES = "GDC copies by gene of one sample"
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
COPIES = ("gene_id", "gene_name", "copy_number")
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
ONCOTREE = "ONCOTREE_CODE"
STUDIES = (
    "cancer type abbreviation",
    "CANCER_TYPE_ACRONYM",
    "Project ID",
    "project_id.project",
    "_primary_disease",
    ONCOTREE,
    "CANCER_TYPE",
)

PROBE = re.compile(rf"(?:{CPG_PROBE})$")
FEATURE = re.compile(rf"(?:{CPG_PROBE}|{ENSEMBL_GENE}.*|[A-Z][A-Z0-9-]*\d[A-Z0-9-]*|[A-Z]{{3,5}})$")


def layout_of(source: Path) -> Layout:
    """Tell the layout of a file from its header, and from one row where that does not do."""
    rows = rows_of(source, COMMENT)
    header = next(rows, None)
    if header is None:
        return Layout.OTHER
    layout = layout_of_header(header.fields)
    if layout is not Layout.OTHER:
        return layout
    name, *cells = header.fields
    if PROBE.match(name.strip()) and len(cells) == 1 and is_number(cells[0]):
        return Layout.BETAS  # without a header
    try:
        first = next(rows, None)
    except BadFileError:  # text, but no table
        return Layout.OTHER
    name, *cells = [""] if first is None else first.fields
    if has_places(header.fields):
        has_barcode = first is not None and any(map(is_barcode, first.fields))
        return Layout.SEGMENTS if has_barcode else Layout.OTHER
    is_of_one_sample = is_barcode(name) and len(cells) > 1 and all(map(is_number, cells))
    features = [column for column in header.fields[1:] if FEATURE.match(column)]
    are_features = 2 * len(features) > len(cells)  # and not ages and days of a clinical table
    return Layout.TRANSPOSED if is_of_one_sample and are_features else Layout.OTHER


def layout_of_header(header: Sequence[str]) -> Layout:
    """Tell the layout from the names of the columns."""
    if OF_GISTIC & {name.strip() for name in header}:
        return Layout.OTHER
    if set(STAR_COUNTS) <= set(header):
        return Layout.STAR_COUNTS
    if set(COPIES) <= set(header):
        return Layout.COPIES
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


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, or says that nothing was measured."""
    try:
        float(cell)
    except ValueError:
        return cell in MISSING
    return True


# Parts of names; those of the omics themselves, so that a user can say what a file holds.
HINTS = {
    Omic.METHYLATION: r"methyl|hm450|hm27|450k|\bepic\b|(?<![a-z])betas?(?![a-z])",
    Omic.COPY_NUMBER: r"copy.?number|gistic|[_.-]cna\b|_cna_|log2_?cna|cnv|snp_?6|ascat",
    Omic.MUTATION: r"mutation|nonsilent|mc3",
    Omic.EXPRESSION: r"expression|geneexp|rna.?seq|hiseq|rsem|tpm|[fr]pkm"
    r"|(?<![a-z])(cpm|counts?)(?![a-z])|htseq",
}

# Columns of GISTIC's tables of arms and of lesions, whose other columns are samples.
OF_GISTIC = {"Chromosome Arm", "Wide Peak Limits"}

# What tables hold that look like an omic and are none of ours, by parts of their names: other
# molecules, parts of a genome, values in no unit that can be turned into ours.
OTHER_CONTENTS = {
    "proteins": r"rppa|proteom|protein_quant|phosphoprot|acetylprot",
    "micro-RNAs": r"mirna|mirs_",
    "exons or isoforms": r"exon|isoform|isopct",
    "z-scores": r"z-?_?scores?",
    "percentiles": r"percentile",
    "values centred on the mean of each gene": r"HiSeqV2_PANCAN",
    "intensities of a microarray": r"micro-?_?array|agilent|affymetrix|u133|huex",
    "chromosome arms": r"arm.?level|by_arm",
    "GISTIC's lesions": r"all_lesions",
    "a part of the copy number, focal or broad": r"(focal|broad)_data_by_genes",
    "linear copy number": r"linear_?cn",
    "scores of pathways": r"gsva|paradigm",
    "mutations that no caller vouches for": r"uncalled|non_?signed_?out",
}
_OTHER_CONTENTS = {c: re.compile(part, re.IGNORECASE) for c, part in OTHER_CONTENTS.items()}

# Names of RSEM's counts, which are normalised where nothing else is said, logarithms or not.
RSEM = re.compile(rf"rsem|rna_seq_v2|{NORMALISED.pattern}", re.IGNORECASE)

# Names under which UCSC Xena publishes TCGA's logarithms of RSEM's normalised counts.
TCGA_RSEM = re.compile(r"hiseq|geneexp", re.IGNORECASE)

# What cBioPortal's meta files say of their tables, as the type of the data or of its alteration.
META_OMICS = {
    "MRNA_EXPRESSION": Omic.EXPRESSION,
    "COPY_NUMBER_ALTERATION": Omic.COPY_NUMBER,
    "METHYLATION": Omic.METHYLATION,
}
META_CONTENTS = {
    "Z-SCORE": "z-scores",
    "PROTEIN_LEVEL": "proteins",
    "GENESET_SCORE": "scores of pathways",
    "GENERIC_ASSAY": "another assay",
}

# The array of 27,000 probes, and not the tables that join it to a later one.
SMALL_ARRAY = re.compile(r"(hm|methylation_?|humanmethylation)27(?!.*450)", re.IGNORECASE)

META_STUDY = "meta_study.txt"  # cBioPortal's, a line `key: value` each

NOT_TUMORS = frozenset({"logs", "case_lists"})  # folders of the GDC's client and of cBioPortal

# Files that stand beside tables and are none.
NOT_TABLES = re.compile(
    r"(meta_|readme|license|manifest|md5sum).*"
    r"|.*\.(parcel|json|xml|html?|pdf|png|svg|md|ya?ml|log|r|py|ipynb|rds|rdata|md5|sh|h5|h5ad|h5mu"
    r"|zip|tar|tgz|tar\.gz|xlsx?|docx?|bam|vcf|vcf\.gz)$",
    re.IGNORECASE,
)

# Batch correction leaves counts a little below 0, here and in cBioPortal's tables made of it.
BATCH_CORRECTED = re.compile(r"EB\+\+|EBPlusPlus|AdjustPANCAN")


def omic_of_name(name: str) -> Omic | None:
    """Tell the omic that a file's name speaks of; None where it is of none, or of several."""
    omics = [omic for omic, hint in HINTS.items() if re.search(hint, name, re.IGNORECASE)]
    return omics[0] if len(omics) == 1 else None


def other_content(source: Path, header: Sequence[str] = ()) -> str | None:
    """Tell what a file holds that is no omic, or in no unit that can be used; None for others."""
    named = (what for what, part in _OTHER_CONTENTS.items() if part.search(source.name))
    words_of_meta = {*meta_of(source).values()}
    is_methylation = "METHYLATION" in words_of_meta  # a generic assay, or a type of its own
    of_meta = (
        w for word, w in META_CONTENTS.items() if word in words_of_meta and not is_methylation
    )
    columns = OF_GISTIC & {column.strip() for column in header}
    return next(chain(named, of_meta), "chromosome arms or lesions of GISTIC" if columns else None)


def layout_in(folder: Path, source: Path) -> Layout | None:
    """Tell what an import of the folder takes one of its files for; OTHER is left out.

    None for hidden files and those of folders without tumours.
    """
    parts = source.relative_to(folder).parts
    if any(part.startswith(".") for part in parts) or NOT_TUMORS.intersection(parts[:-1]):
        return None
    is_none = NOT_TABLES.match(source.name) or other_content(source)
    return Layout.OTHER if is_none else layout_of(source)


def meta_of(source: Path) -> dict[str, str]:
    """Read what cBioPortal's ``meta_*.txt`` beside a file says of it; empty without one.

    They stand in the folder of a study, and beside files whose names begin with ``data_``.
    """
    if not (source.name.startswith("data_") or (source.parent / META_STUDY).is_file()):
        return {}  # other folders may hold ten thousand files
    for meta in sorted(source.parent.glob("meta_*.txt")):
        content = read_meta(meta)
        if content.get("data_filename") in (source.name, source.name.removesuffix(".gz")):
            return content
    return {}


def read_meta(source: Path) -> dict[str, str]:
    """Read cBioPortal's lines ``key: value``; nothing from a file that is no text."""
    pairs: list[tuple[str, str, str]] = []
    with suppress(BadFileError), open_text(source) as text:
        pairs = [line.partition(":") for line in text]
    return {key.strip(): value.strip() for key, _, value in pairs}

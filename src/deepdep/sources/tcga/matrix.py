"""TCGA's matrices, features in rows: which omic one holds, in which unit, under which names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import psutil

from deepdep.domain.cohort import Source
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes, UnitChange, counted
from deepdep.domain.omics import UNITS, Omic
from deepdep.errors import BadFileError, UnknownOmicError, shown
from deepdep.io.columns import Choice, KeptRows, read_columns
from deepdep.io.names import checked_names, refuse_repeated
from deepdep.io.tables import FeatureRows
from deepdep.io.text import rows_of
from deepdep.sources.barcodes import is_barcode, require_one_length, with_hyphens
from deepdep.sources.gene_names import MatchedGenes, Repeated, match_genes
from deepdep.sources.importing import ImportOptions
from deepdep.sources.probes import ProbeChoice
from deepdep.sources.tcga.layouts import (
    BATCH_CORRECTED,
    COMMENT,
    HINTS,
    META_OMICS,
    PROBE,
    RSEM,
    TCGA_RSEM,
    Layout,
    is_number,
    meta_of,
    omic_of_name,
    other_content,
)
from deepdep.sources.tcga.tumors import TumorTable
from deepdep.sources.units import (
    Scale,
    refuse_counts,
    refuse_unusable_name,
    turned,
    unusable_expression,
)

LARGEST_LOG = UNITS["log2(norm_count+1)"].maximum

# Half of all log2 ratios lie closer to 0 than this, for most of a genome has two copies; half of
# all z-scores lie further than 0.67.
RATIOS_WITHIN = 0.5

# Log expression runs from silent genes to those of ten thousand copies; nothing else does.
EXPRESSION_SPREAD = 1.0  # between quartiles

# Under the header of Firehose's tables a second line names what each column holds, of a sample one
# or several; the best come first.
SECOND_HEADER = re.compile(r"(gene(_?id|_symbol)?|(composite element|reporter) ref)$")
SCALED_ESTIMATE = "scaled_estimate"  # RSEM's share of a gene in a library, in one; TPM in millions
BEST_COLUMNS = ("normalized_count", "tpm", SCALED_ESTIMATE, "beta_value")

# ASCAT counts copies; other tables of whole numbers above 2 may be anything.
ASCAT = re.compile(r"ascat|gene.level.copy.number", re.IGNORECASE)

SEEN_FIRST = 10  # rows that tell whether a table is of probes
COPIES_HELD = 2  # of a table while it is read
SHRUNK = 3.5  # times, by gzip

# As many values tell what all do, and looking at all takes longer than reading them.
LOOKED_AT = 2_000_000


@dataclass(frozen=True)
class _Summary:
    """What matters of the values."""

    are_whole: bool
    minimum: float
    maximum: float
    median: float
    median_size: float  # of absolute values
    spread: float  # between quartiles

    def __str__(self) -> str:
        kind = "whole numbers" if self.are_whole else "values"
        return f"{kind} from {self.minimum:g} to {self.maximum:g}, median {self.median:g}"

    @classmethod
    def of(cls, values: np.ndarray, source: Path) -> Self:
        """Sum up values of any shape; a BadFileError where there is none."""
        step = max(1, values.size // LOOKED_AT)
        some = values[::step] if step < len(values) else values
        measured = some[~np.isnan(some)]
        if not measured.size:
            raise BadFileError(
                source, "has no sample with a value left", "Bring a table with values"
            )
        lower, median, upper = np.quantile(measured, (0.25, 0.5, 0.75))
        return cls(
            are_whole=bool((np.floor(measured) == measured).all()),
            minimum=float(np.nanmin(values)),
            maximum=float(np.nanmax(values)),
            median=float(median),
            median_size=float(np.median(np.abs(measured))),
            spread=float(upper - lower),
        )

    @property
    def likely(self) -> Omic | None:
        """Tell the omic from the values alone."""
        if self.are_whole:
            if self.minimum >= 0 and self.maximum <= 1:
                return Omic.MUTATION
            if self.minimum < 0:
                return Omic.COPY_NUMBER
            return Omic.EXPRESSION if self.maximum > LARGEST_LOG else None  # counts: refused later
        if self.minimum < 0:
            return Omic.COPY_NUMBER if self.median_size < RATIOS_WITHIN else None
        is_expression = self.maximum > LARGEST_LOG or self.spread > EXPRESSION_SPREAD
        return Omic.EXPRESSION if is_expression else None

    def may_be(self, omic: Omic) -> bool:
        """Whether values may be of an omic; its unit and range are checked once it is chosen."""
        match omic:
            case Omic.MUTATION:
                return True
            case Omic.METHYLATION:
                return not self.are_whole
            case Omic.COPY_NUMBER:
                return not self.are_whole or self.minimum < 0 or self.maximum <= 2
            case Omic.EXPRESSION:
                return self.maximum > (LARGEST_LOG if self.are_whole else 1)
            case _:  # proteins are recognised by name, and left out
                return False


def are_probes(features: Sequence[str]) -> bool:
    """Whether most features are probes of a methylation array."""
    return 2 * sum(PROBE.match(name) is not None for name in features) > len(features)


def omic_of_matrix(values: np.ndarray, features: Sequence[str], source: Path) -> Omic:
    """Tell the omic of a table, or raise BadFileError where it remains open.

    Parameters
    ----------
    values
        Shape (feature, sample), NaN where nothing was measured.
    """
    if are_probes(features):
        return Omic.METHYLATION
    summary = _Summary.of(values, source)
    named = omic_of_name(source.name)
    is_of_ascat = named is Omic.COPY_NUMBER and ASCAT.search(source.name) is not None
    is_unusable = named is Omic.EXPRESSION and unusable_expression(source.name) is not None
    if named is not None and (is_of_ascat or is_unusable or summary.may_be(named)):
        return named
    if named is not None:
        raise BadFileError(
            source,
            f"holds {summary}, and its name speaks of {named}",
            "Bring log2 values or calls, or name the file after the omic that it holds",
        )
    likely = summary.likely
    if likely is None:
        raise UnknownOmicError(
            source,
            f"holds {summary}, and neither these nor its name tell which omic it is of",
            f"Let the file's name begin with one of {', '.join(HINTS)}",
        )
    return likely


def possible_omics(values: np.ndarray, features: Sequence[str], source: Path) -> list[Omic]:
    """Tell what a table may be of by its values: the omic that they tell, or all not ruled out."""
    if are_probes(features):
        return [Omic.METHYLATION]
    summary = _Summary.of(values, source)
    likely = summary.likely
    return [likely] if likely else [omic for omic in Omic if summary.may_be(omic)]


# cBioPortal found 0.58 % of the batch-corrected counts below 0 (cbioportal issue 4186).
MOST_NEGATIVE = 0.02

TOIL_OFFSET = 0.001  # UCSC's recomputation publishes log2(TPM+0.001)


@dataclass(frozen=True)
class InUnit:
    """Values of a matrix, and the name of their unit; None where they tell it themselves."""

    values: np.ndarray
    unit: str | None


def log_expression(values: np.ndarray, source: Path, notes: Notes, header: str = "") -> InUnit:
    """Turn what a file holds to log2(TPM+1) or log2(norm_count+1), as its name says.

    What is in neither is left as it is, for the checks of the values to refuse; counts that are not
    normalised, FPKM, RPKM and CPM are an UnusableUnitError.

    Parameters
    ----------
    header
        What else names the unit: the second line of a header, or cBioPortal's name of the profile.
    """
    name = f"{header} {source.name}".lower()
    refuse_unusable_name(name, source)
    is_tpm = "tpm" in name or header == SCALED_ESTIMATE
    unit = "log2(TPM+1)" if is_tpm else "log2(norm_count+1)"
    is_linear = np.nanmax(values) > LARGEST_LOG
    if is_tpm and abs(float(np.nanmin(values)) - np.log2(TOIL_OFFSET)) < 0.01:
        tpm = np.maximum(np.exp2(values) - np.float32(TOIL_OFFSET), 0)
        notes.add(UnitChange(f"log2(TPM+{TOIL_OFFSET})", "log2(TPM+1)"))
        return InUnit(np.log2(tpm + np.float32(1)), unit)
    if is_linear and (is_tpm or RSEM.search(name)):
        notes.add(UnitChange("TPM" if is_tpm else "counts (RSEM)", "log2(x+1)"))
        values = np.log2(_not_negative(values, source, notes) + np.float32(1))
    elif BATCH_CORRECTED.search(source.name):
        return InUnit(_not_negative(values, source, notes), unit)
    refuse_counts(values.T, source)
    is_named = is_tpm or RSEM.search(name) or TCGA_RSEM.search(name)
    return InUnit(values, unit if is_named else None)


def _not_negative(values: np.ndarray, source: Path, notes: Notes) -> np.ndarray:
    negative = values < 0
    n_negative = int(negative.sum())
    if not n_negative:
        return values
    if n_negative > MOST_NEGATIVE * values.size:
        raise BadFileError(
            source,
            f"{n_negative / values.size:.0%} of its values are negative: z-scores, or centred",
            "Bring the table that is not standardised",
        )
    notes.count(n_negative, "value", "below 0, left by the batch correction, set to 0")
    return np.where(negative, np.float32(0), values)


SYMBOL, ENTREZ = "Hugo_Symbol", "Entrez_Gene_Id"  # cBioPortal's columns


def read_matrix(source: Path, options: ImportOptions, notes: Notes) -> TumorTable:
    """Read a matrix of any omic whose columns, but for the first few, are barcodes.

    The first column names the features, and further ones before the barcodes are left out, but
    for cBioPortal's Entrez ids. A gene that is there twice is kept once, and said so. Where a
    second line of the header names what columns hold, the best of each sample is read.
    """
    matrix, meta = _Matrix.of(source, options.probes), meta_of(source)
    labels, read = matrix.labels, matrix.rows
    omic_of_meta = next((META_OMICS[word] for word in meta.values() if word in META_OMICS), None)
    omic = omic_of_meta or (
        Omic.METHYLATION if matrix.has_probes else omic_of_matrix(read.values, labels, source)
    )
    notes = notes.about(source.name)
    notes.about(Layout.MATRIX).add(str(omic))
    of_samples = notes.place()
    if matrix.has_probes and options.probes is not None:
        notes.add(str(options.probes))
    others = [str(name) for name in read.ids if name not in (matrix.names, ENTREZ)]
    if others:
        notes.add(f"columns left out: {shown(others)}")
    if matrix.second_header:
        notes.add(f"line 2 is a second header; {matrix.second_header!r} is read")
    matched = _features(labels, options.genes, source, notes)
    samples = with_hyphens(list(read.samples), of_samples)
    refuse_repeated(samples, "column", source)
    require_one_length(samples, source, "column")
    in_unit = InUnit(read.values, None)
    stated = options.units.of(omic, Source.TUMOR)
    if omic is Omic.COPY_NUMBER and stated is None and ASCAT.search(source.name):
        stated = None if np.nanmin(read.values) < 0 else str(Scale.COPIES)
    elif omic is Omic.EXPRESSION and stated is None:
        header = matrix.second_header or meta.get("profile_name", "")
        in_unit = log_expression(read.values, source, notes, header)
    rows = FeatureRows(read.ids, in_unit.values, pd.Index(samples, dtype="object"))
    table, unit = rows.table(matched.positions, matched.symbols), in_unit.unit
    if stated is not None and omic is not Omic.MUTATION:
        in_stored = turned(table, stated, source, notes)
        table, unit = in_stored.table, in_stored.unit
    release = "cBioPortal" if SYMBOL in read.ids else "UCSC Xena"
    return TumorTable(omic, table, source, release, unit)


@dataclass(frozen=True)
class _Matrix:
    """Rows of a file, and what a second header calls its values; empty without one."""

    rows: FeatureRows
    second_header: str
    has_probes: bool  # in the file, whatever was made of them

    @classmethod
    def of(cls, source: Path, probes: ProbeChoice | None = None) -> Self:
        """Read a file; BadFileError for one that holds no omic, and for columns of no sample."""
        content = other_content(source)
        if content is not None:
            problem = f"holds {content}, which are no omic here"
            raise BadFileError(source, problem, "Bring a table of one of the four")
        header, *first = (row.fields for row in islice(rows_of(source, COMMENT), 2 + SEEN_FIRST))
        second = first[:1]
        n_ids = _n_ids(header, source)
        positions, second_header = list(range(n_ids, len(header))), ""
        kinds = [cell.strip().lower() for row in second for cell in row]
        is_second_header = SECOND_HEADER.match("".join(kinds[:1])) is not None
        if is_second_header and not any(map(is_number, kinds[n_ids:])):
            second_header = next((kind for kind in BEST_COLUMNS if kind in kinds), kinds[n_ids])
            positions = [position for position in positions if kinds[position] == second_header]
        chosen = Choice(range(n_ids), positions)
        n_headers = 2 if second_header else 1
        has_probes = are_probes([row[0].strip() for row in first[n_headers - 1 :]])
        if has_probes and probes is None:
            _refuse_too_large(source, len(positions), sum(map(len, map("\t".join, first[-1:]))))
        read = read_columns(
            source,
            lambda _: chosen,
            comment=COMMENT,
            n_headers=n_headers,
            rows=probes.rows if has_probes and probes else KeptRows,
        )
        in_millions = second_header == SCALED_ESTIMATE
        values = read.numbers * np.float32(1e6) if in_millions else read.numbers
        samples = checked_names(read.number_names, "column", source)
        rows = FeatureRows(read.texts, values, pd.Index(samples, dtype=object))
        return cls(rows, second_header, has_probes)

    @property
    def names(self) -> str:
        """The column that names the features."""
        return SYMBOL if SYMBOL in self.rows.ids else str(self.rows.ids.columns[0])

    @property
    def labels(self) -> list[str]:
        """Names of the features; cBioPortal's two are joined as TCGA did: TP53|7157, ?|8225."""
        labels = [name.strip() for name in self.rows.ids[self.names]]
        if self.names != SYMBOL or ENTREZ not in self.rows.ids:
            return labels
        return [
            f"{label or '?'}|{entrez}" if entrez.isdecimal() and entrez.strip("0") else label
            for label, entrez in zip(labels, self.rows.ids[ENTREZ], strict=True)
        ]


def _refuse_too_large(source: Path, n_samples: int, line_length: int) -> None:
    """Raise BadFileError where all probes of a table do not fit into memory."""
    text = source.stat().st_size * (SHRUNK if source.suffix == ".gz" else 1)
    n_probes = text // max(1, line_length)
    needed, free = COPIES_HELD * 4 * n_probes * n_samples, psutil.virtual_memory().available
    if needed > free:
        raise BadFileError(
            source,
            f"holds about {n_probes:,} probes x {n_samples:,} samples, which take "
            f"{needed / 2**30:.0f} GiB of memory and {free / 2**30:.0f} are free",
            "Choose probes: --probes LIST, --promoters MANIFEST or --most-variable 20000",
        )


def _n_ids(header: Sequence[str], source: Path) -> int:
    """Count the columns before the first barcode; all others must be barcodes."""
    is_sample = [is_barcode(name.strip()) for name in header]
    first = is_sample.index(True)
    if not first:
        raise BadFileError(
            source,
            "has no column that names the features before the first sample",
            "Name the rows in the first column, under a header of its own",
            where="line 1",
        )
    others = [name for name, ok in zip(header[first:], is_sample[first:], strict=True) if not ok]
    if others:
        raise BadFileError(
            source,
            f"is among the samples and no TCGA barcode ({counted(len(others), 'column')})",
            "Keep TCGA's samples only, named by barcode",
            where=f"column {others[0]!r}",
        )
    refuse_repeated(header[:first], "column", source)
    return first


def _features(labels: Sequence[str], genes: GeneTable, source: Path, notes: Notes) -> MatchedGenes:
    """Choose the rows to keep, and name them: probes as they are, genes by symbol."""
    if are_probes(labels):
        refuse_repeated(labels, "row", source)
        positions = [i for i, label in enumerate(labels) if PROBE.match(label)]
        others = [label for label in labels if not PROBE.match(label)]
        notes.count(len(others), "row", "of no CpG probe left out", others)
        return MatchedGenes(positions, [labels[i] for i in positions])
    matched = match_genes(labels, genes, source, notes, Repeated.KEEP_FIRST)
    if not matched.positions:
        raise BadFileError(
            source, f"none of its genes is known: {shown(labels)}", "Bring human genes, by symbol"
        )
    return matched

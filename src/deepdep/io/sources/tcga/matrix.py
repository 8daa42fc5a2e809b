"""Matrices with features in rows and samples in columns: UCSC Xena, cBioPortal, array betas."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.gene_table import GeneTable
from deepdep.domain.omics import Omic
from deepdep.io.barcodes import is_barcode, require_one_length, with_hyphens
from deepdep.io.columns import header_of
from deepdep.io.copy_number_values import Scale, to_log2_ratio
from deepdep.io.feature_rows import FeatureRows, read_feature_rows
from deepdep.io.gene_labels import Repeated, match_genes
from deepdep.io.import_options import ImportOptions
from deepdep.io.labels import refuse_repeated
from deepdep.io.noted import Noted, about, counted
from deepdep.io.sources.tcga.expression import InUnit, log_expression
from deepdep.io.sources.tcga.layouts import COMMENT, Layout
from deepdep.io.sources.tcga.matrix_omic import PROBE, are_probes, omic_of_matrix
from deepdep.io.sources.tcga.names import is_of_no_omic
from deepdep.io.sources.tcga.tumor_table import TumorTable

SYMBOL, ENTREZ = "Hugo_Symbol", "Entrez_Gene_Id"  # cBioPortal's columns


@dataclass(frozen=True)
class _Rows:
    """Rows of a file to keep, under which names; positions and names are of one length."""

    positions: Sequence[int]
    features: Sequence[str]


def read_matrix(source: Path, options: ImportOptions) -> Noted[TumorTable]:
    """Read a matrix of any omic whose columns, but for the first few, are barcodes.

    The first column names the features, and further ones before the barcodes are left out, but
    for cBioPortal's Entrez ids. A gene that is there twice is kept once, and said so.
    """
    if is_of_no_omic(source.name):
        raise BadFileError(
            source, "its name speaks of what is no omic here", "Bring a table of one of the four"
        )
    ids = _id_columns(header_of(source, COMMENT), source)
    read = read_feature_rows(source, ids, comment=COMMENT)
    labels = _labels(read.ids, ids)
    omic = omic_of_matrix(read.values, labels, source)
    known = _features(labels, options.genes, source)
    samples = _samples(read.samples, source)
    in_unit = log_expression(read.values, source) if omic is Omic.EXPRESSION else _as_it_is(read)
    rows = FeatureRows(read.ids, in_unit.value.values, samples.value)
    table = rows.table(known.value.positions, known.value.features)
    ratios = _copy_number(table, omic, options, source)
    size = f"{Layout.MATRIX}: {omic}"
    left_out = _ids_left_out(ids)
    notes = (size, *samples.notes, *left_out, *known.notes, *in_unit.notes, *ratios.notes)
    release = "cBioPortal" if SYMBOL in ids else "UCSC Xena"
    return Noted(
        TumorTable(omic, ratios.value, source, release, in_unit.value.unit),
        about(source.name, notes),
    )


def _id_columns(header: Sequence[str], source: Path) -> list[str]:
    """Return the columns before the first barcode."""
    is_sample = [is_barcode(name.strip()) for name in header]
    first = is_sample.index(True)
    if not first:
        raise BadFileError(
            source,
            "has no column that names the features before the first sample",
            "Name the rows in the first column, under a header of its own",
            where="line 1",
        )
    strangers = [name for name, ok in zip(header[first:], is_sample[first:], strict=True) if not ok]
    if strangers:
        raise BadFileError(
            source,
            f"is among the samples and no TCGA barcode ({counted(len(strangers), 'column')})",
            "Keep TCGA's samples only, named by barcode",
            where=f"column {strangers[0]!r}",
        )
    refuse_repeated(header[:first], "column", source)
    return [*header[:first]]


def _labels(texts: pd.DataFrame, ids: Sequence[str]) -> list[str]:
    names = [name.strip() for name in texts[ids[0]]]
    if ids[0] != SYMBOL or ENTREZ not in ids:
        return names
    return [_label(symbol, entrez) for symbol, entrez in zip(names, texts[ENTREZ], strict=True)]


def _label(symbol: str, entrez: str) -> str:
    """Join the two names of a gene, the way TCGA once did: ``TP53|7157``, ``?|8225``."""
    return f"{symbol or '?'}|{entrez}" if entrez.isdecimal() and entrez.strip("0") else symbol


def _features(labels: Sequence[str], genes: GeneTable, source: Path) -> Noted[_Rows]:
    if are_probes(labels):
        return _probes(labels, source)
    matched = match_genes(labels, genes, source, Repeated.KEEP_FIRST)
    if not matched.value.positions:
        raise BadFileError(
            source, f"none of its genes is known: {shown(labels)}", "Bring human genes, by symbol"
        )
    return Noted(_Rows(matched.value.positions, matched.value.symbols), matched.notes)


def _probes(labels: Sequence[str], source: Path) -> Noted[_Rows]:
    refuse_repeated(labels, "row", source)
    positions = [i for i, label in enumerate(labels) if PROBE.match(label)]
    others = [label for label in labels if not PROBE.match(label)]
    notes = (f"{counted(len(others), 'row')} of no CpG probe left out: {shown(others)}",)
    return Noted(_Rows(positions, [labels[i] for i in positions]), notes if others else ())


def _samples(given: pd.Index, source: Path) -> Noted[pd.Index]:
    samples = with_hyphens(list(given))
    refuse_repeated(samples.value, "column", source)
    require_one_length(samples.value, source, "column")
    return Noted(pd.Index(samples.value, dtype="object"), samples.notes)


def _copy_number(
    table: pd.DataFrame, omic: Omic, options: ImportOptions, source: Path
) -> Noted[pd.DataFrame]:
    """Turn copy number to log2(CN/2) from the scale that the user says it is on, if any."""
    if omic is not Omic.COPY_NUMBER or options.copy_number_unit is None:
        return Noted(table)
    return to_log2_ratio(table, Scale(options.copy_number_unit), source)


def _as_it_is(read: FeatureRows) -> Noted[InUnit]:
    return Noted(InUnit(read.values, None))


def _ids_left_out(ids: Sequence[str]) -> tuple[str, ...]:
    others = [name for name in ids[1:] if name != ENTREZ]
    return (f"columns left out: {shown(others)}",) if others else ()

"""One import: files of one source become files of a cohort, with a report beside them."""

from dataclasses import dataclass, replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.errors import BadFileError, DeepDEPError
from deepdep.domain.gene_table import NO_GENE_TABLE
from deepdep.domain.genome import Assembly
from deepdep.domain.segments import Uncovered
from deepdep.io.atomic import write_text
from deepdep.io.cohort import add_to_cohort, require_replaceable
from deepdep.io.feature_lists import Fills, apply_feature_lists, read_feature_lists
from deepdep.io.gene_sets import read_gene_sets
from deepdep.io.gene_table import read_gene_table
from deepdep.io.import_options import ImportOptions
from deepdep.io.import_report import ImportReport, import_report, without_fingerprint
from deepdep.io.noted import Noted, counted
from deepdep.io.sources.containers import read_containers
from deepdep.io.sources.depmap import read_depmap
from deepdep.io.sources.prep4deepdep import read_prep4deepdep
from deepdep.io.sources.tcga import read_tcga
from deepdep.io.table_folder import import_tables


@dataclass(frozen=True)
class ImportRequest:
    """What a user asks of an import; None where they said nothing.

    Attributes
    ----------
    source
        ``depmap``, ``tcga``, ``prep4deepdep``, ``tables``, ``anndata`` or ``gmt``.
    gene_effect
        Name of the table of gene effects, for ``tables``.
    feature_lists
        Folder whose lists say which features to keep.
    """

    source: str
    path: Path
    gene_effect: str | None = None
    gene_sets: Path | None = None
    genes_table: Path | None = None
    assembly: Assembly | None = None
    bin_width: int | None = None
    copy_number_unit: str | None = None
    feature_lists: Path | None = None
    fills: Fills = Fills.NONE
    allow_missing_features: bool = False


def import_files(request: ImportRequest, target: Path) -> ImportReport:
    """Import into the cohort ``target``; nothing is written unless everything could be read."""
    require_replaceable(target)
    return write_import(read_request(request), target)


def read_request(request: ImportRequest) -> Noted[CohortPart]:
    """Read what is asked for."""
    if request.gene_effect is not None and request.source != "tables":
        raise DeepDEPError(f"--gene-effect: import {request.source} finds its own; leave it out.")
    if request.fills is not Fills.NONE and request.feature_lists is None:
        raise DeepDEPError("--fills: says what fills listed features; add --feature-lists.")
    lists = None if request.feature_lists is None else read_feature_lists(request.feature_lists)
    genes = NO_GENE_TABLE if request.genes_table is None else read_gene_table(request.genes_table)
    bins = request.bin_width if lists is None else lists.bins or request.bin_width
    uncovered = Uncovered.ZERO if request.fills is Fills.PUBLISHED else Uncovered.MISSING
    options = ImportOptions(genes, request.assembly, bins, request.copy_number_unit, uncovered)
    read = _with_gene_sets(_read(request, options), request.gene_sets)
    if lists is None:
        return read
    listed = apply_feature_lists(
        read.value,
        lists,
        request.fills,
        allow_missing=request.allow_missing_features,
        genes=genes,
    )
    return Noted(listed.value, (*read.notes, *listed.notes))


def write_import(imported: Noted[CohortPart], target: Path) -> ImportReport:
    """Write the files that were imported into the cohort ``target``, and the report beside it.

    Other files of a cohort that is there stay as they are, and so does the report on them in
    ``<target>.import.txt``. Genes without a fingerprint, if any, are listed in
    ``<target>.genes_without_fingerprint.txt``.
    """
    part = imported.value
    report = import_report(part, imported.notes)
    kept = add_to_cohort(part, target)
    if kept:
        more = f"{target.name}: stays as it was: {', '.join(kept)}"
        report = ImportReport((*report.lines, more), report.counts)
    _write_report(report, target.with_name(f"{target.name}.import.txt"), after_others=bool(kept))
    bare = without_fingerprint(part)
    if bare:
        names = target.with_name(f"{target.name}.genes_without_fingerprint.txt")
        write_text("".join(f"{gene}\n" for gene in bare), names)
    return report


def _read(request: ImportRequest, options: ImportOptions) -> Noted[CohortPart]:
    path = request.path
    match request.source:
        case "depmap":
            return read_depmap(path, options)
        case "tcga":
            return read_tcga(path, options)
        case "prep4deepdep":
            return read_prep4deepdep(path, options)
        case "anndata":
            return read_containers(path)
        case "gmt":
            return _with_gene_sets(Noted(CohortPart()), path)
        case _:
            return import_tables(path, request.gene_effect, options.genes)


def _with_gene_sets(read: Noted[CohortPart], source: Path | None) -> Noted[CohortPart]:
    if source is None:
        return read
    if read.value.gene_sets is not None:
        raise BadFileError(source, "the import brings gene sets of its own", "Leave this one out")
    gene_sets = read_gene_sets(source)
    note = f"{source.name}: {counted(len(gene_sets), 'gene set')}"
    return Noted(replace(read.value, gene_sets=gene_sets), (*read.notes, note))


def _write_report(report: ImportReport, target: Path, *, after_others: bool) -> None:
    earlier = target.read_text(encoding="utf-8") if after_others and target.exists() else ""
    write_text(earlier + "".join(f"{line}\n" for line in report.lines), target)

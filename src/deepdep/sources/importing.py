"""What a user asks of an import, the reading of it, and what it took and left out."""

from dataclasses import dataclass, replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.fingerprints import genes_without_fingerprint
from deepdep.domain.genome import Assembly, Uncovered
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.domain.notes import Count, Notes, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.gene_sets import read_gene_sets
from deepdep.sources.anndata.read import read_containers
from deepdep.sources.depmap.release import read_depmap
from deepdep.sources.feature_lists import Fills, apply_feature_lists, read_feature_lists
from deepdep.sources.gene_names import read_gene_table
from deepdep.sources.options import ImportOptions
from deepdep.sources.prep4deepdep.read import read_prep4deepdep
from deepdep.sources.tables.read import import_tables
from deepdep.sources.tcga.read import read_tcga


@dataclass(frozen=True)
class ImportReport:
    """What happened to the files, line by line, for people; and what came of it, for programs."""

    lines: tuple[str, ...]
    counts: dict[str, int]


def import_report(part: CohortPart, notes: Notes) -> ImportReport:
    """Report the notes taken while files were read, and what they amount to."""
    summary = (*_cell_lines(part), *_labels(part), *_tumors(part), *_gene_sets(part))
    lines = (*notes.lines(), *(f"cohort: {line}" for line in summary))
    return ImportReport(lines, _counts(part))


def without_fingerprint(part: CohortPart) -> list[str]:
    """Genes with a gene effect that are in no gene set; none where the part lacks either."""
    if part.gene_effect is None or part.gene_sets is None:
        return []
    return genes_without_fingerprint(list(part.gene_effect.table.columns), part.gene_sets)


def _cell_lines(part: CohortPart) -> list[str]:
    if part.cell_lines is None:
        return []
    obs = part.cell_lines.obs
    patients = counted(obs["patient_id"].nunique(), "patient")
    n_lineages = counted(obs["lineage"].nunique(), "lineage")
    return [f"{counted(len(obs), 'cell line')} of {patients} and {n_lineages}"]


def _labels(part: CohortPart) -> list[str]:
    if part.gene_effect is None:
        return []
    n_lines, n_genes = part.gene_effect.table.shape
    size = f"{counted(n_lines, 'labelled line')} x {counted(n_genes, 'gene')}"
    says = [f"{size}, kind {part.gene_effect.kind}"]
    if part.cell_lines is not None:
        n_bare = n_lines - int(part.gene_effect.table.index.isin(part.cell_lines.obs.index).sum())
        says += [f"{counted(n_bare, 'line')} without any omic"] if n_bare else []
    if part.gene_sets is not None:
        says.append(f"{counted(len(without_fingerprint(part)), 'gene')} in no gene set")
    return ["; ".join(says)]


def _tumors(part: CohortPart) -> list[str]:
    tumors = part.tumors
    if tumors is None:
        return ["no tumors"] if part.cell_lines is not None else []
    shared = [_shared_features(part, omic) for omic in Omic if omic in tumors.omics]
    return ["; ".join((counted(len(tumors.obs), "tumor"), *filter(None, shared)))]


def _gene_sets(part: CohortPart) -> list[str]:
    if part.gene_sets is None:
        return []
    n_genes = len(set().union(*part.gene_sets.values()))
    return [f"{counted(len(part.gene_sets), 'gene set')} of {counted(n_genes, 'gene')}"]


def _shared_features(part: CohortPart, omic: Omic) -> str:
    if part.tumors is None or part.cell_lines is None:
        return ""
    if omic not in part.cell_lines.omics:
        return f"{omic} in tumors only"
    tumor_features = part.tumors.omics[omic].columns
    shared = tumor_features.intersection(part.cell_lines.omics[omic].columns)
    return f"{counted(len(shared), f'{omic} feature')} shared with the cell lines"


def _counts(part: CohortPart) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, samples in (("cell_lines", part.cell_lines), ("tumors", part.tumors)):
        if samples is not None:
            counts[name] = len(samples.obs)
            tables = samples.tables.items()
            counts |= {f"{name}/{table_name}": len(known.table) for table_name, known in tables}
    if part.gene_effect is not None:
        counts["labelled_cell_lines"], counts["genes"] = part.gene_effect.table.shape
    if part.gene_sets is not None:
        counts["gene_sets"] = len(part.gene_sets)
    return counts


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


def read_request(request: ImportRequest, notes: Notes) -> CohortPart:
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
    part = _with_gene_sets(_read(request, options, notes), request.gene_sets, notes)
    if lists is None:
        return part
    return apply_feature_lists(
        part, lists, request.fills, notes, allow_missing=request.allow_missing_features, genes=genes
    )


def _read(request: ImportRequest, options: ImportOptions, notes: Notes) -> CohortPart:
    path = request.path
    match request.source:
        case "depmap":
            return read_depmap(path, options, notes)
        case "tcga":
            return read_tcga(path, options, notes)
        case "prep4deepdep":
            return read_prep4deepdep(path, options, notes)
        case "anndata":
            return read_containers(path, notes)
        case "gmt":
            return _with_gene_sets(CohortPart(), path, notes)
        case _:
            return import_tables(path, request.gene_effect, notes, options.genes)


def _with_gene_sets(part: CohortPart, source: Path | None, notes: Notes) -> CohortPart:
    if source is None:
        return part
    if part.gene_sets is not None:
        raise BadFileError(source, "the import brings gene sets of its own", "Leave this one out")
    gene_sets = read_gene_sets(source)
    notes.about(source.name).add(Count(len(gene_sets), "gene set"))
    return replace(part, gene_sets=gene_sets)

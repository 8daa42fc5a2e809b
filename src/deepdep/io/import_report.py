"""What an import took, changed and left out."""

from dataclasses import dataclass

from deepdep.domain.cohort import Cohort
from deepdep.domain.fingerprints import genes_without_fingerprint
from deepdep.domain.omics import Omic
from deepdep.io.noted import about, counted


@dataclass(frozen=True)
class ImportReport:
    """What happened to the files, line by line, for people; and what came of it, for programs."""

    lines: tuple[str, ...]
    counts: dict[str, int]


def import_report(cohort: Cohort, notes: tuple[str, ...]) -> ImportReport:
    """Report the notes taken while a cohort was read, and what it amounts to."""
    summary = [_cell_lines(cohort), *_labels(cohort), *_tumors(cohort)]
    return ImportReport((*notes, *about("cohort", tuple(summary))), _counts(cohort))


def _cell_lines(cohort: Cohort) -> str:
    obs = cohort.cell_lines.obs
    patients = counted(obs["patient_id"].nunique(), "patient")
    n_lineages = counted(obs["lineage"].nunique(), "lineage")
    return f"{counted(len(obs), 'cell line')} of {patients} and {n_lineages}"


def _labels(cohort: Cohort) -> list[str]:
    if cohort.gene_effect is None:
        return []
    n_lines, n_genes = cohort.gene_effect.table.shape
    size = f"{counted(n_lines, 'labelled line')} x {counted(n_genes, 'gene')}"
    line = f"{size}, kind {cohort.gene_effect.kind}"
    if cohort.gene_sets is None:
        return [line]
    bare = genes_without_fingerprint(list(cohort.gene_effect.table.columns), cohort.gene_sets)
    return [f"{line}; {counted(len(bare), 'gene')} in no gene set"]


def _tumors(cohort: Cohort) -> list[str]:
    tumors = cohort.tumors
    if tumors is None:
        return ["no tumors"]
    shared = [_shared_features(cohort, omic) for omic in Omic if omic in tumors.omics]
    return [f"{counted(len(tumors.obs), 'tumor')}; {'; '.join(shared)}"]


def _shared_features(cohort: Cohort, omic: Omic) -> str:
    tumors, cell_lines = cohort.tumors, cohort.cell_lines
    if tumors is None or omic not in cell_lines.omics:
        return f"{omic} in tumors only"
    shared = tumors.omics[omic].columns.intersection(cell_lines.omics[omic].columns)
    return f"{counted(len(shared), f'{omic} feature')} shared with the cell lines"


def _counts(cohort: Cohort) -> dict[str, int]:
    counts = {"cell_lines": len(cohort.cell_lines.obs)}
    counts |= {f"cell_lines/{o}": len(table) for o, table in cohort.cell_lines.omics.items()}
    if cohort.tumors is not None:
        counts["tumors"] = len(cohort.tumors.obs)
        counts |= {f"tumors/{o}": len(table) for o, table in cohort.tumors.omics.items()}
    if cohort.gene_effect is not None:
        counts["labelled_cell_lines"], counts["genes"] = cohort.gene_effect.table.shape
    if cohort.gene_sets is not None:
        counts["gene_sets"] = len(cohort.gene_sets)
    return counts

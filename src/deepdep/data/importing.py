"""One import: files of one source become files of a cohort, with a report beside them.

Apart from ``cohort``, which every stage reads by: no stage is to depend on the sources.
"""

from dataclasses import dataclass
from pathlib import Path

from deepdep.data.cohort import add_to_cohort, require_replaceable
from deepdep.domain.cohort import CohortPart
from deepdep.domain.fingerprints import genes_without_fingerprint
from deepdep.domain.notes import Notes, counted
from deepdep.domain.omics import Omic
from deepdep.io.files import sole_writer, write_text
from deepdep.sources.importing import ImportRequest


@dataclass(frozen=True)
class ImportReport:
    """What happened to the files, line by line, for people; and what came of it, for programs."""

    lines: tuple[str, ...]
    counts: dict[str, int]


def import_files(request: ImportRequest, target: Path) -> ImportReport:
    """Import into the cohort ``target``; nothing is written unless everything could be read."""
    require_replaceable(target)
    notes = Notes()
    return write_import(request.read(notes), notes, target)


def write_import(part: CohortPart, notes: Notes, target: Path) -> ImportReport:
    """Write the files that were imported into the cohort ``target``, and the report beside it.

    Other files of a cohort that is there stay as they are, and so does the report on them in
    ``<target>.import.txt``. Genes without a fingerprint, if any, are listed in
    ``<target>.genes_without_fingerprint.txt``.
    """
    with sole_writer(target):  # of two imports at once, the second adds to what the first wrote
        return _written(part, notes, target)


def _written(part: CohortPart, notes: Notes, target: Path) -> ImportReport:
    report = import_report(part, notes)
    kept = add_to_cohort(part, target)
    if kept:
        more = f"{target.name}: stays as it was: {', '.join(kept)}"
        report = ImportReport((*report.lines, more), report.counts)
    beside = target.with_name(f"{target.name}.import.txt")
    earlier = beside.read_text(encoding="utf-8") if kept and beside.exists() else ""
    write_text(earlier + "".join(f"{line}\n" for line in report.lines), beside)
    bare = without_fingerprint(part)
    if bare:
        names = target.with_name(f"{target.name}.genes_without_fingerprint.txt")
        write_text("".join(f"{gene}\n" for gene in bare), names)
    return report


def import_report(part: CohortPart, notes: Notes) -> ImportReport:
    """Report the notes taken while files were read, and what they amount to."""
    summary = [*_labels(part), *_tumors(part)]
    if part.cell_lines is not None:
        obs = part.cell_lines.obs
        patients = counted(obs["patient_id"].nunique(), "patient")
        lineages = counted(obs["lineage"].nunique(), "lineage")
        summary.insert(0, f"{counted(len(obs), 'cell line')} of {patients} and {lineages}")
        summary += _assays(list(part.cell_lines.tables))
    if part.gene_sets is not None:
        n_genes = len(set().union(*part.gene_sets.values()))
        summary.append(f"{counted(len(part.gene_sets), 'gene set')} of {counted(n_genes, 'gene')}")
    lines = (*notes.lines(), *(f"cohort: {line}" for line in summary))
    return ImportReport(lines, _counts(part))


def without_fingerprint(part: CohortPart) -> list[str]:
    """Genes with a gene effect that are in no gene set; none where the part lacks either."""
    if part.gene_effect is None or part.gene_sets is None:
        return []
    return genes_without_fingerprint(list(part.gene_effect.table.columns), part.gene_sets)


def _labels(part: CohortPart) -> list[str]:
    if part.gene_effect is None:
        return []
    n_lines, n_genes = part.gene_effect.table.shape
    size = f"{counted(n_lines, 'labelled line')} x {counted(n_genes, 'gene')}"
    facts = [f"{size}, kind {part.gene_effect.kind}"]
    if part.cell_lines is not None:
        n_bare = n_lines - int(part.gene_effect.table.index.isin(part.cell_lines.obs.index).sum())
        facts += [f"{counted(n_bare, 'line')} without any omic"] if n_bare else []
    if part.gene_sets is not None:
        facts.append(f"{counted(len(without_fingerprint(part)), 'gene')} in no gene set")
    return ["; ".join(facts)]


def _assays(tables: list[str]) -> list[str]:
    """Say how several assays of an omic are read, where there are any."""
    omics = [table for table in tables if table in set(Omic)]
    if len(omics) == len(tables):
        return []
    return [
        f"`omics: [{', '.join(tables)}]` in params.yaml would read each of its tables as a block; "
        "an assay that it does not name fills its omic where lines lack that"
    ]


def _tumors(part: CohortPart) -> list[str]:
    tumors = part.tumors
    if tumors is None:
        return ["no tumors"] if part.cell_lines is not None else []
    shared = [_shared_features(part, name) for name in tumors.tables]
    return ["; ".join((counted(len(tumors.obs), "tumor"), *filter(None, shared)))]


def _shared_features(part: CohortPart, name: str) -> str:
    if part.tumors is None or part.cell_lines is None:
        return ""
    if name not in part.cell_lines.tables:
        return f"{name} in tumors only"
    tumor_features = part.tumors.tables[name].table.columns
    shared = tumor_features.intersection(part.cell_lines.tables[name].table.columns)
    return f"{counted(len(shared), f'{name} feature')} shared with the cell lines"


def _counts(part: CohortPart) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, samples in (("cell_lines", part.cell_lines), ("tumors", part.tumors)):
        if samples is not None:
            counts[name] = len(samples.obs)
            tables = samples.tables.items()
            counts |= {f"{name}/{table_name}": len(of_omic.table) for table_name, of_omic in tables}
    if part.gene_effect is not None:
        counts["labelled_cell_lines"], counts["genes"] = part.gene_effect.table.shape
    if part.gene_sets is not None:
        counts["gene_sets"] = len(part.gene_sets)
    return counts

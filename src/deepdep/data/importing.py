"""One import: files of one source become files of a cohort, with a report beside them."""

from pathlib import Path

from deepdep.data.cohort import add_to_cohort, require_replaceable
from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes
from deepdep.io.files import write_text
from deepdep.sources.importing import (
    ImportReport,
    ImportRequest,
    import_report,
    read_request,
    without_fingerprint,
)


def import_files(request: ImportRequest, target: Path) -> ImportReport:
    """Import into the cohort ``target``; nothing is written unless everything could be read."""
    require_replaceable(target)
    notes = Notes()
    return write_import(read_request(request, notes), notes, target)


def write_import(part: CohortPart, notes: Notes, target: Path) -> ImportReport:
    """Write the files that were imported into the cohort ``target``, and the report beside it.

    Other files of a cohort that is there stay as they are, and so does the report on them in
    ``<target>.import.txt``. Genes without a fingerprint, if any, are listed in
    ``<target>.genes_without_fingerprint.txt``.
    """
    report = import_report(part, notes)
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


def _write_report(report: ImportReport, target: Path, *, after_others: bool) -> None:
    earlier = target.read_text(encoding="utf-8") if after_others and target.exists() else ""
    write_text(earlier + "".join(f"{line}\n" for line in report.lines), target)

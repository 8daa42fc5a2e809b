"""The study of each tumour, from clinical tables, sample sheets and the names of files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.lineages import study_code
from deepdep.io.barcodes import patient_of, with_hyphens
from deepdep.io.columns import Choice, read_columns
from deepdep.io.labels import refuse_repeated
from deepdep.io.sources.tcga.layouts import COMMENT, STUDIES, STUDY_NAMES, first_of
from deepdep.io.sources.tcga.names import study_of_name
from deepdep.io.sources.tcga.tumor_table import TumorTable
from deepdep.io.text_files import open_text

PROJECT = "Project ID"  # in the GDC's sample sheet
META_STUDY = "meta_study.txt"  # cBioPortal's, a line `key: value` each


def read_studies(sources: Sequence[Path], tables: Iterable[TumorTable]) -> pd.Series:
    """Study of patients, as its TCGA code where it has one; index patient.

    A clinical table or sample sheet comes first, then what the name of a tumour's file or the
    ``meta_study.txt`` beside it says, then a clinical table's other words, such as
    ``Breast Cancer``. A patient in two studies is a BadFileError.
    """
    codes: dict[str, str] = {}
    words: dict[str, str] = {}
    for source in sources:
        for patient, study in _read(source):
            code = study_code(study)
            if code is None:
                words.setdefault(patient, study)
            elif codes.setdefault(patient, code) != code:
                raise BadFileError(
                    source,
                    f"is of two studies, {codes[patient]} and {code}",
                    "Keep one row, or one table",
                    where=f"patient {patient!r}",
                )
    by_file = {patient_of(n): study for t in tables for n, study in _of_file(t)}
    return pd.Series(words | by_file | codes, dtype=object)


def study_of_folder(folder: Path) -> str | None:
    """TCGA code in the ``meta_study.txt`` of a cBioPortal study; None without one."""
    source = folder / META_STUDY
    if not source.is_file():
        return None
    with open_text(source) as text:
        pairs = [line.partition(":") for line in text]
    meta = {key.strip(): value.strip() for key, _, value in pairs}
    prefix = meta.get("cancer_study_identifier", "").split("_")[0]
    return study_code(meta.get("type_of_cancer", "")) or study_code(prefix)


def _read(source: Path) -> list[tuple[str, str]]:
    def choose(header: list[str]) -> Choice:
        chosen = [
            name for name in (first_of(STUDY_NAMES, header), first_of(STUDIES, header)) if name
        ]
        refuse_repeated([name for name in header if name in chosen], "column", source)
        return Choice([header.index(name) for name in chosen], [])

    rows = read_columns(source, choose, comment=COMMENT).texts
    names, studies = rows.iloc[:, 0].str.strip(), rows.iloc[:, 1].str.strip()
    if studies.name == PROJECT:  # once per sample of a file
        studies = studies.str.split(",").str[0]
    barcodes = with_hyphens(list(names)).value
    pairs = zip(map(patient_of, barcodes), studies, strict=True)
    return [(patient, study) for patient, study in pairs if study]


def _of_file(table: TumorTable) -> list[tuple[str, str]]:
    folder = table.source if table.source.is_dir() else table.source.parent
    study = study_of_name(table.source.name) or study_of_folder(folder)
    return [] if study is None else [(name, study) for name in table.values.index]

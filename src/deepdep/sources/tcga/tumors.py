"""From what TCGA's files bring to one tumour per patient, of a known study."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.genome import Assembly
from deepdep.domain.lineages import study_code
from deepdep.domain.notes import Notes, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, read_columns
from deepdep.io.names import refuse_repeated
from deepdep.io.tables import read_annotations
from deepdep.io.text import open_text
from deepdep.sources.barcodes import is_normal, patient_of, with_hyphens
from deepdep.sources.tcga.layouts import COMMENT, STUDIES, STUDY_NAMES, first_of, study_of_name


@dataclass(frozen=True)
class TumorTable:
    """What was measured, before one tumour per patient is chosen.

    Attributes
    ----------
    values
        Shape (barcode, feature), float32 or uint8, NaN where nothing was measured.
    unit
        Name of a unit in ``domain.omics.UNITS``; None where the values tell.
    source
        The file, or the folder of several.
    release
        Where it comes from, in words.
    assembly
        The build, where features are bins.
    """

    omic: Omic
    values: pd.DataFrame
    source: Path
    release: str
    unit: str | None = None
    assembly: Assembly | None = None

    @property
    def kind(self) -> str:
        """How copy number is given: in bins, as calls or as ratios, by gene."""
        if self.assembly is not None:
            return "bins"
        values = self.values.to_numpy()
        some = values[: max(1, 1_000_000 // values.shape[1])]
        measured = some[~np.isnan(some)]
        return "calls" if (np.floor(measured) == measured).all() else "log2(CN/2)"


def one_table_per_omic(
    tables: Sequence[TumorTable], notes: Notes, *, bins_asked_for: bool
) -> dict[Omic, TumorTable]:
    """Join tables of different tumours, and choose where two are of the same.

    Copy number has an order: bins where they were asked for, then log2(CN/2) by gene, then calls.
    Two tables of another omic with a tumour of the same patient are a BadFileError.
    """
    chosen: dict[Omic, TumorTable] = {}
    for omic in Omic:
        of_omic = [table for table in tables if table.omic is omic]
        if omic is Omic.COPY_NUMBER:
            of_omic = _best_copy_number(of_omic, notes, bins_asked_for=bins_asked_for)
        if of_omic:
            chosen[omic] = _joined(of_omic, notes)
    return chosen


def _best_copy_number(
    tables: Sequence[TumorTable], notes: Notes, *, bins_asked_for: bool
) -> list[TumorTable]:
    """Keep the tables of the best kind that there is."""
    if not tables:
        return []
    kinds = [table.kind for table in tables]
    if bins_asked_for and "bins" not in kinds:
        raise BadFileError(
            tables[0].source,
            "is by gene, but bins were asked for",
            "Bring a file of segments, or ask for no bins",
        )
    order = ("bins", "log2(CN/2)", "calls") if bins_asked_for else ("log2(CN/2)", "calls", "bins")
    best = next(kind for kind in order if kind in kinds)
    for table, kind in zip(tables, kinds, strict=True):
        if kind != best:
            notes.about(table.source.name).add(f"{kind} left out, {best} being there")
    return [table for table, kind in zip(tables, kinds, strict=True) if kind == best]


def _joined(tables: Sequence[TumorTable], notes: Notes) -> TumorTable:
    """Put tables of one omic under one another; features that one lacks are missing there."""
    first = tables[0]
    if len(tables) == 1:
        return first
    source = first.source.parent
    seen: dict[str, Path] = {}
    for table in tables:
        for patient in {patient_of(name) for name in table.values.index if not is_normal(name)}:
            if seen.setdefault(patient, table.source) != table.source:
                raise BadFileError(
                    table.source,
                    f"has a tumour in {seen[patient].name} too, both tables of {table.omic}",
                    "Keep one of the two files",
                    where=f"patient {patient!r}",
                )
        if (table.unit, table.assembly) != (first.unit, first.assembly):
            raise BadFileError(
                table.source,
                f"is in {table.unit or table.assembly}, and {first.source.name} in "
                f"{first.unit or first.assembly}",
                "Import tables of one unit",
            )
    values = pd.concat([table.values for table in tables])
    shared = set.intersection(*(set(table.values.columns) for table in tables))
    release = "; ".join(sorted({table.release for table in tables}))
    n_features = counted(values.shape[1], "feature")
    note = f"{len(tables)} files united, {n_features} of which {len(shared):,} are in all"
    notes.about(first.omic).add(note)
    return TumorTable(first.omic, values, source, release, first.unit, first.assembly)


SampleSheet = Mapping[str, str]  # Sample ID, such as TCGA-3C-AAAU-01A, by name of the file


def read_sample_sheets(sources: Sequence[Path]) -> SampleSheet:
    """Read any number of sheets; files of several samples, such as MAF files, are left out.

    A file that two rows give to different samples is a BadFileError.
    """
    samples: dict[str, str] = {}
    for source in sources:
        table = read_annotations(source)
        for file, names in zip(table["File Name"], table["Sample ID"], strict=True):
            distinct = {name.strip() for name in names.split(",")}
            if len(distinct) > 1:  # the tumour and its normal
                continue
            sample = distinct.pop()
            if samples.setdefault(file, sample) != sample:
                raise BadFileError(
                    source,
                    f"is of two samples, {samples[file]!r} and {sample!r}",
                    "Bring the sheet of the files that are there",
                    where=f"File Name {file!r}",
                )
    return samples


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
    by_file: dict[str, str] = {}
    for table in tables:
        folder = table.source if table.source.is_dir() else table.source.parent
        of_file = study_of_name(table.source.name) or study_of_folder(folder)
        if of_file is not None:
            by_file |= dict.fromkeys(map(patient_of, table.values.index), of_file)
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
    barcodes = with_hyphens(list(names), Notes())
    pairs = zip(map(patient_of, barcodes), studies, strict=True)
    return [(patient, study) for patient, study in pairs if study]

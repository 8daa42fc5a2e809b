"""From what TCGA's files bring to one tumour per patient, of a known study."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.genome import Assembly
from deepdep.domain.lineages import LINEAGE_BY_JOINT_STUDY, study_code
from deepdep.domain.notes import Notes, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, read_columns
from deepdep.io.names import refuse_quotes, refuse_repeated
from deepdep.io.tables import read_annotations
from deepdep.sources.barcodes import is_normal, patient_of, with_hyphens
from deepdep.sources.tcga.layouts import (
    COMMENT,
    META_STUDY,
    ONCOTREE,
    SMALL_ARRAY,
    STUDIES,
    STUDY_NAMES,
    first_of,
    read_meta,
)
from deepdep.sources.units import are_calls


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
        """How the omic is given, in a word of ``BEST_FIRST``; mutations have one kind only."""
        if self.assembly is not None:
            return "bins"
        if self.omic is Omic.METHYLATION:
            return "27k betas" if SMALL_ARRAY.search(self.source.name) else "betas"
        if self.omic is not Omic.COPY_NUMBER:
            return self.taken_unit or str(self.omic)
        is_call = are_calls(self.values.to_numpy()) if self.unit is None else self.unit == "call"
        return "calls" if is_call else RATIOS

    @property
    def taken_unit(self) -> str | None:
        """The unit, or what it is taken for where nothing told it."""
        return self.unit or ("log2(norm_count+1)" if self.omic is Omic.EXPRESSION else None)

    @property
    def patients(self) -> set[str]:
        """Patients whose tumours are in it."""
        return {patient_of(name) for name in self.values.index if not is_normal(name)}


RATIOS = "log2(CN/2)"

# Where tables of an omic are of the same tumours, the best kind is taken.
BEST_FIRST = (
    *("bins", RATIOS, "calls"),
    *("log2(TPM+1)", "log2(norm_count+1)", "z-score"),
    *("betas", "27k betas"),
    *("0/1", str(Omic.MUTATION)),
)


def one_table_per_omic(
    tables: Sequence[TumorTable], notes: Notes, *, bins_requested: bool
) -> dict[Omic, TumorTable]:
    """Join tables of different tumours, and choose where two are of the same.

    Copy number has an order: bins where they were asked for, then log2(CN/2) by gene, then calls.
    TPM come before normalised counts, and larger arrays of methylation before that of 27,000
    probes. Two other tables of an omic with a tumour of the same patient are a BadFileError.
    """
    chosen: dict[Omic, TumorTable] = {}
    for omic in Omic:
        of_omic = [table for table in tables if table.omic is omic]
        if of_omic:
            best = _best(of_omic, notes, bins_requested=bins_requested)
            chosen[omic] = _joined(best, notes)
    return chosen


def _best(tables: Sequence[TumorTable], notes: Notes, *, bins_requested: bool) -> list[TumorTable]:
    """Keep the tables of the best kind that there is, and those of other tumours.

    Copy number of another kind is left out whatever its tumours are.
    """
    kinds = [table.kind for table in tables]
    is_copy_number = tables[0].omic is Omic.COPY_NUMBER
    if is_copy_number and bins_requested and "bins" not in kinds:
        raise BadFileError(
            tables[0].source,
            "is by gene, but bins were asked for",
            "Bring a file of segments, or ask for no bins",
        )
    order = BEST_FIRST if bins_requested else (*BEST_FIRST[1:], "bins")
    best = min(kinds, key=order.index)
    kept = [table for table, kind in zip(tables, kinds, strict=True) if kind == best]
    there = {patient for table in kept for patient in table.patients}
    for table, kind in zip(tables, kinds, strict=True):
        if kind != best and (is_copy_number or there & table.patients):
            notes.about(table.source.name).add(f"{kind} left out, {best} being there")
        elif kind != best:
            kept.append(table)
    return kept


def _joined(tables: Sequence[TumorTable], notes: Notes) -> TumorTable:
    """Put tables of one omic under one another; features that one lacks are missing there."""
    first = tables[0]
    if len(tables) == 1:
        return first
    source = first.source.parent
    seen: dict[str, Path] = {}
    for table in tables:
        for patient in table.patients:
            if seen.setdefault(patient, table.source) != table.source:
                raise BadFileError(
                    table.source,
                    f"has a tumour in {seen[patient].name} too, both tables of {table.omic}",
                    "Keep one of the two files",
                    where=f"patient {patient!r}",
                )
        if (table.taken_unit, table.assembly) != (first.taken_unit, first.assembly):
            raise BadFileError(
                table.source,
                f"is in {table.taken_unit or table.assembly}, and {first.source.name} in "
                f"{first.taken_unit or first.assembly}",
                "Import tables of one unit",
            )
    values = pd.concat([table.values for table in tables])
    shared = set.intersection(*(set(table.values.columns) for table in tables))
    release = "; ".join(sorted({table.release for table in tables}))
    n_features = counted(values.shape[1], "feature")
    note = f"{len(tables)} files united, {n_features} of which {len(shared):,} are in all"
    notes.about(first.omic).add(note)
    unit = next((table.unit for table in tables if table.unit), None)
    return TumorTable(first.omic, values, source, release, unit, first.assembly)


SampleSheet = Mapping[str, str]  # Sample ID, such as TCGA-3C-AAAU-01A, by name of the file


def read_sample_sheets(sources: Sequence[Path]) -> SampleSheet:
    """Read any number of sheets; a file of a tumour and its normal tissue is of the tumour.

    Files of several tumours are left out; one that two rows give to different samples is a
    BadFileError.
    """
    samples: dict[str, str] = {}
    for source in sources:
        table = read_annotations(source)
        refuse_quotes((*table["File Name"], *table["Sample ID"]), "row", source)
        for file, names in zip(table["File Name"], table["Sample ID"], strict=True):
            distinct = {name.strip() for name in names.split(",")}
            if len(distinct) > 1:
                distinct = {name for name in distinct if not is_normal(name)}
            if len(distinct) != 1:
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


_STUDY = re.compile(r"TCGA[.-]([A-Z]{2,4})(?=[._-]|$)")
PROJECT = "Project ID"  # in the GDC's sample sheet


def read_studies(sources: Sequence[Path], tables: Iterable[TumorTable], notes: Notes) -> pd.Series:
    """Study of patients, as its TCGA code where it has one; index patient.

    A clinical table or sample sheet comes first, then what the name of a tumour's file or the
    ``meta_study.txt`` beside it says, then a clinical table's other words: OncoTree's codes,
    studies that portals publish as one, and others such as ``Breast Cancer``. A patient in two
    studies is a BadFileError.
    """
    codes: dict[str, str] = {}
    words: dict[str, str] = {}
    for source in sources:
        column, rows = _read(source)
        notes.about(source.name).count(len(rows), "row", "that names a study")
        for patient, study in rows:
            code = study_code(study)
            if code is None or code in LINEAGE_BY_JOINT_STUDY or column == ONCOTREE:
                words.setdefault(patient, code or study)
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


def study_of_name(name: str) -> str | None:
    """Code of the study in names such as ``TCGA-BRCA.star_tpm.tsv.gz``."""
    found = _STUDY.search(name)
    return None if found is None else study_code(found[1])


def study_of_folder(folder: Path) -> str | None:
    """TCGA code in the ``meta_study.txt`` of a cBioPortal study; None without one."""
    source = folder / META_STUDY
    if not source.is_file():
        return None
    meta = read_meta(source)
    prefix = meta.get("cancer_study_identifier", "").split("_")[0]
    return study_code(meta.get("type_of_cancer", "")) or study_code(prefix)


def _read(source: Path) -> tuple[str, list[tuple[str, str]]]:
    """Return the column of studies, and patient and study by row."""

    def choose(header: list[str]) -> Choice:
        chosen = [
            name for name in (first_of(STUDY_NAMES, header), first_of(STUDIES, header)) if name
        ]
        refuse_repeated([name for name in header if name in chosen], "column", source)
        return Choice([header.index(name) for name in chosen], [])

    rows = read_columns(source, choose, comment=COMMENT).texts
    names, studies = rows.iloc[:, 0].str.strip(), rows.iloc[:, 1].str.strip(' "')
    refuse_quotes(names, "sample", source)
    refuse_quotes(studies, "study", source)
    if studies.name == PROJECT:  # once per sample of a file
        studies = studies.str.split(",").str[0]
    barcodes = with_hyphens(list(names), Notes())
    pairs = zip(map(patient_of, barcodes), studies, strict=True)
    return str(studies.name), [(patient, study) for patient, study in pairs if study]

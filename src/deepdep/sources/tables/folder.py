"""Samples of one source from a folder with one table per omic, and supplements."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import OmicTable, Samples, Source, omic_of, samples_with
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.lineages import UNKNOWN_LINEAGE, lineage_of_study
from deepdep.domain.notes import Noted, about, counted
from deepdep.domain.omics import Omic, table_omic
from deepdep.errors import BadFileError, shown
from deepdep.io.tables import is_annotation, read_table, without_annotations
from deepdep.sources.barcodes import (
    PATIENT,
    one_tumor_per_patient,
    patient_of,
    require_one_length,
    require_tumors,
)
from deepdep.sources.cell_lines import MODEL_TABLE, Models, cell_line_obs, with_model_ids
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.units import recognise_omic, refuse_empty

STUDY = "_cohort"  # column of a tumour table: TCGA study


@dataclass(frozen=True)
class OmicTables:
    """Tables as they were read, annotations included, and where from; by the name of the table."""

    folder: Path
    files: dict[str, Path]
    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        """Name the file as notes do."""
        return f"{self.folder.name}/{self.files[name].name}"


def omic_files(folder: Path) -> dict[str, Path]:
    """Tables named after an omic, such as ``expression.csv.gz`` or ``expression_ccle.csv``.

    The latter is a supplement; the omics' own tables come first. Two of one name are an error.
    """
    files: dict[str, Path] = {}
    for path in _files(folder):
        name = path.name.split(".")[0]
        if table_omic(name) is None:
            continue
        if name in files:
            raise BadFileError(
                path, f"is a second table of {name}", f"Keep it or {files[name].name}"
            )
        files[name] = path
    own = {str(omic): files[omic] for omic in Omic if omic in files}
    return own | {name: files[name] for name in sorted(files) if name not in own}


def read_omic_tables(folder: Path, genes: GeneTable = NO_GENE_TABLE) -> OmicTables:
    """Read the tables of a folder that holds at least one; name genes by symbol.

    A sample or feature of which nothing was measured is a BadFileError.
    """
    files = omic_files(folder)
    if not files:
        wanted = ", ".join(f"{omic}.csv" for omic in Omic)
        raise BadFileError(
            folder, "holds no table of an omic", f"Put any of these there: {wanted} (or .parquet)"
        )
    given = read_omic_files(files, folder, genes)
    left_out = about(folder.name, _files_left_out(folder, files))
    return replace(given, notes=(*given.notes, *left_out))


def read_omic_files(
    files: Mapping[str, Path], folder: Path, genes: GeneTable = NO_GENE_TABLE
) -> OmicTables:
    """Read some tables of a folder, as ``read_omic_tables`` does."""
    tables: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    for name, path in files.items():
        table = read_table(path)
        refuse_empty(without_annotations(table), path)
        is_of_genes = _is_of_genes(omic_of(name), table)
        named = _by_symbol(table, genes, path) if is_of_genes else Noted(table)
        tables[name] = named.value
        notes += about(f"{folder.name}/{path.name}", named.notes)
    return OmicTables(folder, dict(files), tables, tuple(notes))


def _is_of_genes(omic: Omic, table: pd.DataFrame) -> bool:
    """Whether the features are genes; copy number may be of bins, methylation is of places."""
    if omic is Omic.COPY_NUMBER:
        return not without_annotations(table).columns.str.contains("chr[0-9XY]+[_:]").any()
    return omic is not Omic.METHYLATION


def _by_symbol(table: pd.DataFrame, genes: GeneTable, source: Path) -> Noted[pd.DataFrame]:
    named = by_symbol(without_annotations(table), genes, source)
    annotations = table.loc[:, [is_annotation(column) for column in table.columns]]
    return Noted(pd.concat([annotations, named.value], axis=1), named.notes)


def cell_lines_of(given: OmicTables, models: Models) -> Noted[Samples]:
    """Cell lines by ModelID, with patient and lineage from ``models``."""
    notes: list[str] = [*given.notes]
    tables: dict[str, OmicTable] = {}
    for name, table in given.tables.items():
        named = with_model_ids(without_annotations(table), models)
        known = recognise_omic(named.value, omic_of(name), Source.CELL_LINE, given.files[name])
        tables[name] = known.value
        left_out = _annotations_left_out(table)
        notes += about(given.label(name), (*known.notes, *named.notes, *left_out))
    obs = cell_line_obs(_samples_of(tables), models)
    notes += about(given.folder.name, obs.notes)
    return Noted(samples_with(tables, obs.value), tuple(notes))


def tumors_of(given: OmicTables) -> Noted[Samples]:
    """One tumour per patient, with the lineage of its TCGA study where ``_cohort`` tells it.

    Normal tissue is a BadFileError, and so are barcodes of mixed length within a study.
    """
    for name, table in given.tables.items():
        _require_plain_barcodes(table, given.files[name])
    features = {name: without_annotations(table) for name, table in given.tables.items()}
    tumors = one_tumor_per_patient(features)
    notes: list[str] = [*given.notes]
    tables: dict[str, OmicTable] = {}
    for name, table in tumors.value.tables.items():
        known = recognise_omic(table, omic_of(name), Source.TUMOR, given.files[name])
        tables[name] = known.value
        left_out = _annotations_left_out(given.tables[name].drop(columns=STUDY, errors="ignore"))
        notes += about(given.label(name), (*known.notes, *left_out))
    obs = tumor_obs(_samples_of(tables), _studies(given), tumors.value.barcodes)
    notes += about(given.folder.name, (*tumors.notes, *obs.notes))
    return Noted(samples_with(tables, obs.value), tuple(notes))


def _require_plain_barcodes(table: pd.DataFrame, source: Path) -> None:
    require_tumors(table.index, source)
    study = table[STUDY].fillna("") if STUDY in table else pd.Series("", index=table.index)
    for _, names in study.groupby(study).groups.items():
        require_one_length(names, source, "row")


def tumor_obs(names: pd.Index, studies: pd.Series, barcodes: pd.Series) -> Noted[pd.DataFrame]:
    """Patient, study and lineage of tumours that are named by patient."""
    study = studies.reindex(names).fillna("unknown")
    lineage = study.map(lineage_of_study)
    obs = pd.DataFrame(
        {"patient_id": names, "lineage": lineage, "source": str(Source.TUMOR), "cohort": study},
        index=names,
    )
    if barcodes.str.len().gt(PATIENT).any():
        obs = obs.assign(barcode=barcodes.reindex(names))
    unknown = names[lineage == UNKNOWN_LINEAGE]
    if not len(unknown):
        return Noted(obs)
    note = f"{counted(len(unknown), 'tumor')} of unknown study and lineage: {shown(list(unknown))}"
    return Noted(obs, (note,))


def _studies(given: OmicTables) -> pd.Series:
    columns = [table[STUDY] for table in given.tables.values() if STUDY in table]
    if not columns:
        return pd.Series(dtype=object)
    studies = pd.concat(columns).rename(index=patient_of).dropna().astype(str)
    once = (
        studies[studies != ""].reset_index().drop_duplicates().set_axis(["name", "study"], axis=1)
    )
    twice = once["name"][once["name"].duplicated()]
    if len(twice):
        raise BadFileError(
            given.folder,
            f"tumor {twice.iloc[0]!r} is of two studies",
            "Give it one",
            where=f"column {STUDY!r}",
        )
    return once.set_index("name")["study"]


def _samples_of(tables: dict[str, OmicTable]) -> pd.Index:
    return pd.Index(sorted({name for known in tables.values() for name in known.table.index}))


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("[!.]*") if p.is_file()) if folder.is_dir() else []


def _files_left_out(folder: Path, files: Mapping[str, Path]) -> tuple[str, ...]:
    taken = {*files.values(), folder / MODEL_TABLE}
    others = [path.name for path in _files(folder) if path not in taken]
    return tuple(f"{name} left out, not named after an omic" for name in others)


def _annotations_left_out(table: pd.DataFrame) -> tuple[str, ...]:
    columns = [column for column in table.columns if is_annotation(column)]
    return (f"annotations left out: {shown(columns)}",) if columns else ()

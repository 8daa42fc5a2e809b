"""Samples of one source from a folder with one table per omic, and supplements."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import OmicTable, Samples, Source
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.lineages import UNKNOWN_LINEAGE, lineage_of_study
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic, omic_of_table, table_omic
from deepdep.errors import BadFileError, shown
from deepdep.io.tables import is_annotation, read_table, without_annotations
from deepdep.sources.barcodes import (
    PATIENT,
    one_tumor_per_patient,
    patient_of,
    require_one_length,
    require_tumors,
)
from deepdep.sources.cell_lines import MODEL_TABLE, Models
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.units import recognise_omic, refuse_empty

STUDY = "_cohort"  # column of a tumour table: TCGA study


@dataclass(frozen=True)
class OmicTables:
    """Tables as they were read, annotations included, and where from; by the name of the table."""

    folder: Path
    files: dict[str, Path]
    tables: dict[str, pd.DataFrame]

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


def read_omic_tables(folder: Path, notes: Notes, genes: GeneTable = NO_GENE_TABLE) -> OmicTables:
    """Read the tables of a folder that holds at least one; name genes by symbol.

    A sample or feature of which nothing was measured is a BadFileError.
    """
    files = omic_files(folder)
    if not files:
        wanted = ", ".join(f"{omic}.csv" for omic in Omic)
        raise BadFileError(
            folder, "holds no table of an omic", f"Put any of these there: {wanted} (or .parquet)"
        )
    given = read_omic_files(files, folder, notes, genes)
    taken = {*files.values(), folder / MODEL_TABLE}
    for path in _files(folder):
        if path not in taken:
            notes.about(folder.name).add(f"{path.name} left out, not named after an omic")
    return given


def read_omic_files(
    files: Mapping[str, Path], folder: Path, notes: Notes, genes: GeneTable = NO_GENE_TABLE
) -> OmicTables:
    """Read some tables of a folder, as ``read_omic_tables`` does."""
    tables: dict[str, pd.DataFrame] = {}
    for name, path in files.items():
        table = read_table(path)
        values = without_annotations(table)
        refuse_empty(values, path)
        if _are_genes(values.columns, omic_of_table(name)):
            named = by_symbol(values, genes, path, notes.about(f"{folder.name}/{path.name}"))
            annotations = table.loc[:, [is_annotation(column) for column in table.columns]]
            table = pd.concat([annotations, named], axis=1)
        tables[name] = table
    return OmicTables(folder, dict(files), tables)


def _are_genes(features: pd.Index, omic: Omic) -> bool:
    """Whether the features are genes; copy number may be of bins, methylation is of places."""
    if omic is Omic.COPY_NUMBER:
        return not features.str.contains("chr[0-9XY]+[_:]").any()
    return omic is not Omic.METHYLATION


def cell_lines_of(given: OmicTables, models: Models, notes: Notes) -> Samples:
    """Cell lines by ModelID, with patient and lineage from ``models``."""
    tables: dict[str, OmicTable] = {}
    for name, table in given.tables.items():
        of_table = notes.about(given.label(name))
        first = of_table.place()
        named = models.with_ids(without_annotations(table), of_table)
        tables[name] = recognise_omic(
            named, omic_of_table(name), Source.CELL_LINE, given.files[name], first
        )
        _note_annotations(table, of_table)
    obs = models.annotations(_samples_of(tables), notes.about(given.folder.name))
    return Samples.of_tables(tables, obs)


def tumors_of(given: OmicTables, notes: Notes) -> Samples:
    """One tumour per patient, with the lineage of its TCGA study where ``_cohort`` tells it.

    Normal tissue is a BadFileError, and so are barcodes of mixed length within a study.
    """
    for name, table in given.tables.items():
        _require_plain_barcodes(table, given.files[name])
    features = {name: without_annotations(table) for name, table in given.tables.items()}
    by_table, of_all = notes.place(), notes.about(given.folder.name)
    tumors = one_tumor_per_patient(features, of_all)
    tables: dict[str, OmicTable] = {}
    for name, table in tumors.tables.items():
        of_table = by_table.about(given.label(name))
        source = given.files[name]
        tables[name] = recognise_omic(table, omic_of_table(name), Source.TUMOR, source, of_table)
        _note_annotations(given.tables[name].drop(columns=STUDY, errors="ignore"), of_table)
    obs = tumor_obs(_samples_of(tables), _studies(given), tumors.barcodes, of_all)
    return Samples.of_tables(tables, obs)


def _require_plain_barcodes(table: pd.DataFrame, source: Path) -> None:
    require_tumors(table.index, source)
    study = table[STUDY].fillna("") if STUDY in table else pd.Series("", index=table.index)
    for _, names in study.groupby(study).groups.items():
        require_one_length(names, source, "row")


def tumor_obs(
    names: pd.Index, studies: pd.Series, barcodes: pd.Series, notes: Notes
) -> pd.DataFrame:
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
    notes.count(len(unknown), "tumor", "of unknown study and lineage", list(unknown))
    return obs


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


def _note_annotations(table: pd.DataFrame, notes: Notes) -> None:
    columns = [column for column in table.columns if is_annotation(column)]
    if columns:
        notes.add(f"annotations left out: {shown(columns)}")

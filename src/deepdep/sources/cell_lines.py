"""Cell lines: DepMap's Model.csv, which tells patient, lineage and other names; names from R."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.identifiers import r_name
from deepdep.domain.lineages import EARLIER_LINEAGES, LYMPHOID_OF_BLOOD, UNKNOWN_LINEAGE
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError, shown
from deepdep.io.names import refuse_quotes, refuse_repeated
from deepdep.io.tables import read_annotations, table_stem

MODEL_TABLE = "Model.csv"
MODEL_TABLES = ("Model", "sample_info")  # without their ending; the second until 22Q2

_R_MODEL_ID = re.compile(r"ACH\.\d{6}")

Name = TypeVar("Name", bound=str)  # of a table


@dataclass(frozen=True)
class Models:
    """What is known of cell lines.

    Attributes
    ----------
    obs
        One row per ModelID; columns ``patient_id`` and ``lineage``.
    ids
        ModelID by other names of the line, those only that name one line.
    """

    obs: pd.DataFrame
    ids: dict[str, str]

    def with_ids(self, table: pd.DataFrame, notes: Notes) -> pd.DataFrame:
        """Name the samples by ModelID where they have another name of a known line."""
        ids_by_r_name: dict[str, set[str]] = {}  # as R writes the names, in capitals
        for name in (*self.obs.index, *self.ids):
            ids_by_r_name.setdefault(r_name(name).upper(), set()).add(self.ids.get(name, name))
        names = pd.Series(table.index, index=table.index)
        of_one = {name: min(ids) for name, ids in ids_by_r_name.items() if len(ids) == 1}
        in_r = {name: r_name(name).upper() for name in names}
        ids_by_name = {name: of_one[key] for name, key in in_r.items() if key in of_one} | self.ids
        renamed = ~names.isin(self.obs.index) & names.isin(list(ids_by_name))
        if not renamed.any():
            return table
        ids = names.mask(renamed, names.map(ids_by_name))
        kept_ids_first = renamed.sort_values(kind="stable").index
        twice = ids.loc[kept_ids_first].duplicated().loc[table.index]
        notes.count(int(renamed.sum()), "sample", f"given the ModelID in {MODEL_TABLE}")
        repeated = list(names[twice])
        notes.count(len(repeated), "sample", "left out, the line being there already", repeated)
        return table.set_axis(pd.Index(ids)).loc[~twice.to_numpy()]

    def annotations(self, names: pd.Index, notes: Notes) -> pd.DataFrame:
        """Patient, lineage and source of cell lines; a line not listed is its own patient."""
        listed = self.obs.reindex(names)
        unknown = names[listed["patient_id"].isna()]
        fate = f"not in {MODEL_TABLE}, each taken as its own patient, lineage unknown"
        notes.count(len(unknown), "cell line", fate, list(unknown))
        return pd.DataFrame(
            {
                "patient_id": listed["patient_id"].fillna(pd.Series(names, index=names)),
                "lineage": listed["lineage"].fillna(UNKNOWN_LINEAGE),
                "source": str(Source.CELL_LINE),
            }
        )


# Columns, by what releases call them; sample_info.csv, until 22Q2, has the later names.
MODEL_COLUMNS = {
    "ModelID": ("ModelID", "DepMap_ID"),
    "PatientID": ("PatientID", "patient_id"),
    "OncotreeLineage": ("OncotreeLineage", "lineage"),
}
OTHER_NAMES = ("CCLEName", "StrippedCellLineName", "CCLE_Name", "stripped_cell_line_name")

NO_MODELS = Models(pd.DataFrame(columns=["patient_id", "lineage"]), {})


def find_models(folder: Path) -> Path | None:
    """Find a Model.csv, or the sample_info.csv of earlier releases, as any kind of table."""
    there = sorted(folder.glob("[!.]*"), key=lambda path: (len(path.name), path.name))
    named = (path for name in MODEL_TABLES for path in there if table_stem(path) == name)
    return next(named, None)


def with_names_before_r(
    tables: Mapping[Name, pd.DataFrame], source: Path, notes: Notes
) -> dict[Name, pd.DataFrame]:
    """Name samples alike in all tables, where R changed the names of some: ``X22RV1`` is ``22RV1``.

    A name that R makes of two others in the tables, or of another in its own table, is a
    BadFileError: one line under two names would be two patients. Names of different tables that
    differ in case alone become the commonest of them.
    """
    originals: dict[str, set[str]] = {}
    for name in sorted({name for table in tables.values() for name in table.index}):
        if r_name(name) != name:
            originals.setdefault(r_name(name), set()).add(name)
        elif _R_MODEL_ID.fullmatch(name):
            originals[name] = {f"ACH-{name[4:]}"}
    renamed: dict[str, str] = {}
    for table in tables.values():
        for name in table.index[table.index.isin(list(originals))]:
            if len(originals[name]) > 1 or not originals[name].isdisjoint(table.index):
                raise BadFileError(
                    source,
                    f"may be {shown(sorted(originals[name]))}, as R writes that",
                    "Name the samples of all tables alike, each once",
                    where=f"sample {name!r}",
                )
            (renamed[name],) = originals[name]
    pairs = [f"{name} is {original}" for name, original in renamed.items()]
    notes.count(len(renamed), "sample", "given the name that R changed", pairs)
    before_r = dict(tables)
    if renamed:  # else a copy of a large table is costly
        before_r = {name: table.rename(index=renamed) for name, table in tables.items()}
    n_tables = Counter(name for table in before_r.values() for name in table.index)
    spellings: dict[str, list[str]] = {}
    for name in sorted(n_tables, key=lambda name: (-n_tables[name], name)):
        spellings.setdefault(name.upper(), []).append(name)
    cased: dict[str, str] = {}
    for usual, *others in spellings.values():
        same = [usual, *others]
        if others and all(table.index.isin(same).sum() < 2 for table in before_r.values()):
            cased |= dict.fromkeys(others, usual)
    pairs = [f"{name} is {usual}" for name, usual in cased.items()]
    notes.count(len(cased), "sample", "given the capitals that other tables have", pairs)
    if not cased:
        return before_r
    return {name: table.rename(index=cased) for name, table in before_r.items()}


def read_models(source: Path) -> Models:
    """Read a Model.csv or sample_info.csv by the names of its columns."""
    table = read_annotations(source)
    for column, names in MODEL_COLUMNS.items():
        named = [name for name in names if name in table.columns]
        if not named:
            raise BadFileError(source, f"lacks the column {column!r}", "Bring DepMap's Model.csv")
        table = table.rename(columns={named[0]: column})
    refuse_repeated(list(table["ModelID"]), "ModelID", source)
    for column in table.columns.intersection([*MODEL_COLUMNS, *OTHER_NAMES]):
        refuse_quotes(table[column], column, source)
    patient = table["PatientID"]
    lineage = table["OncotreeLineage"].map(lambda lineage: EARLIER_LINEAGES.get(lineage, lineage))
    if "lineage_subtype" in table.columns:  # of sample_info.csv
        of_blood = table["OncotreeLineage"] == "blood"
        is_lymphoid = of_blood & table["lineage_subtype"].isin(LYMPHOID_OF_BLOOD)
        lineage = lineage.mask(is_lymphoid, "Lymphoid")
    obs = pd.DataFrame(
        {
            "patient_id": patient.mask(patient == "", table["ModelID"]),
            "lineage": lineage.mask(lineage == "", UNKNOWN_LINEAGE),
        }
    ).set_axis(pd.Index(table["ModelID"].to_numpy()))
    ids: dict[str, set[str]] = {}
    for column in table.columns.intersection([*OTHER_NAMES]):
        for name, model_id in zip(table[column], table["ModelID"], strict=True):
            ids.setdefault(name, set()).add(model_id)
    return Models(obs, {name: min(ids[name]) for name in ids if name and len(ids[name]) == 1})

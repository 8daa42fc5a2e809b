"""A cohort from a folder of plain tables.

``cell_lines/<omic>.*``, ``cell_lines/Model.csv``, ``tumors/<omic>.*``, ``gene_effect/NAME.*`` and
``gene_sets/*.gmt*``; what is absent is left out. Beside ``<omic>.*`` there may be supplements,
``<omic>_<assay>.*``; the columns of ``clinical.*`` and ``confounders.*`` become those of ``obs``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pandas as pd

from deepdep.domain.cohort import CohortPart, GeneSets, OmicTable, Samples, Source, samples_in
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.lineages import UNKNOWN_LINEAGE, lineage_of_study
from deepdep.domain.notes import Count, Notes
from deepdep.domain.omics import Omic, omic_of_table, table_omic
from deepdep.errors import BadFileError, shown
from deepdep.io.files import require_folder
from deepdep.io.names import checked_samples, refuse_quotes, refuse_repeated
from deepdep.io.tables import (
    is_annotation,
    read_descriptions,
    read_table,
    table_stem,
    without_annotations,
)
from deepdep.sources.barcodes import (
    PATIENT,
    is_simulated,
    one_tumor_per_patient,
    patient_of,
    require_one_length,
    require_tumors,
    with_hyphens,
)
from deepdep.sources.cell_lines import (
    MODEL_TABLE,
    NO_MODELS,
    Models,
    find_models,
    read_models,
    with_names_before_r,
)
from deepdep.sources.gene_effects import read_gene_effect_table, table_named
from deepdep.sources.gene_names import by_symbol, read_public_gene_sets
from deepdep.sources.inspection.contents import are_in_rows
from deepdep.sources.units import NO_UNITS, StatedUnits, omic_table, refuse_empty

DESCRIPTIONS = ("clinical", "confounders")  # tables that are no omic
STUDY = "_cohort"  # column of a tumour table: TCGA study


def import_tables(
    folder: Path,
    gene_effect_name: str | None,
    notes: Notes,
    genes: GeneTable = NO_GENE_TABLE,
    units: StatedUnits = NO_UNITS,
) -> CohortPart:
    """Read a folder of tables; without a gene effect's name the lines stay unlabelled.

    Tumours alone will do where there is nothing to learn: they can be predicted.
    """
    require_folder(folder)
    model_table = find_models(folder / "cell_lines")
    if model_table is None:
        notes.add(f"there is no cell_lines/{MODEL_TABLE}")
    models = NO_MODELS if model_table is None else read_models(model_table)
    notes.about("cell_lines", MODEL_TABLE).count(len(models.obs), "cell line", "listed")
    has_tumors, lines, tumors = bool(omic_files(folder / "tumors")), None, None
    if omic_files(folder / "cell_lines") or gene_effect_name is not None or not has_tumors:
        lines = OmicTables.of_folder(folder / "cell_lines", notes, genes, units).cell_lines(
            models, notes
        )
    else:
        notes.about("cell_lines").add("none; tumors alone can be predicted, not learned from")
    if has_tumors:
        tumors = OmicTables.of_folder(folder / "tumors", notes, genes, units).tumors(notes)
    else:
        notes.about("tumors").add("none")
    gene_effect = None
    if gene_effect_name is None or lines is None:
        notes.about("gene_effect").add("none asked for")
    else:
        source = table_named(gene_effect_name, folder / "gene_effect")
        gene_effect = read_gene_effect_table(source, models, lines.obs.index, notes, genes)
    gene_sets: GeneSets = {}
    for source in sorted((folder / "gene_sets").glob("*.gmt*")):
        of_file = notes.about("gene_sets", source.name)
        more = read_public_gene_sets(source, genes, of_file)
        twice = [name for name in more if name in gene_sets]
        if twice:
            raise BadFileError(source, f"set {twice[0]!r} is in another file too", "Keep one")
        gene_sets |= more
    notes.about("gene_sets").add(Count(len(gene_sets), "set"))
    return CohortPart(lines, tumors, gene_effect, gene_sets or None)


@dataclass(frozen=True)
class OmicTables:
    """Tables as they were read, annotations included, and where from; by the name of the table."""

    folder: Path
    files: dict[str, Path]
    tables: dict[str, pd.DataFrame]
    units: StatedUnits = NO_UNITS
    descriptions: tuple[Path, ...] = ()  # files that are no omic

    def label(self, name: str) -> str:
        """Name the file as notes do."""
        return f"{self.folder.name}/{self.files[name].name}"

    @classmethod
    def read(
        cls,
        files: Mapping[str, Path],
        folder: Path,
        notes: Notes,
        genes: GeneTable = NO_GENE_TABLE,
        units: StatedUnits = NO_UNITS,
    ) -> Self:
        """Read some tables of a folder, as ``of_folder`` does."""
        tables: dict[str, pd.DataFrame] = {}
        for name, path in files.items():
            table = read_table(path)
            names = with_hyphens(list(table.index), notes.about(f"{folder.name}/{path.name}"))
            if names != list(table.index):
                table = table.set_axis(pd.Index(checked_samples(names, path)))
            values = without_annotations(table)
            refuse_empty(values, path)
            if are_in_rows(list(values.index), list(values.columns)):
                remedy = "Transpose the table: samples in rows, features in columns"
                raise BadFileError(path, "is transposed: features are in rows", remedy)
            if are_genes(values.columns, omic_of_table(name)):
                named = by_symbol(values, genes, path, notes.about(f"{folder.name}/{path.name}"))
                annotations = table.loc[:, [is_annotation(column) for column in table.columns]]
                table = pd.concat([annotations, named], axis=1)
            tables[name] = table
        return cls(folder, dict(files), tables, units)

    @classmethod
    def of_folder(
        cls,
        folder: Path,
        notes: Notes,
        genes: GeneTable = NO_GENE_TABLE,
        units: StatedUnits = NO_UNITS,
    ) -> Self:
        """Read the tables of a folder that holds at least one; name genes by symbol.

        A sample or feature of which nothing was measured is a BadFileError.
        """
        files = omic_files(folder)
        if not files:
            wanted = ", ".join(f"{omic}.csv" for omic in Omic)
            raise BadFileError(
                folder,
                "holds no table of an omic",
                f"Put any of these there: {wanted} (or .parquet)",
            )
        described = tuple(path for path in _files(folder) if table_stem(path) in DESCRIPTIONS)
        given = replace(cls.read(files, folder, notes, genes, units), descriptions=described)
        taken = {*files.values(), find_models(folder), *described}
        for path in _files(folder):
            if path not in taken:
                notes.about(folder.name).add(f"{path.name} left out, not named after an omic")
        return given

    def cell_lines(self, models: Models, notes: Notes) -> Samples:
        """Cell lines by ModelID, with patient and lineage from ``models``."""
        tables: dict[str, OmicTable] = {}
        of_names = notes.about(self.folder.name)
        alike = with_names_before_r(self.tables, self.folder, of_names)
        for name, table in alike.items():
            of_table = notes.about(self.label(name))
            first = of_table.place()
            named = models.with_ids(without_annotations(table), of_table)
            tables[name] = omic_table(
                named,
                name,
                self.units.of(name, Source.CELL_LINE),
                Source.CELL_LINE,
                self.files[name],
                first,
            )
            _note_annotations(table, of_table)
        obs = models.annotations(samples_in(tables), notes.about(self.folder.name))
        obs = self.described(obs, models.with_ids, notes)
        return Samples.of_tables(tables, obs)

    def tumors(self, notes: Notes) -> Samples:
        """One tumour per patient, with the lineage of its TCGA study where ``_cohort`` tells it.

        Normal tissue is a BadFileError, and so are barcodes of mixed length within a study.
        """
        for name, table in self.tables.items():
            require_tumors(table.index, self.files[name])
            study = table[STUDY].fillna("") if STUDY in table else pd.Series("", index=table.index)
            for names in study.groupby(study).groups.values():
                require_one_length(names, self.files[name], "row")
        features = {name: without_annotations(table) for name, table in self.tables.items()}
        by_table, of_all = notes.place(), notes.about(self.folder.name)
        tumors = one_tumor_per_patient(features, of_all)
        tables: dict[str, OmicTable] = {}
        for name, table in tumors.tables.items():
            of_table = by_table.about(self.label(name))
            source = self.files[name]
            tables[name] = omic_table(
                table, name, self.units.of(name, Source.TUMOR), Source.TUMOR, source, of_table
            )
            _note_annotations(self.tables[name].drop(columns=STUDY, errors="ignore"), of_table)
        obs = tumor_obs(samples_in(tables), self.studies(), tumors.barcodes, of_all)
        obs = self.described(obs, lambda table, _: table.rename(index=patient_of), notes)
        return Samples.of_tables(tables, obs, simulated=all(map(is_simulated, obs.index)))

    def described(
        self,
        obs: pd.DataFrame,
        named: Callable[[pd.DataFrame, Notes], pd.DataFrame],
        notes: Notes,
    ) -> pd.DataFrame:
        """Add the columns of clinical tables and of confounders, missing where nothing is said.

        Parameters
        ----------
        named
            Names a table's samples as ``obs`` does.
        """
        for path in self.descriptions:
            of_table = notes.about(f"{self.folder.name}/{path.name}")
            table = read_descriptions(path)
            names = with_hyphens(list(table.index), of_table)
            table = named(table.set_axis(pd.Index(names)), of_table)
            repeated = table.index.duplicated()
            of_table.count(int(repeated.sum()), "row", "left out, a further one of the sample")
            table = table.loc[~repeated]
            table = table.set_axis(
                table.columns.str.lstrip("_").str.replace("/", "_per_"), axis="columns"
            )
            refuse_repeated(list(table.columns), "column", path)
            taken = [name for name in table.columns if name in obs.columns]
            of_table.count(len(taken), "column", "left out, told by the import or before", taken)
            table = table.drop(columns=taken)
            unknown = table.index[~table.index.isin(obs.index)]
            if len(unknown) == len(table):
                raise BadFileError(
                    path, "names none of the samples", "Name them as the tables of omics do"
                )
            of_table.count(len(unknown), "row", "left out, of no sample with an omic", [*unknown])
            obs = obs.join(table)
            alike = [name for name in table.columns if obs[name].nunique() < 2]
            of_table.count(len(alike), "column", "with one value in all samples", alike)
            of_table.count(table.shape[1], "column", "added to obs", list(table.columns))
        return obs

    def studies(self) -> pd.Series:
        """Study by patient, where the tables tell it; two of one patient are a BadFileError."""
        columns = [table[STUDY] for table in self.tables.values() if STUDY in table]
        for name, table in self.tables.items():
            refuse_quotes(table.get(STUDY, ()), f"column {STUDY!r},", self.files[name])
        if not columns:
            return pd.Series(dtype=object)
        studies = pd.concat(columns).rename(index=patient_of).dropna().astype(str)
        once = (
            studies[studies != ""]
            .reset_index()
            .drop_duplicates()
            .set_axis(["name", "study"], axis=1)
        )
        twice = once["name"][once["name"].duplicated()]
        if len(twice):
            raise BadFileError(
                self.folder,
                f"tumor {twice.iloc[0]!r} is of two studies",
                "Give it one",
                where=f"column {STUDY!r}",
            )
        return once.set_index("name")["study"]


def are_genes(features: pd.Index, omic: Omic) -> bool:
    """Whether the features are genes; copy number may be of bins, others are of other things."""
    if omic is Omic.COPY_NUMBER:
        return not features.str.contains("chr[0-9XY]+[_:]").any()
    return omic in (Omic.MUTATION, Omic.EXPRESSION)


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
    omics = {str(omic): files[omic] for omic in Omic if omic in files}
    return omics | {name: files[name] for name in sorted(files) if name not in omics}


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


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("[!.]*") if p.is_file()) if folder.is_dir() else []


def _note_annotations(table: pd.DataFrame, notes: Notes) -> None:
    columns = [column for column in table.columns if is_annotation(column)]
    if columns:
        notes.add(f"annotations left out: {shown(columns)}")

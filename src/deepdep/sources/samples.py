"""Samples to predict for, in any of the ways people keep them."""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData

from deepdep.domain.cohort import CELL_LINES, TUMORS, Samples, Source
from deepdep.domain.identifiers import NO_GENE_TABLE, SIMULATED_TUMOR, GeneTable
from deepdep.domain.notes import Notes, UnitChange
from deepdep.domain.omics import Omic, omic_of_table
from deepdep.errors import BadFileError
from deepdep.io.containers import read_modalities, samples_of
from deepdep.io.files import require_path
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata, stated
from deepdep.sources.cell_lines import NO_MODELS, find_models, read_models
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.inspection.contents import are_in_rows
from deepdep.sources.tables.read import OmicTables, are_genes, omic_files
from deepdep.sources.units import (
    NO_UNITS,
    StatedUnits,
    by_probe,
    omic_table,
    refuse_unusable_name,
    require_unit,
)

logger = logging.getLogger(__name__)

CONTAINERS = (".h5mu", ".h5ad")

TUMOR = re.compile(rf"TCGA-|{SIMULATED_TUMOR}")


def read_any_samples(path: Path) -> Samples:
    """Read samples from an ``.h5mu``, an ``.h5ad`` of one omic, or a folder of tables.

    A folder holds one table per omic, such as ``expression.csv.gz``, perhaps supplements, such as
    ``expression_ccle.csv``, and a ``Model.csv``; or it is that of a cohort or of an import that
    has either tumours or cell lines.
    Where ``source`` is not given, TCGA barcodes and simulated tumours are tumours, by their names,
    and all others cell lines. What was changed or left out is logged.
    """
    if path.is_file() and path.suffix in CONTAINERS:
        refuse_damaged(path)
    notes = Notes()
    samples = read_samples(path, notes)
    for note in notes.lines():
        logger.debug(note)
    return samples


def read_samples(
    path: Path, notes: Notes, genes: GeneTable = NO_GENE_TABLE, units: StatedUnits = NO_UNITS
) -> Samples:
    """Do what ``read_any_samples`` does, and note what was changed or left out."""
    samples = _read(path, notes, genes, units)
    given = samples.obs["source"]
    sources = given.mask(given == "unknown", source_of_names(samples.obs.index))
    wrong = sources[~sources.isin(list(Source))]
    if len(wrong):
        raise BadFileError(
            path,
            f"source is {wrong.iloc[0]!r}",
            f"Say one of {', '.join(Source)}, or leave it out",
            where=f"obs, row {wrong.index[0]!r}",
        )
    return replace(samples, obs=samples.obs.assign(source=sources))


def source_of_names(names: pd.Index) -> pd.Series:
    """Tell tumours from cell lines by their identifiers."""
    sources = [str(Source.TUMOR if TUMOR.match(name) else Source.CELL_LINE) for name in names]
    return pd.Series(sources, index=names, dtype=object)


def _read(path: Path, notes: Notes, genes: GeneTable, units: StatedUnits) -> Samples:
    if path.is_dir() and not omic_files(path):
        path = _tumors_or_lines(path)
    if path.is_dir():
        folder = OmicTables.of_folder(path, notes, genes, units)
        if any(TUMOR.match(name) for table in folder.tables.values() for name in table.index):
            return folder.tumors(notes)
        models = find_models(path)
        return folder.cell_lines(NO_MODELS if models is None else read_models(models), notes)
    require_path(path)
    if path.suffix == ".h5mu":
        return _in_stored_units(*read_modalities(path), path, notes, genes, units)
    if path.suffix == ".h5ad":
        matrix = read_anndata(path)
        omic = stated(matrix, "omic", Omic, path)
        return _in_stored_units({omic: matrix}, pd.DataFrame(matrix.obs), path, notes, genes, units)
    raise BadFileError(
        path,
        "is neither .h5mu nor .h5ad nor a folder",
        "Put a table into a folder and name it after its omic, such as expression.csv",
    )


def _tumors_or_lines(folder: Path) -> Path:
    """Return the only part of a cohort, or of what becomes one; the folder where there is none."""
    parts = [folder / name for name in (TUMORS, CELL_LINES) if (folder / name).exists()]
    parts += [folder / name for name in ("tumors", "cell_lines") if omic_files(folder / name)]
    if len(parts) > 1:
        raise BadFileError(
            folder,
            "holds tumors and cell lines",
            f"Name one of them: {' or '.join(map(str, parts))}",
        )
    return parts[0] if parts else folder


def _in_stored_units(
    modalities: dict[str, AnnData],
    obs: pd.DataFrame,
    source: Path,
    notes: Notes,
    genes: GeneTable,
    units: StatedUnits,
) -> Samples:
    """Check units where the file names them; elsewhere the user or the values tell them.

    Genes get their symbols; genes in rows, and ids that ``genes`` does not know, are errors.
    """
    samples = samples_of(modalities, obs, source, None)
    tables = samples.tables
    for name, given in tables.items():
        omic, of_table = omic_of_table(name), notes.about(source.name, name)
        table, uns = given.table, modalities[name].uns
        if are_in_rows(list(table.index), list(table.columns)):
            remedy = "Transpose it: samples in obs, features in var"
            raise BadFileError(source, "is transposed: features are in obs", remedy, where=name)
        if are_genes(table.columns, omic):
            table = by_symbol(table, genes, source, of_table)
        is_tumor = source_of_names(table.index).eq(Source.TUMOR).any()
        origin = Source.TUMOR if is_tumor else Source.CELL_LINE
        stated = units.of(name, origin)
        if omic is Omic.EXPRESSION and "log1p" in uns and stated is None:
            table = in_log2(table, uns["log1p"], uns.get("unit"), source, of_table)
        if "unit" not in uns or (given.is_guess and stated is not None):
            if stated is None and omic is Omic.EXPRESSION:
                refuse_unusable_name(source.name, source)
            tables[name] = omic_table(table, name, stated, origin, source, of_table)
        elif stated in (None, given.unit):
            require_unit(table, given.unit, source)
            if omic is Omic.METHYLATION:
                table = by_probe(table, of_table)
            tables[name] = replace(given, table=table)
        else:
            raise BadFileError(
                source,
                f"says that its {name} is in {given.unit}, and --unit that it is in {stated}",
                f"Leave --unit {name}=... out, or mend the file's uns['unit']",
            )
    measured = {sample for of_omic in tables.values() for sample in of_omic.table.index}
    kept = samples.obs.loc[[sample in measured for sample in samples.obs.index]]
    return Samples.of_tables(
        tables,
        kept,
        assembly=samples.assembly,
        release=samples.release,
        simulated=samples.simulated,
    )


def in_log2(
    table: pd.DataFrame, log1p: object, unit: object, source: Path, notes: Notes
) -> pd.DataFrame:
    """Turn logarithms that scanpy took of x + 1 to those of base 2.

    Parameters
    ----------
    log1p
        What scanpy wrote: a mapping, with ``base`` where that is not e.
    unit
        What the file says the unit is, if it does; a base other than 2 contradicts that.
    """
    base = log1p.get("base") if isinstance(log1p, Mapping) else None
    if base is None or pd.isna(base):
        base = math.e
    if math.isclose(float(base), 2):
        return table
    if unit is not None:
        raise BadFileError(
            source,
            f"uns['log1p'] says logarithms of base {float(base):.4g}, and uns['unit'] {unit}",
            "Remove the one that is wrong",
            where="uns",
        )
    notes.add(UnitChange(f"log1p of base {float(base):.4g}", "base 2"))
    factor = math.log2(float(base))
    return pd.DataFrame(table.to_numpy(np.float64) * factor, table.index, table.columns)

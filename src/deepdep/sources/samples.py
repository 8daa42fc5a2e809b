"""Samples to predict for, in any of the ways people keep them."""

import logging
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
from anndata import AnnData

from deepdep.domain.cohort import Samples, Source
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.containers import read_modalities, samples_of
from deepdep.io.files import require_path
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata, stated
from deepdep.sources.cell_lines import NO_MODELS, find_models, read_models
from deepdep.sources.tables.read import OmicTables
from deepdep.sources.units import (
    NO_UNITS,
    SaidUnits,
    by_probe,
    omic_table,
    refuse_unusable_name,
    require_unit,
)

logger = logging.getLogger(__name__)

CONTAINERS = (".h5mu", ".h5ad")

TCGA = re.compile(r"TCGA-")


def read_any_samples(path: Path) -> Samples:
    """Read samples from an ``.h5mu``, an ``.h5ad`` of one omic, or a folder of tables.

    A folder holds one table per omic, such as ``expression.csv.gz``, perhaps supplements, such as
    ``expression_ccle.csv``, and a ``Model.csv``.
    Where ``source`` is not given, TCGA barcodes are tumours and all others cell lines. What was
    changed or left out is logged.
    """
    if path.is_file() and path.suffix in CONTAINERS:
        refuse_damaged(path)
    notes = Notes()
    samples = read_samples(path, notes)
    for note in notes.lines():
        logger.debug(note)
    return samples


def read_samples(path: Path, notes: Notes, units: SaidUnits = NO_UNITS) -> Samples:
    """Do what ``read_any_samples`` does, and note what was changed or left out."""
    samples = _read(path, notes, units)
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
    sources = [str(Source.TUMOR if TCGA.match(name) else Source.CELL_LINE) for name in names]
    return pd.Series(sources, index=names, dtype=object)


def _read(path: Path, notes: Notes, units: SaidUnits) -> Samples:
    if path.is_dir():
        folder = OmicTables.of_folder(path, notes, units=units)
        if any(TCGA.match(name) for table in folder.tables.values() for name in table.index):
            return folder.tumors(notes)
        models = find_models(path)
        return folder.cell_lines(NO_MODELS if models is None else read_models(models), notes)
    require_path(path)
    if path.suffix == ".h5mu":
        return _in_known_units(*read_modalities(path), path, notes, units)
    if path.suffix == ".h5ad":
        matrix = read_anndata(path)
        omic = stated(matrix, "omic", Omic, path)
        return _in_known_units({omic: matrix}, pd.DataFrame(matrix.obs), path, notes, units)
    raise BadFileError(
        path,
        "is neither .h5mu nor .h5ad nor a folder",
        "Put a table into a folder and name it after its omic, such as expression.csv",
    )


def _in_known_units(
    modalities: dict[str, AnnData],
    obs: pd.DataFrame,
    source: Path,
    notes: Notes,
    units: SaidUnits,
) -> Samples:
    """Check units where the file names them; elsewhere the user or the values tell them."""
    samples = samples_of(modalities, obs, source, None)
    tables = samples.tables
    for name, given in tables.items():
        is_tumor = source_of_names(given.table.index).eq(Source.TUMOR).any()
        origin = Source.TUMOR if is_tumor else Source.CELL_LINE
        said = units.of(name, origin)
        if "unit" not in modalities[name].uns or (given.is_guess and said is not None):
            if said is None and given.omic is Omic.EXPRESSION:
                refuse_unusable_name(source.name, source)
            of_table = notes.about(source.name, name)
            tables[name] = omic_table(given.table, name, said, origin, source, of_table)
        elif said in (None, given.unit):
            require_unit(given.table, given.unit, source)
            if given.omic is Omic.METHYLATION:
                tables[name] = replace(given, table=by_probe(given.table, notes.about(name)))
        else:
            raise BadFileError(
                source,
                f"says that its {name} is in {given.unit}, and --unit that it is in {said}",
                f"Leave --unit {name}=... out, or mend the file's uns['unit']",
            )
    measured = {sample for known in tables.values() for sample in known.table.index}
    kept = samples.obs.loc[[sample in measured for sample in samples.obs.index]]
    return Samples.of_tables(tables, kept, assembly=samples.assembly, release=samples.release)

"""Samples to predict for, in any of the ways people keep them."""

import logging
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import Samples, Source
from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.cohort import read_samples, samples_of
from deepdep.io.depmap import MODEL_TABLE, NO_MODELS, read_models
from deepdep.io.matrices import read_anndata
from deepdep.io.noted import Noted, about
from deepdep.io.omic_values import recognise_omic
from deepdep.io.sample_folder import cell_lines_of, read_omic_tables, tumors_of

logger = logging.getLogger(__name__)

TCGA = re.compile(r"TCGA-")


def read_any_samples(path: Path) -> Samples:
    """Read samples from an ``.h5mu``, an ``.h5ad`` of one omic, or a folder of tables.

    A folder holds one table per omic, such as ``expression.csv.gz``, and perhaps a ``Model.csv``.
    Where ``source`` is not said, TCGA barcodes are tumours and all others cell lines. What was
    changed or left out is logged.
    """
    noted = _read(path)
    for note in noted.notes:
        logger.info(note)
    return _with_sources(noted.value, path)


def source_of_names(names: pd.Index) -> pd.Series:
    """Tell tumours from cell lines by their identifiers."""
    sources = [str(Source.TUMOR if TCGA.match(name) else Source.CELL_LINE) for name in names]
    return pd.Series(sources, index=names, dtype=object)


def _read(path: Path) -> Noted[Samples]:
    if path.is_dir():
        return _read_folder(path)
    if not path.exists():
        raise BadFileError(path, "there is no such file or folder", "Check the path")
    if path.suffix == ".h5mu":
        return Noted(read_samples(path))
    if path.suffix == ".h5ad":
        return _read_h5ad(path)
    raise BadFileError(
        path,
        "is neither .h5mu nor .h5ad nor a folder",
        "Put a table into a folder and name it after its omic, such as expression.csv",
    )


def _read_folder(folder: Path) -> Noted[Samples]:
    tables = read_omic_tables(folder)
    if any(TCGA.match(name) for table in tables.tables.values() for name in table.index):
        return tumors_of(tables)
    models = folder / MODEL_TABLE
    return cell_lines_of(tables, read_models(models) if models.exists() else NO_MODELS)


def _read_h5ad(source: Path) -> Noted[Samples]:
    matrix = read_anndata(source)
    omic = str(matrix.uns.get("omic", ""))
    if omic not in list(Omic):
        raise BadFileError(
            source,
            f"omic is {omic!r}",
            f"Set uns['omic'] to one of {', '.join(Omic)}",
            where="uns",
        )
    samples = samples_of({Omic(omic): matrix}, pd.DataFrame(matrix.obs), source, None)
    return Noted(samples) if "unit" in matrix.uns else _with_unit(samples, Omic(omic), source)


def _with_unit(samples: Samples, omic: Omic, source: Path) -> Noted[Samples]:
    table = samples.omics[omic]
    is_tumor = source_of_names(table.index).eq(Source.TUMOR).any()
    known = recognise_omic(table, omic, Source.TUMOR if is_tumor else Source.CELL_LINE, source)
    values, unit = known.value.table, known.value.unit
    return Noted(
        replace(
            samples, omics={omic: values}, obs=samples.obs.loc[values.index], units={omic: unit}
        ),
        about(source.name, known.notes),
    )


def _with_sources(samples: Samples, path: Path) -> Samples:
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

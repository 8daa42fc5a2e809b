"""Samples as MuData and gene effects as AnnData: the containers that this project keeps."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anndata
import mudata
import numpy as np
import pandas as pd

from deepdep.domain.cohort import OmicTable, Samples, Source
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import (
    DEFAULT_UNITS,
    UNITS,
    Omic,
    omic_of_table,
    supplement_omic,
    table_omic,
)
from deepdep.errors import BadFileError, shown
from deepdep.io.files import new_path, require_file
from deepdep.io.matrices import (
    read_anndata,
    stated,
    to_anndata,
    to_checked_frame,
    write_anndata,
)
from deepdep.io.names import refuse_nul, refuse_quotes
from deepdep.io.tables import place
from deepdep.io.text import refuse_impostor

# In uns, ``yes`` where it is so.
UNIT_IS_GUESS, SIMULATED = "unit_is_guess", "simulated"
PATIENT, LINEAGE = "patient_id", "lineage"  # columns of obs

mudata.set_options(pull_on_update=False)


def read_samples(source: Path, default_source: Source | None = None) -> Samples:
    """Read an ``.h5mu`` with one modality per omic, and one per supplement.

    A sample without ``patient_id`` is its own patient; one without ``lineage`` is ``unknown``.
    ``default_source`` fills an absent ``source`` column.
    """
    modalities, obs = read_modalities(source)
    return samples_of(modalities, obs, source, default_source)


def read_modalities(source: Path) -> tuple[dict[str, anndata.AnnData], pd.DataFrame]:
    """Read the tables of an ``.h5mu`` as they are, by name, and what is said of its samples.

    Omics come first, in their order, then supplements in that of their names.
    """
    samples = read_mudata(source)
    unknown = [name for name in samples.mod if table_omic(name) is None]
    if unknown:
        raise BadFileError(
            source,
            f"modality {shown(unknown)} is not an omic",
            f"Name the modalities {', '.join(Omic)}; another assay of one as in expression_ccle",
        )
    names = [str(omic) for omic in Omic if omic in samples.mod]
    names += sorted(name for name in samples.mod if supplement_omic(name))
    return {name: samples.mod[name] for name in names}, pd.DataFrame(samples.obs)


def read_mudata(source: Path) -> mudata.MuData:
    """Read an ``.h5mu``; raise BadFileError when it is not one."""
    require_file(source)
    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is refused, not warned of
            return mudata.read_h5mu(source)
    except Exception as error:  # a damaged file makes the reader trip over anything
        refuse_impostor(source)
        raise BadFileError(source, "is not a complete .h5mu file", "Write it again") from error


def samples_of(
    modalities: Mapping[str, anndata.AnnData],
    obs: pd.DataFrame,
    source: Path,
    default_source: Source | None,
) -> Samples:
    """Check what was read of ``source``, and complete ``obs`` as ``read_samples`` says."""
    origin: dict[str, str | None] = {}
    for name in ("assembly", "release"):
        given = sorted({str(m.uns[name]) for m in modalities.values() if name in m.uns})
        origin[name] = "; ".join(given) or None
    obs = obs.set_axis(_names(obs.index))
    cells = (str(cell) for column in obs.columns for cell in obs[column])
    refuse_nul((*cells, *map(str, origin.values())), "obs or uns,", source)
    tables = {
        name: OmicTable(
            _numbers(modality, source, name),
            _unit(modality, source, name),
            is_guess=modality.uns.get(UNIT_IS_GUESS) == "yes",
        )
        for name, modality in modalities.items()
    }
    columns = {
        PATIENT: _text(obs, PATIENT).fillna(pd.Series(obs.index, index=obs.index)),
        LINEAGE: _text(obs, LINEAGE).fillna("unknown"),
        "source": _text(obs, "source").fillna(str(default_source or "unknown")),
    }
    others = {name: _plain(obs[name]) for name in obs.columns if name not in columns}
    complete = pd.DataFrame(columns | others, index=obs.index)
    simulated = any(modality.uns.get(SIMULATED) == "yes" for modality in modalities.values())
    return Samples.of_tables(tables, complete, **origin, simulated=simulated)


def write_samples(samples: Samples, target: Path) -> None:
    """Write an ``.h5mu``; the same samples give the same bytes."""
    origin = {"assembly": samples.assembly, "release": samples.release}
    stated = {name: text for name, text in origin.items() if text}
    if samples.simulated:
        stated[SIMULATED] = "yes"
    modalities = {
        name: to_anndata(
            measured.table,
            uns={"unit": measured.unit}
            | stated
            | ({UNIT_IS_GUESS: "yes"} if measured.is_guess else {}),
        )
        for name, measured in samples.tables.items()
    }
    with warnings.catch_warnings():  # one gene in several omics
        warnings.filterwarnings("ignore", "var_names are not unique")
        container = mudata.MuData(modalities)
    # A line in obs may have no omic at all; MuData knows only samples of a modality.
    container.obs = samples.obs.loc[container.obs_names]
    with new_path(target) as path:
        container.write(path, compression="gzip")


def read_gene_effect(source: Path) -> GeneEffect:
    """Read gene effects (cell line, gene), their kind and whose the lines are, if that is said."""
    matrix = read_anndata(source)
    kind = stated(matrix, "kind", GeneEffectKind, source)
    table = _numbers(matrix, source, "X")
    texts = [_text(matrix.obs, column).set_axis(table.index) for column in (PATIENT, LINEAGE)]
    for text in texts:
        refuse_nul(map(str, text), "obs,", source)
    patients, lineage = (None if text.isna().all() else text for text in texts)
    return GeneEffect(table, GeneEffectKind(kind), patients, lineage)


def write_gene_effect(gene_effect: GeneEffect, target: Path) -> None:
    """Write gene effects as ``.h5ad`` with their kind in ``uns``; patients, lineages in ``obs``."""
    table = gene_effect.table
    matrix = to_anndata(table, uns={"kind": str(gene_effect.kind)})
    of_lines = {PATIENT: gene_effect.patient_id, LINEAGE: gene_effect.lineage}
    for column, texts in of_lines.items():
        if texts is not None:
            matrix.obs[column] = texts.reindex(table.index).fillna("").to_numpy(object)
    write_anndata(matrix, target)


def _text(obs: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as text, whole numbers without a point; None where nothing is said."""

    def text(cell: Any) -> str | None:
        if pd.isna(cell):
            return None
        is_whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
        written = str(int(cell) if is_whole else cell).strip()
        return None if written in ("", "nan") else written

    cells = obs[column] if column in obs.columns else [None] * len(obs)
    return pd.Series([*map(text, cells)], index=obs.index, dtype=object)


def _plain(column: pd.Series) -> pd.Series:
    """Return text in arrays of pandas' own, which cannot be written, as categories.

    Whole numbers of which some are missing, which are read as such, are numbers like others.
    """
    dtype = column.dtype
    if pd.api.types.is_extension_array_dtype(dtype) and pd.api.types.is_numeric_dtype(dtype):
        return column.astype(float)
    of = dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype
    if not isinstance(of, pd.StringDtype):
        return column
    categories = column.astype("category").cat
    return categories.rename_categories(categories.categories.astype(object))


def _unit(modality: anndata.AnnData, source: Path, name: str) -> str:
    omic = omic_of_table(name)
    unit = str(modality.uns.get("unit", DEFAULT_UNITS[omic]))
    if unit not in UNITS or UNITS[unit].omic is not omic:
        units = ", ".join(u.name for u in UNITS.values() if u.omic is omic)
        raise BadFileError(
            source, f"unit {unit!r} is not known", f"Use one of: {units}", where=f"{name} uns"
        )
    return unit


def _names(given: pd.Index) -> pd.Index:
    """Names without surrounding blanks; empty where one is missing."""
    return pd.Index(["" if pd.isna(name) else str(name).strip() for name in given], dtype=object)


def _numbers(matrix: anndata.AnnData, source: Path, where: str) -> pd.DataFrame:
    """Return X as a table; what is no finite number, or has a name twice, is a BadFileError."""
    rows, columns = _names(matrix.obs_names), _names(matrix.var_names)
    for names, axis in ((rows, "sample"), (columns, "feature")):
        refuse_nul(names, f"{where}, {axis}", source)
        refuse_quotes(names, f"{where}, {axis}", source)
        if (names == "").any():
            raise BadFileError(source, f"a {axis} has no name", "Name it", where=where)
        twice = names[names.duplicated()]
        if len(twice):
            raise BadFileError(
                source,
                f"{axis} {twice[0]!r} occurs more than once",
                "Keep one of them",
                where=where,
            )
    table = to_checked_frame(matrix, source, where)
    table.index, table.columns = rows, columns  # a copy of a large one is costly
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        infinite = np.isinf(table.to_numpy(np.float32))
    if infinite.any():
        raise BadFileError(
            source,
            "is infinite",
            "Store NaN where nothing was measured",
            where=f"{where}, {place(table, infinite)}",
        )
    return table

"""Labelled matrices in AnnData files: rows and columns keep their names."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from deepdep.errors import BadFileError
from deepdep.io.files import new_path, require_file
from deepdep.io.text import refuse_impostor

# Of numbers of 4 bytes: 256 kB, so that a column of 9,000 rows unpacks 37 MB and a row a few.
ROWS_PER_CHUNK, COLUMNS_PER_CHUNK = 64, 1024


@dataclass(frozen=True)
class RowBlock:
    """Some rows of a table of an AnnData file: of ``X``, or of ``layers/NAME``."""

    place: str
    rows: slice
    values: np.ndarray  # (row, column)


def to_anndata(
    table: pd.DataFrame,
    *,
    obs: pd.DataFrame | None = None,
    uns: Mapping[str, Any] | None = None,
    layers: Mapping[str, pd.DataFrame] | None = None,
    obsm: Mapping[str, np.ndarray] | None = None,
) -> anndata.AnnData:
    """Pack a table (row, column) with what belongs to its rows; layers have the table's labels."""
    values = table.to_numpy()
    is_sparse = values.dtype == np.uint8
    rows, columns = (names.astype(str).rename(None) for names in (table.index, table.columns))
    return anndata.AnnData(
        X=sparse.csr_matrix(values) if is_sparse else values.astype(np.float32, copy=False),
        obs=pd.DataFrame(index=rows) if obs is None else obs.loc[table.index],
        var=pd.DataFrame(index=columns),
        uns=dict(uns or {}),
        layers={
            name: layer.loc[table.index, table.columns].to_numpy(np.float32)
            for name, layer in (layers or {}).items()
        },
        obsm=dict(obsm or {}),
    )


def to_frame(matrix: anndata.AnnData, layer: str | None = None) -> pd.DataFrame:
    """Return X, or a layer, as a labelled dense table."""
    values = matrix.X if layer is None else matrix.layers[layer]
    dense = values.toarray() if sparse.issparse(values) else np.asarray(values)
    # Names that pandas keeps in arrays of its own cannot be written again.
    rows, columns = (names.astype(object) for names in (matrix.obs_names, matrix.var_names))
    return pd.DataFrame(dense, index=rows, columns=columns)


def to_checked_frame(matrix: anndata.AnnData, source: Path, where: str) -> pd.DataFrame:
    """Do what ``to_frame`` does; BadFileError where X holds no numbers, or is invalid."""
    if matrix.X is None or matrix.X.dtype.kind not in "iuf":
        raise BadFileError(source, "holds no numbers", "Store numbers in X", where=where)
    if sparse.issparse(matrix.X):  # SciPy writes outside its memory where indices are wrong
        try:
            with warnings.catch_warnings(action="error"):
                matrix.X.check_format(full_check=True)
        except (ValueError, UserWarning) as error:
            problem = f"is no valid sparse matrix ({error})"
            raise BadFileError(source, problem, "Write it again", where=where) from error
    return to_frame(matrix)


def write_anndata(matrix: anndata.AnnData, target: Path) -> None:
    """Write an ``.h5ad``, complete or not at all; the same content gives the same bytes."""
    with new_path(target) as path:
        matrix.write_h5ad(path, compression="gzip")


def write_anndata_in_blocks(
    about: anndata.AnnData, blocks: Iterable[RowBlock], target: Path
) -> None:
    """Write an ``.h5ad`` whose tables no memory need hold, as ``write_anndata`` does.

    Parameters
    ----------
    about
        All but the tables, which have its shape.
    blocks
        Each table's together hold all of its rows; the first says what kind of numbers they are.
    """
    with new_path(target) as path:
        about.write_h5ad(path, compression="gzip")
        with h5py.File(path, "a") as file:
            for block in blocks:
                if block.place not in file:
                    _create_table(file, block.place, about.shape, block.values.dtype)
                file[block.place][block.rows] = block.values


def _create_table(
    file: h5py.File, place: str, shape: tuple[int, int], dtype: np.dtype[Any]
) -> None:
    chunks = min(shape[0], ROWS_PER_CHUNK), min(shape[1], COLUMNS_PER_CHUNK)
    packed = {"chunks": chunks, "compression": "gzip"} if all(chunks) else {}
    table = file.create_dataset(place, shape, dtype, **packed)
    # As AnnData marks its tables.
    table.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def read_anndata(source: Path) -> anndata.AnnData:
    """Read an ``.h5ad``; raise BadFileError when it is not one."""
    require_file(source)
    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is refused, not warned of
            matrix = anndata.read_h5ad(source)
    except Exception as error:  # a damaged file makes the reader trip over anything
        refuse_impostor(source)
        raise BadFileError(source, "is not a complete .h5ad file", "Write it again") from error
    if matrix.X is None:
        raise BadFileError(source, "holds no matrix", "Store one in X")
    return matrix


def stated(matrix: anndata.AnnData, key: str, allowed: Iterable[str], source: Path) -> str:
    """Return what ``uns`` says under a key; BadFileError where that is none of the known words."""
    text, words = str(matrix.uns.get(key, "")), list(allowed)
    if text not in words:
        remedy = f"Set uns['{key}'] to one of {', '.join(words)}"
        raise BadFileError(source, f"{key} is {text!r}", remedy, where="uns")
    return text


def write_matrix(
    table: pd.DataFrame, target: Path, *, uns: Mapping[str, str] | None = None
) -> None:
    """Write a table (row, column) as ``.h5ad``; uint8 tables are stored sparse."""
    write_anndata(to_anndata(table, uns=uns), target)


def read_matrix(source: Path) -> pd.DataFrame:
    """Read the table that ``write_matrix`` wrote."""
    return to_frame(read_anndata(source))

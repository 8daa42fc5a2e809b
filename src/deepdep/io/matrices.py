"""Labelled matrices in AnnData files: rows and columns keep their names."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from deepdep.errors import BadFileError
from deepdep.io.files import new_path, require_file
from deepdep.io.text import refuse_impostor


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

"""AnnData and MuData files: one table, or one per modality."""

import shlex
import warnings
from pathlib import Path

import anndata
import mudata
import numpy as np
from scipy import sparse

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic, table_omic
from deepdep.errors import BadFileError
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.sources.anndata.read import SUFFIXES, read_containers
from deepdep.sources.inspection.found import TableFacts
from deepdep.sources.inspection.look import SAMPLES_IN_ROWS, SeenTable, values_of
from deepdep.sources.inspection.names import feature_names, sample_names
from deepdep.sources.inspection.routes import Look, Recognised, Route
from deepdep.sources.options import ImportOptions

FORMATS = {".h5mu": "MuData", ".h5ad": "AnnData"}


def recognise(source: Path) -> Recognised | None:
    """Tell a container by its name."""
    if source.suffix not in SUFFIXES:
        return None
    command = f"deepdep import anndata {shlex.quote(str(source))} --to DATA"

    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        of_file = Notes()
        part = read_containers(source, of_file)
        notes.extend(note.without(source.name) for note in of_file)
        return part

    return Recognised(
        "anndata",
        FORMATS[source.suffix],
        "samples" if source.suffix == ".h5mu" else None,
        look=lambda: Look(_look(source)),
        routes=lambda _: (Route(command, read),),
    )


def _look(source: Path) -> tuple[SeenTable, ...]:
    refuse_damaged(source)
    if source.suffix == ".h5ad":
        matrix = read_anndata(source)
        return (_facts(matrix, _said(matrix, "omic") or _said(matrix, "kind")),)
    try:
        with warnings.catch_warnings(action="ignore"):  # of names that omics share
            modalities = mudata.read_h5mu(source).mod
    except Exception as error:  # a damaged file makes the reader trip over anything
        raise BadFileError(source, "is not a complete .h5mu file", "Write it again") from error
    return tuple(_facts(matrix, name) for name, matrix in modalities.items())


def _facts(matrix: anndata.AnnData, name: str | None) -> SeenTable:
    facts = TableFacts(
        name=name,
        orientation=SAMPLES_IN_ROWS,
        n_rows=matrix.n_obs,
        n_columns=matrix.n_vars,
        samples=sample_names(list(matrix.obs_names)),
        features=feature_names(list(matrix.var_names)),
        unit=_said(matrix, "unit"),
        values=values_of(_numbers(matrix)),
        assembly=_said(matrix, "assembly") if _is_copy_number(name) else None,
    )
    return SeenTable(facts, list(matrix.var_names))


def _is_copy_number(name: str | None) -> bool:
    return name is not None and table_omic(name) is Omic.COPY_NUMBER


def _numbers(matrix: anndata.AnnData) -> np.ndarray:
    """Return X, or nothing where it holds no numbers or is no valid sparse matrix."""
    if matrix.X is None or matrix.X.dtype.kind not in "iuf":
        return np.empty(0)
    if sparse.issparse(matrix.X):
        try:  # SciPy writes outside its memory where indices are wrong
            with warnings.catch_warnings(action="error"):
                matrix.X.check_format(full_check=True)
        except (ValueError, UserWarning):
            return np.empty(0)
    return to_frame(matrix).to_numpy(np.float64)


def _said(matrix: anndata.AnnData, key: str) -> str | None:
    said = matrix.uns.get(key)
    return said if isinstance(said, str) else None

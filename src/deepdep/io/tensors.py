"""Arrays of numbers in safetensors files: what a model has learned, and the names it has them by.

A file is a short header of names, types and shapes, then the numbers: it can hold no code, no link
and nothing packed, and its length tells whether it is whole.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from safetensors import safe_open
from safetensors.numpy import save_file

from deepdep.errors import BadFileError
from deepdep.io.files import require_file
from deepdep.io.matrices import read_anndata, to_frame

SUFFIX = ".safetensors"
NUMBERS = ("F32", "F64")
VALUES, COLUMNS, ROWS = "values", "columns", "rows"
LABELS = "labels"  # one entry of the header, as the library orders several by chance
REMEDY = "Copy it again, or run `dvc repro`"


def write_tensors(
    tensors: Mapping[str, np.ndarray], target: Path, labels: Mapping[str, list[str]] | None = None
) -> None:
    """Write arrays into a folder that is being made; the same arrays give the same bytes."""
    metadata = {LABELS: json.dumps(labels, ensure_ascii=False)} if labels is not None else None
    save_file({name: np.ascontiguousarray(of) for name, of in tensors.items()}, target, metadata)


def read_tensors(source: Path) -> dict[str, np.ndarray]:
    """Read all arrays, float32 or float64; BadFileError for a file of anything else, or cut."""
    return _read(source)[0]


@dataclass(frozen=True)
class LabelledMatrix:
    """A table of weights, and numbers that belong to its columns.

    Attributes
    ----------
    values
        Shape (row, column), float32.
    of_columns
        Further numbers, such as ``intercept``, one row per column of ``values``.
    """

    values: pd.DataFrame
    of_columns: pd.DataFrame = field(default_factory=pd.DataFrame)

    def write(self, stem: Path) -> None:
        """Write ``<stem>.safetensors`` into a folder that is being made."""
        further = self.of_columns.reindex(self.values.columns)
        tensors = {str(name): of.to_numpy() for name, of in further.items()}
        rows, columns = ([str(name) for name in axis] for axis in self.values.axes)
        write_tensors(
            {VALUES: self.values.to_numpy(np.float32)} | tensors,
            Path(f"{stem}{SUFFIX}"),
            {ROWS: rows, COLUMNS: columns},
        )

    @classmethod
    def read(cls, stem: Path) -> Self:
        """Read what ``write`` wrote, or the ``<stem>.h5ad`` of earlier versions."""
        source = Path(f"{stem}{SUFFIX}")
        if not source.exists() and (old := Path(f"{stem}.h5ad")).exists():
            matrix = read_anndata(old)
            return cls(to_frame(matrix), pd.DataFrame(matrix.var))
        tensors, metadata = _read(source)
        try:
            labels = json.loads(metadata[LABELS])
            # Names that pandas keeps in arrays of its own cannot be written again.
            rows, columns = (pd.Index(labels[axis], dtype=object) for axis in (ROWS, COLUMNS))
            values = pd.DataFrame(tensors.pop(VALUES), rows, columns)
            return cls(values, pd.DataFrame(tensors, index=columns))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise BadFileError(source, "holds no labelled matrix", REMEDY) from error


def _read(source: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    require_file(source)
    try:
        with safe_open(source, "np") as file:
            names = file.keys()
            kinds = {name: file.get_slice(name).get_dtype() for name in names}
            if foreign := next((name for name, kind in kinds.items() if kind not in NUMBERS), None):
                problem = f"holds {kinds[foreign]}, not numbers of {' or '.join(NUMBERS)}"
                raise BadFileError(source, problem, REMEDY, where=foreign)
            return {name: file.get_tensor(name) for name in kinds}, file.metadata() or {}
    except BadFileError:
        raise
    except Exception as error:  # the library's own errors derive from nothing nearer
        raise BadFileError(source, f"is not a complete {SUFFIX} file", REMEDY) from error

"""A Parquet file as a table of text: its header, its rows, and its columns.

What reads delimited text reads Parquet through these, so that both are accepted alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet

from deepdep.errors import BadFileError
from deepdep.io.files import refuse_oversized, require_file

SUFFIX = ".parquet"
INDEX = "__index_level_"  # how pandas names an index that has no name


@contextmanager
def damage_refused(source: Path) -> Iterator[None]:
    """Turn whatever a reader of Parquet raises into a BadFileError."""
    try:
        yield
    except Exception as error:  # a damaged file makes the reader trip over anything
        raise BadFileError(source, "is not a complete Parquet file", "Bring it again") from error


def refuse_dense(source: Path) -> None:
    """Raise BadFileError for a file that cannot be read, or unpacks to far too much."""
    require_file(source)
    with damage_refused(source):
        stored = pyarrow.parquet.read_metadata(source)
    unpacked = stored.num_rows * stored.num_columns * np.dtype(np.float64).itemsize
    refuse_oversized(unpacked, source.stat().st_size, source)


def parquet_header(source: Path) -> list[str]:
    """Return the names of the columns; those of pandas' index come first, as in its CSV."""
    refuse_dense(source)
    with damage_refused(source):
        schema = pyarrow.parquet.read_schema(source)
        stated = (schema.pandas_metadata or {}).get("index_columns", [])
    index = [name for name in stated if isinstance(name, str) and name in schema.names]
    names = [*index, *(name for name in schema.names if name not in index)]
    return ["" if name.startswith(INDEX) else name for name in names]


def read_parquet_columns(source: Path, positions: Sequence[int]) -> list[pd.Series]:
    """Read columns by their positions in ``parquet_header``, in the types of the file."""
    header = parquet_header(source)
    with damage_refused(source):
        names = pyarrow.parquet.read_schema(source).names
        index = [name for name in names if name not in header]
        table = pyarrow.parquet.read_table(source, use_threads=False)
        unnamed = iter(index)
        stored = [next(unnamed) if name == "" and name not in names else name for name in header]
        return [table.column(stored[position]).to_pandas() for position in positions]


def parquet_text(column: pd.Series) -> list[str]:
    """Write the cells of a column as its CSV has them; nothing where they are missing."""
    if pd.api.types.is_float_dtype(column.dtype) or pd.api.types.is_integer_dtype(column.dtype):
        return ["" if pd.isna(cell) else repr(cell) for cell in column.tolist()]
    return [_text(cell) for cell in column]


def parquet_numbers(column: pd.Series) -> np.ndarray | None:
    """Return the numbers of a column, float32; None where it holds anything else."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype) or not pd.api.types.is_numeric_dtype(dtype):
        return None
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        return column.to_numpy(dtype=np.float64, na_value=np.nan).astype(np.float32)


def _text(cell: Any) -> str:
    return "" if pd.api.types.is_scalar(cell) and pd.isna(cell) else str(cell)

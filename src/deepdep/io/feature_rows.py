"""Tables with features in rows and samples in columns, as TCGA and Prep4DeepDEP keep them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.io.columns import Choice, read_columns
from deepdep.io.labels import checked_names

# Turning a block that fits the processor's cache is 20 times faster than turning it all at once.
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class FeatureRows:
    """One row per feature, in the order of the file; a feature may occur twice.

    Attributes
    ----------
    ids
        Text columns that name or describe the features.
    values
        Shape (feature row, sample), float32, NaN where nothing was measured.
    samples
        Names of the samples, each once.
    """

    ids: pd.DataFrame
    values: np.ndarray
    samples: pd.Index

    def table(self, rows: Sequence[int], features: Sequence[str]) -> pd.DataFrame:
        """Return some rows as a table (sample, feature) under the names ``features``."""
        positions = np.asarray(rows, dtype=int)
        values = np.empty((len(self.samples), len(positions)), dtype=self.values.dtype)
        for first in range(0, len(positions), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            values[:, part] = self.values[positions[part]].T
        return pd.DataFrame(values, index=self.samples, columns=pd.Index(list(features)))


def read_feature_rows(
    source: Path, ids: Sequence[str], *, comment: str | None = None
) -> FeatureRows:
    """Read a table in which the columns ``ids`` describe features and all others are samples.

    Those of ``ids`` that the file lacks are left out; the first must be there. A sample that
    occurs twice is a BadFileError.
    """

    def choose(header: list[str]) -> Choice:
        if ids[0] not in header:
            raise BadFileError(source, f"lacks the column {ids[0]!r}", "Bring the file again")
        is_id = [name in ids for name in header]
        positions = range(len(header))
        samples = [i for i in positions if not is_id[i]]
        if not samples:
            raise BadFileError(source, "has no sample", "Bring a table with samples in columns")
        return Choice([header.index(name) for name in ids if name in header], samples)

    read = read_columns(source, choose, comment=comment)
    samples = checked_names(read.number_names, "column", source)
    return FeatureRows(read.texts, read.numbers, pd.Index(samples, dtype=object))

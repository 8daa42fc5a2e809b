"""Kernel ridge on cell lines: lines that look alike need the same genes.

One kernel per table, summed by weights. The table that predicts best alone is filled where a sample
lacks it. How weights and coefficients are found is in ``kernel_fit``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from scipy.linalg import lapack

from deepdep.io.documents import read_indexed_csv, read_json, write_indexed_csv
from deepdep.io.tensors import LabelledMatrix

Tables = Mapping[str, pd.DataFrame]  # (sample, feature), each with only the samples that have it

LINEAGE = "lineage"  # name of the table that has a column of 0 and 1 for each
FILLED_LINEAR_SHARE = 0.5  # of the kernels that a table is filled by
# Files of a model's folder.
KERNEL = "kernel.json"
COEFFICIENTS = "kernel_coefficients"
PROFILES = "kernel_profiles_{}"  # of a table
LINES = "kernel_lines.csv"


def squared_distances(samples: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, shape (sample, line), of rows with the same features."""
    return _distances_of(samples, lines, samples @ lines.T)


def _distances_of(samples: np.ndarray, lines: np.ndarray, products: np.ndarray) -> np.ndarray:
    return (_squares(samples)[:, None] + _squares(lines) - 2 * products).clip(0)


def _squares(rows: np.ndarray) -> np.ndarray:
    """Squared length of each row."""
    return np.einsum("rf,rf->r", rows, rows, dtype=float)


@dataclass(frozen=True)
class TableKernel:
    """How alike samples and lines are in one table: a linear and a Gaussian kernel, both centred.

    Attributes
    ----------
    profiles
        Of the lines that have the table, in its own unit, shape (line, feature), none missing.
    distance
        Median squared distance of two lines: the width of the Gaussian.
    column_means
        Of the Gaussian, by line: what centring takes away.
    scales
        Mean diagonal of the linear and of the Gaussian kernel, which they are divided by.
    """

    profiles: pd.DataFrame
    distance: float
    column_means: np.ndarray
    scales: tuple[float, float]

    @classmethod
    def of(cls, profiles: pd.DataFrame) -> Self:
        """Measure what centres and scales the kernels of these lines."""
        values = profiles.to_numpy()
        centred = values - values.mean(axis=0, dtype=float).astype(np.float32)
        squared = _distances_of(centred, centred, centred @ centred.T)
        above = squared[np.triu_indices(len(values), 1)]
        distance = float(np.median(above) or above.mean() or 1) if len(above) else 1.0
        gaussian = np.exp(-squared / distance)
        means = gaussian.mean(axis=0)
        linear = float(_squares(centred).mean())
        diagonal = float((1 - 2 * means + means.mean()).mean())
        return cls(profiles, distance, means, (linear or 1.0, diagonal or 1.0))

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean of each feature over the lines."""
        return self.profiles.to_numpy().mean(axis=0, dtype=float)

    def whole(self, profiles: pd.DataFrame) -> pd.DataFrame:
        """Return profiles in which what was not measured is average, features as the lines'."""
        values = profiles[self.profiles.columns].to_numpy(np.float32)
        values = np.ascontiguousarray(np.where(np.isnan(values), self.mean, values), np.float32)
        return pd.DataFrame(values, profiles.index, self.profiles.columns)

    def parts(self, profiles: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the linear and the Gaussian kernel, both of shape (sample, line)."""
        mean = self.mean.astype(np.float32)
        values, lines = profiles.to_numpy() - mean, self.profiles.to_numpy() - mean
        linear = (values @ lines.T).astype(float)
        gaussian = np.exp(-_distances_of(values, lines, linear) / self.distance)
        gaussian -= gaussian.mean(axis=1, keepdims=True)
        gaussian += self.column_means.mean() - self.column_means
        return linear / self.scales[0], gaussian / self.scales[1]

    def diagonal(self, profiles: pd.DataFrame, linear_share: float) -> np.ndarray:
        """Return how alike each sample is to itself, by the same measure."""
        values, lines = profiles.to_numpy(), self.profiles.to_numpy()
        linear = ((values - self.mean) ** 2).sum(axis=1) / self.scales[0]
        gaussian = np.exp(-squared_distances(values, lines) / self.distance).mean(axis=1)
        gaussian = (1 - 2 * gaussian + self.column_means.mean()) / self.scales[1]
        return linear_share * linear + (1 - linear_share) * gaussian


@dataclass(frozen=True)
class Weight:
    """What a table counts, and how much of its kernel is linear."""

    weight: float
    linear_share: float


@dataclass(frozen=True)
class WeightedKernels:
    """A weighted sum of kernels between samples and lines; 0 where either lacks a table."""

    tables: Mapping[str, TableKernel]
    weights: Mapping[str, Weight]
    lines: pd.Index

    def between(self, tables: Tables, samples: pd.Index) -> np.ndarray:
        """Return how alike samples and lines are, shape (sample, line)."""
        total = np.zeros((len(samples), len(self.lines)))
        for name, has in self._measured(tables, samples):
            kernel, share = self.tables[name], self.weights[name].linear_share
            linear, gaussian = kernel.parts(has)
            rows = samples.get_indexer(has.index)
            columns = self.lines.get_indexer(kernel.profiles.index)
            mixed = share * linear + (1 - share) * gaussian
            total[np.ix_(rows, columns)] += self.weights[name].weight * mixed
        return total

    def diagonal(self, tables: Tables, samples: pd.Index) -> np.ndarray:
        """Return how alike each sample is to itself."""
        total = np.zeros(len(samples))
        for name, has in self._measured(tables, samples):
            weight = self.weights[name]
            of_table = self.tables[name].diagonal(has, weight.linear_share)
            total[samples.get_indexer(has.index)] += weight.weight * of_table
        return total

    def _measured(self, tables: Tables, samples: pd.Index) -> Iterator[tuple[str, pd.DataFrame]]:
        for name, kernel in self.tables.items():
            if name in tables and self.weights[name].weight:
                table = tables[name].loc[tables[name].index.isin(samples)]
                if len(table):
                    yield name, kernel.whole(table)


@dataclass(frozen=True)
class Filling:
    """Kernel ridge of one table's profiles on the other tables, for samples that lack it.

    Attributes
    ----------
    table
        The one that is filled.
    kernels
        Of the other tables, with what each counts.
    taught
        The lines in which it was measured.
    penalty
        Of ridge; 1 is the mean of the kernel's diagonal over these lines.
    """

    table: str
    kernels: WeightedKernels
    taught: pd.Index
    penalty: float

    def fill(self, tables: Tables, samples: pd.Index, profiles: pd.DataFrame) -> np.ndarray:
        """Return profiles of samples that lack the table, from ``profiles`` of the lines."""
        of_taught = profiles.loc[self.taught].to_numpy()
        mean = of_taught.mean(axis=0, dtype=float)
        return (mean + self._alike(tables, samples) @ self._inverse @ (of_taught - mean)).astype(
            np.float32
        )

    def unexplained(self, tables: Tables, samples: pd.Index) -> np.ndarray:
        """Return the share of the variance that filling leaves, from 0 to 1, by sample."""
        alike, itself = self._alike(tables, samples), self.kernels.diagonal(tables, samples)
        explained = (alike @ self._inverse * alike).sum(axis=1)
        return (1 - explained / np.where(itself > 0, itself, 1)).clip(0, 1)

    def _alike(self, tables: Tables, samples: pd.Index) -> np.ndarray:
        columns = self.kernels.lines.get_indexer(self.taught)
        return self.kernels.between(tables, samples)[:, columns]

    @cached_property
    def _inverse(self) -> np.ndarray:
        of_lines = {name: kernel.profiles for name, kernel in self.kernels.tables.items()}
        kernel = self._alike(of_lines, self.taught)
        scale = float(np.trace(kernel)) / max(len(kernel), 1) or 1.0
        return inverse_of(kernel + self.penalty * scale * np.eye(len(kernel)))


def inverse_of(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of a symmetric positive definite matrix, by its Cholesky factor."""
    factor, failed = lapack.dpotrf(matrix, lower=1)
    half, failed_too = lapack.dpotri(factor, lower=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError("a kernel with its noise is not positive definite")
    half = np.tril(half)
    return half + np.tril(half, -1).T


@dataclass(frozen=True)
class KernelPart:
    """Kernel ridge on cell lines, every gene at once.

    Attributes
    ----------
    kernels
        Of every table; that of the filled one holds every line. A table of weight 0 is not
        looked at.
    filling
        How the table that predicts best alone is filled where a sample lacks it.
    coefficients, intercept
        Shape (line, gene), and one entry per gene: an effect is the intercept plus the sample's
        similarities times the gene's coefficients.
    """

    kernels: WeightedKernels
    filling: Filling
    coefficients: pd.DataFrame
    intercept: pd.Series

    @property
    def lines(self) -> pd.Index:
        """The lines that samples are compared with."""
        return self.kernels.lines

    @property
    def profiles(self) -> dict[str, pd.DataFrame]:
        """Of the lines that have it, by table of features; (line, feature), none missing."""
        tables = self.kernels.tables.items()
        return {name: kernel.profiles for name, kernel in tables if name != LINEAGE}

    def compare(
        self, tables: Tables, samples: pd.Index
    ) -> tuple[np.ndarray, dict[str, pd.DataFrame]]:
        """Return how alike samples and lines are, and complete profiles of the samples.

        The first has shape (sample, line), centred.
        """
        full, best = self.complete(tables, samples), self.filling.table
        return self.kernels.between({**tables, best: full[best]}, samples), full

    def complete(self, tables: Tables, samples: pd.Index) -> dict[str, pd.DataFrame]:
        """Return complete profiles of the samples, by table.

        The table that predicts best is filled where a sample lacks it. Any other that a sample
        lacks, and what was not measured within a table, counts as average.
        """
        full = {}
        for name, kernel in self.kernels.tables.items():
            columns = kernel.profiles.columns
            average = np.tile(kernel.mean.astype(np.float32), (len(samples), 1))
            if name in tables:
                measured = tables[name].loc[tables[name].index.isin(samples)]
                average[samples.get_indexer(measured.index)] = kernel.whole(measured)
            full[name] = pd.DataFrame(average, samples, columns)
        best = self.filling.table
        lacking = samples[~samples.isin(tables[best].index)] if best in tables else samples
        if len(lacking):
            profiles = self.kernels.tables[best].profiles
            full[best].loc[lacking] = self.filling.fill(tables, lacking, profiles)
        return full

    def of_learned_lineage(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the samples of a lineage that lines are of, columns as the lines'."""
        kernel = self.kernels.tables.get(LINEAGE)
        columns = table.columns[:0] if kernel is None else kernel.profiles.columns
        learned = table.reindex(columns=columns, fill_value=0)
        return learned.loc[learned.any(axis=1)]

    def write(self, folder: Path) -> None:
        """Write into a folder that is being made."""
        filling, tables = self.filling, self.kernels.tables
        text = {
            "tables": {
                name: asdict(self.kernels.weights[name])
                | {"distance": kernel.distance, "scales": kernel.scales}
                for name, kernel in tables.items()
            },
            "filled": filling.table,
            "filled_by": {name: w.weight for name, w in filling.kernels.weights.items()},
            "fill_penalty": filling.penalty,
        }
        (folder / KERNEL).write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
        columns = {"measured": self.lines.isin(filling.taught).astype(int)}
        for name, kernel in tables.items():
            LabelledMatrix(kernel.profiles).write(folder / PROFILES.format(name))
            means = pd.Series(kernel.column_means, kernel.profiles.index)
            columns[name] = means.reindex(self.lines).to_numpy()
        write_indexed_csv(pd.DataFrame(columns, self.lines), folder / LINES, "cell_line")
        intercept = pd.DataFrame({"intercept": self.intercept})
        LabelledMatrix(self.coefficients, intercept).write(folder / COEFFICIENTS)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what ``write`` wrote; the manifest was checked before."""
        text, lines = read_json(folder / KERNEL), read_indexed_csv(folder / LINES)
        kernels, weights = {}, {}
        for name, of_table in text["tables"].items():
            profiles = LabelledMatrix.read(folder / PROFILES.format(name)).values
            means = lines.loc[profiles.index, name].to_numpy(float)
            scales = (float(of_table["scales"][0]), float(of_table["scales"][1]))
            kernels[name] = TableKernel(profiles, of_table["distance"], means, scales)
            weights[name] = Weight(of_table["weight"], of_table["linear_share"])
        coefficients = LabelledMatrix.read(folder / COEFFICIENTS)
        taught, filled = lines.index[lines["measured"].astype(bool)], text["filled"]
        others = {name: kernel for name, kernel in kernels.items() if name != filled}
        # Models of earlier versions, in which every other table counts alike, do not say so.
        counts = text.get("filled_by", dict.fromkeys(others, 1.0))
        filled_by = {name: Weight(counts[name], FILLED_LINEAR_SHARE) for name in others}
        return cls(
            WeightedKernels(kernels, weights, lines.index),
            Filling(
                filled,
                WeightedKernels(others, filled_by, lines.index),
                taught,
                text["fill_penalty"],
            ),
            coefficients.values,
            coefficients.of_columns["intercept"].astype(np.float64),
        )

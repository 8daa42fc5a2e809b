"""The closed-form part of a predictor: lines that look alike need the same genes.

Kernel ridge of all genes at once, over one kernel per table. What the first components of the
labels hold is shared by many genes and so surer: it is shrunk less than the rest. The table that
predicts best alone is filled where a line lacks it, and such a line counts as noisier. What is
predicted of a gene is drawn to what is predicted of genes that go with it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from scipy.linalg import lapack
from scipy.sparse import csc_array

from deepdep.io.documents import read_indexed_csv, read_json, write_indexed_csv
from deepdep.io.tensors import LabelledMatrix
from deepdep.models.gene_scale import MIN_SD
from deepdep.settings import Settings

Tables = Mapping[str, pd.DataFrame]  # (sample, feature), each with only the samples that have it

LINEAGE = "lineage"  # name of the table that has a column of 0 and 1 for each
MIN_SHARE_OF_LINES = 0.25  # of those that the commonest table has, to be the one that is filled
GENES_PER_BLOCK = 1000
# Files of a model's folder.
KERNEL = "kernel.json"
COEFFICIENTS = "kernel_coefficients"
PROFILES = "kernel_profiles_{}"  # of a table
LINES = "kernel_lines.csv"

N_FILLS = 3  # of labels that are missing, by what the fit says; further ones change little


@dataclass(frozen=True)
class KernelSettings(Settings):
    """The ``finetune.closed_form.kernel`` group of params.yaml.

    Where several values are given, patients left out decide; the search starts from the first.
    """

    weights: tuple[float, ...]  # of a table beside the one that predicts best alone
    linear_shares: tuple[float, ...]  # of the best table's kernel; the rest of it is Gaussian
    penalties: tuple[float, ...]  # of ridge; 1 is the mean of the kernel's diagonal
    further_penalty: float  # of what the first components leave, in units of the one chosen
    n_components: int  # of the labels
    fill_penalty: float  # of ridge where the best table is filled from the others
    fill_noise: float  # what being filled from nothing adds to a line's noise of 1
    smoothing: float  # sum of r^3 with other genes at which these say half; 0 is not at all
    n_neighbors: int  # genes that a gene is smoothed by
    n_folds: int  # of the patients


def squared_distances(samples: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, shape (sample, line), of rows with the same features."""
    squares = [np.einsum("sf,sf->s", rows, rows, dtype=float) for rows in (samples, lines)]
    return (squares[0][:, None] + squares[1] - 2 * (samples @ lines.T)).clip(0)


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
        squared = squared_distances(values, values)
        above = squared[np.triu_indices(len(values), 1)]
        distance = float(np.median(above)) if len(above) else 0.0
        distance = distance or float(above.mean()) if len(above) else 1.0
        distance = distance or 1.0
        gaussian = np.exp(-squared / distance)
        means = gaussian.mean(axis=0)
        linear = float(((values - values.mean(axis=0, dtype=float)) ** 2).sum(axis=1).mean())
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
        values, lines = profiles.to_numpy(), self.profiles.to_numpy()
        mean = self.mean.astype(np.float32)
        linear = ((values - mean) @ (lines - mean).T).astype(float)
        gaussian = np.exp(-squared_distances(values, lines) / self.distance)
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
        Of the other tables.
    taught
        The lines in which it was measured.
    penalty
        Of ridge; 1 is the mean of the kernel's diagonal over these lines.
    """

    table: str
    kernels: WeightedKernels
    taught: pd.Index
    penalty: float

    @classmethod
    def of(
        cls,
        table: str,
        kernels: Mapping[str, TableKernel],
        lines: pd.Index,
        taught: pd.Index,
        penalty: float,
    ) -> Self:
        """Fill a table from all others, each counting alike."""
        others = {name: kernel for name, kernel in kernels.items() if name != table}
        alike = Weight(1.0, 0.5)
        return cls(
            table, WeightedKernels(others, dict.fromkeys(others, alike), lines), taught, penalty
        )

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

    @property
    def weights(self) -> dict[str, float]:
        """What each table counts."""
        return {name: of_table.weight for name, of_table in self.kernels.weights.items()}

    def compare(
        self, tables: Tables, samples: pd.Index
    ) -> tuple[np.ndarray, dict[str, pd.DataFrame]]:
        """Return how alike samples and lines are, and complete profiles of the samples.

        The first has shape (sample, line), centred. The table that predicts best is filled where a
        sample lacks it. Any other that a sample lacks, and what was not measured within a table,
        counts as average.
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
        return self.kernels.between({**tables, best: full[best]}, samples), full

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
        taught = lines.index[lines["measured"].astype(bool)]
        return cls(
            WeightedKernels(kernels, weights, lines.index),
            Filling.of(text["filled"], kernels, lines.index, taught, text["fill_penalty"]),
            coefficients.values,
            coefficients.of_columns["intercept"].astype(np.float64),
        )


@dataclass(frozen=True)
class KernelLabels:
    """What is known of gene effects when the kernel part is fitted.

    Attributes
    ----------
    effect
        Shape (line, gene), NaN where not screened; of lines with a profile or without.
    patient_id
        Of these lines, at least.
    """

    effect: pd.DataFrame
    patient_id: pd.Series

    def without(self, lines: pd.Index) -> "KernelLabels":
        """Return labels without these lines, nor any other of their patients."""
        patients = set(self.patient_id[lines])
        kept = ~self.patient_id[self.effect.index].isin(patients)
        return replace(self, effect=self.effect.loc[kept.to_numpy()])


@dataclass(frozen=True)
class LabelStructure:
    """What the labels of all lines tell of genes: scale, components, and which go together.

    Attributes
    ----------
    mean, sd
        Of each gene.
    components
        Orthonormal directions among the genes, shape (gene, component), the strongest first.
    smoothing
        Shape (gene, gene), columns of sum 1: what each gene's prediction is made of.
    """

    mean: np.ndarray
    sd: np.ndarray
    components: np.ndarray
    smoothing: csc_array

    @classmethod
    def of(cls, effect: pd.DataFrame, settings: KernelSettings) -> Self:
        """Learn it from effects, shape (line, gene); NaN counts as the gene's mean."""
        mean = effect.mean().fillna(0).to_numpy(float)
        sd = effect.std(ddof=0).fillna(0).to_numpy(float).clip(MIN_SD)
        z = np.nan_to_num((effect.to_numpy(float) - mean) / sd)
        n = min(settings.n_components, *z.shape)
        strengths, vectors = np.linalg.eigh(z @ z.T)
        strongest = np.argsort(strengths)[::-1][:n]
        strongest = strongest[strengths[strongest] > 1e-9 * strengths.max(initial=0)]
        components = z.T @ (vectors[:, strongest] / np.sqrt(strengths[strongest]))
        return cls(mean, sd, components, _smoothing(z, settings))

    def scaled(self, effect: pd.DataFrame) -> np.ndarray:
        """Return effects as deviations from the mean in SD, NaN where not screened."""
        return (effect.to_numpy(float) - self.mean) / self.sd

    def parts(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the components hold of scaled labels, (line, gene), and the rest."""
        shared = (z @ self.components) @ self.components.T
        return shared, z - shared


def _smoothing(z: np.ndarray, settings: KernelSettings) -> csc_array:
    """Weigh each gene with others by the cube of their correlation, where that is above 0."""
    n_genes = z.shape[1]
    length = np.sqrt((z**2).sum(axis=0))
    unit = z / np.where(length > 0, length, 1)
    n_kept = min(settings.n_neighbors, n_genes - 1) if settings.smoothing else 0
    rows, columns, values = [np.arange(n_genes)], [np.arange(n_genes)], [np.ones(n_genes)]
    for start in range(0, n_genes if n_kept else 0, GENES_PER_BLOCK):
        genes = np.arange(start, min(start + GENES_PER_BLOCK, n_genes))
        alike = (unit.T @ unit[:, genes]).clip(0) ** 3
        alike[genes, genes - start] = 0
        strongest = np.argpartition(-alike, n_kept - 1, axis=0)[:n_kept]
        weight = np.take_along_axis(alike, strongest, axis=0)
        weight = weight / (weight.sum(axis=0) + settings.smoothing)
        rows.append(strongest.ravel())
        columns.append(np.tile(genes, n_kept))
        values.append(weight.ravel())
        values[0][genes] -= weight.sum(axis=0)
    places = (np.concatenate(rows), np.concatenate(columns))
    return csc_array((np.concatenate(values), places), shape=(n_genes, n_genes))


@dataclass(frozen=True)
class Smoother:
    """Ridge over a kernel between lines, for one penalty; whole patients are left out by algebra.

    Attributes
    ----------
    inverse
        Of kernel plus noise, shape (line, line).
    patients
        Positions of the lines of each patient with several.
    """

    inverse: np.ndarray
    patients: Sequence[np.ndarray]

    def left_out(self, z: np.ndarray) -> np.ndarray:
        """Predict each line from lines of other patients, shape (line, column) as ``z``.

        A patient's residuals, left out, are the inverse of its block of ``inverse`` times its rows
        of ``inverse @ z`` (for one line, the leave-one-out identity of ridge).
        """
        dual = self.inverse @ z
        residual = dual / np.diag(self.inverse)[:, None]
        for lines in self.patients:
            residual[lines] = np.linalg.solve(self.inverse[np.ix_(lines, lines)], dual[lines])
        return z - residual


@dataclass(frozen=True)
class FittedKernel:
    """The part, and what it says of each line when the line's patient is left out.

    ``out_of_fold`` has shape (line, gene); ``noise`` is 1 for a line, and more where the table that
    predicts best was filled.
    """

    part: KernelPart
    out_of_fold: pd.DataFrame
    noise: np.ndarray

    @classmethod
    def fit(cls, tables: Tables, labels: KernelLabels, settings: KernelSettings) -> Self:
        """Choose weights of tables, shares and penalty, then fit on all lines.

        Parameters
        ----------
        tables
            Profiles in the tables' own units, (line, feature); a line may lack any of them.
        """
        lines, genes = labels.effect.index, labels.effect.columns
        structure = LabelStructure.of(labels.effect, settings)
        z, patient_id = structure.scaled(labels.effect), labels.patient_id[lines]
        of_lines = {name: _measured(table, lines) for name, table in tables.items()}
        of_lines = {name: table for name, table in of_lines.items() if len(table) > 1}
        kernels = {name: TableKernel.of(table) for name, table in of_lines.items()}
        scores, noise = np.nan_to_num(z) @ structure.components, np.ones(len(lines))
        search = _Search(kernels, patient_id, scores, settings, noise)
        best = search.strongest()
        taught = of_lines[best].index
        filling = Filling.of(best, kernels, lines, taught, settings.fill_penalty)
        lacking = lines[~lines.isin(taught)]
        if len(lacking):
            table = of_lines[best]
            filled = pd.DataFrame(filling.fill(of_lines, lacking, table), lacking, table.columns)
            kernels[best] = TableKernel.of(pd.concat([table, filled]).loc[lines])
            unexplained = filling.unexplained(of_lines, lacking)
            noise[lines.get_indexer(lacking)] += settings.fill_noise * unexplained
            search = _Search(kernels, patient_id, scores, settings, noise)
        choice = search.best(best)
        kernel, weights = search.kernel(choice)
        smoothers = [
            Smoother(inverse_of(kernel + penalty * np.diag(noise)), search.patients)
            for penalty in search.penalty(choice) * np.array([1, settings.further_penalty])
        ]
        coefficients, left_out = _fit_genes(kernel, smoothers, z, structure)
        part = KernelPart(
            WeightedKernels(kernels, weights, lines),
            filling,
            pd.DataFrame(coefficients.astype(np.float32), lines, genes),
            pd.Series(structure.mean, genes),
        )
        return cls(part, pd.DataFrame(left_out, lines, genes), noise)


def _measured(table: pd.DataFrame, lines: pd.Index) -> pd.DataFrame:
    """Return the profiles of these lines; what was not measured in one is the others' mean."""
    of_lines = table.loc[lines[lines.isin(table.index)]]
    values = of_lines.to_numpy(float)
    there = ~np.isnan(values)
    mean = np.where(there, values, 0).sum(axis=0) / there.sum(axis=0).clip(1)
    # The last bits of a sum depend on how a table lies in memory.
    whole = np.ascontiguousarray(np.where(there, values, mean), np.float32)
    return pd.DataFrame(whole, of_lines.index, of_lines.columns)


def _fit_genes(
    kernel: np.ndarray, smoothers: Sequence[Smoother], z: np.ndarray, structure: LabelStructure
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients and the left-out predictions, both (line, gene).

    Parameters
    ----------
    smoothers
        Of what the labels' first components hold, and of the rest.
    z
        Scaled labels (line, gene), NaN where not screened.
    """
    missing = np.isnan(z)
    filled = np.nan_to_num(z)
    for _ in range(N_FILLS if missing.any() else 0):
        both = zip(smoothers, structure.parts(filled), strict=True)
        fitted = kernel @ np.add.reduce([s.inverse @ part for s, part in both])
        filled = np.where(missing, fitted, filled)
    parts = list(zip(smoothers, structure.parts(filled), strict=True))
    dual = np.add.reduce([s.inverse @ part for s, part in parts])
    left_out = np.add.reduce([s.left_out(part) for s, part in parts])
    smooth, sd = structure.smoothing, structure.sd
    return (dual @ smooth) * sd, structure.mean + (left_out @ smooth) * sd


@dataclass(frozen=True)
class _Choice:
    weights: tuple[Weight, ...]


class _Search:
    """Squared errors on patients left out, for any choice, each computed once."""

    def __init__(
        self,
        kernels: Mapping[str, TableKernel],
        patient_id: pd.Series,
        scores: np.ndarray,
        settings: KernelSettings,
        noise: np.ndarray,
    ) -> None:
        self._settings = settings
        self._names = list(kernels)
        self._scores = scores
        self._noise = noise
        lines = patient_id.index
        self._parts: dict[str, tuple[np.ndarray, ...]] = {}
        for name, kernel in kernels.items():
            rows = lines.get_indexer(kernel.profiles.index)
            both = []
            for part in kernel.parts(kernel.profiles):
                whole = np.zeros((len(lines), len(lines)))
                whole[np.ix_(rows, rows)] = (part + part.T) / 2
                both.append(whole)
            self._parts[name] = tuple(both)
        groups = pd.Series(range(len(lines))).groupby(patient_id.to_numpy())
        self.patients = [of.to_numpy() for _, of in groups if len(of) > 1]
        self._counts = {name: len(kernel.profiles) for name, kernel in kernels.items()}
        self._total = float((scores**2).sum())
        self._tried: dict[_Choice, np.ndarray] = {}

    def strongest(self) -> str:
        """Return the table that predicts best alone the lines that have it, if many have it."""
        share, counts = self._settings.linear_shares[0], self._counts
        named = [name for name in self._names if name != LINEAGE] or self._names
        most = max(counts[name] for name in named)
        alone = {
            name: (self._errors(self._alone(name, share)).min() - self._total) / counts[name]
            for name in named
            if counts[name] >= MIN_SHARE_OF_LINES * most
        }
        return min(alone, key=alone.__getitem__)

    def best(self, strongest: str) -> _Choice:
        """Search one setting at a time: the strongest table's linear share, then weights."""
        settings = self._settings
        best = self._least(self._alone(strongest, share) for share in settings.linear_shares)
        for k, name in enumerate(self._names):
            if name == strongest:
                continue
            options = [Weight(0.0, 0.0)]
            options += [Weight(w, s) for w in settings.weights for s in (0.0, 1.0)]
            best = self._least(
                replace(best, weights=(*best.weights[:k], option, *best.weights[k + 1 :]))
                for option in options
            )
        return best

    def kernel(self, choice: _Choice) -> tuple[np.ndarray, dict[str, Weight]]:
        """Return the kernel of mean diagonal 1, and the weights that make it."""
        total = np.zeros((len(self._noise),) * 2)
        both = dict(zip(self._names, choice.weights, strict=True))
        for name, of_table in both.items():
            if of_table.weight:
                linear, gaussian = self._parts[name]
                share = of_table.linear_share
                total += of_table.weight * (share * linear + (1 - share) * gaussian)
        scale = float(np.trace(total)) / len(total) or 1.0
        scaled = {name: replace(w, weight=w.weight / scale) for name, w in both.items()}
        return total / scale, scaled

    def penalty(self, choice: _Choice) -> float:
        """Return the penalty of the smallest error under a choice."""
        return self._settings.penalties[int(self._errors(choice).argmin())]

    def _alone(self, name: str, share: float) -> _Choice:
        none = Weight(0.0, 0.0)
        return _Choice(tuple(Weight(1.0, share) if n == name else none for n in self._names))

    def _least(self, choices: Iterator[_Choice]) -> _Choice:
        return min(choices, key=lambda choice: self._errors(choice).min())

    def _errors(self, choice: _Choice) -> np.ndarray:
        """Squared errors on patients left out, by penalty."""
        if choice not in self._tried:
            kernel, _ = self.kernel(choice)
            errors = []
            for penalty in self._settings.penalties:
                inverse = inverse_of(kernel + penalty * np.diag(self._noise))
                left_out = Smoother(inverse, self.patients).left_out(self._scores)
                errors.append(float(((left_out - self._scores) ** 2).sum()))
            self._tried[choice] = np.array(errors)
        return self._tried[choice]

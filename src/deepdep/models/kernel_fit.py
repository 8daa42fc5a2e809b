"""Fitting the kernel part: weights, penalties and coefficients, by patients left out.

What the first components of the labels hold is shared by many genes and so surer: it is shrunk less
than the rest. A line in which the best table was filled counts as noisier. What is predicted of a
gene is drawn to what is predicted of genes that go with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from deepdep.models.gene_scale import MIN_SD
from deepdep.models.kernel import (
    FILLED_LINEAR_SHARE,
    LINEAGE,
    Filling,
    KernelPart,
    TableKernel,
    Tables,
    Weight,
    WeightedKernels,
    inverse_of,
)
from deepdep.settings import Settings

MIN_SHARE_OF_LINES = 0.25  # of those that the commonest table has, to be the one that is filled
GENES_PER_BLOCK = 1000
N_FILLED_COMPONENTS = 50  # of a table that is filled, by which filling is judged
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
    fill_weights: tuple[float, ...]  # of another table, or 0, where the best is filled from them
    fill_penalties: tuple[float, ...]  # of ridge there; 1 is the mean of that kernel's diagonal
    fill_noise: float  # what being filled from nothing adds to a line's noise of 1
    smoothing: float  # sum of r^3 with other genes at which these say half; 0 is not at all
    n_neighbors: int  # genes that a gene is smoothed by
    n_folds: int  # of the patients


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

    def times_parts(
        self, matrices: Sequence[np.ndarray], z: np.ndarray, genes: np.ndarray | slice
    ) -> tuple[np.ndarray, np.ndarray]:
        """Multiply what the components hold of scaled labels by one matrix, the rest by another.

        What components hold has few dimensions: one product with all labels is enough.

        Parameters
        ----------
        matrices
            Both of shape (line, line).
        z
            Shape (line, gene).
        genes
            Positions of those to return the products of.
        """
        scores, of_genes = z @ self.components, self.components[genes].T
        of_shared, of_rest = matrices
        rest = of_rest @ z[:, genes] - (of_rest @ scores) @ of_genes
        return (of_shared @ scores) @ of_genes, rest


def _smoothing(z: np.ndarray, settings: KernelSettings) -> csc_array:
    """Weigh each gene with others by the cube of their correlation, where that is above 0."""
    n_genes = z.shape[1]
    length = np.sqrt((z**2).sum(axis=0))
    unit = (z / np.where(length > 0, length, 1)).astype(np.float32).T  # (gene, line)
    n_kept = min(settings.n_neighbors, n_genes - 1) if settings.smoothing else 0
    rows, columns, values = [np.arange(n_genes)], [np.arange(n_genes)], [np.ones(n_genes)]
    for start in range(0, n_genes if n_kept else 0, GENES_PER_BLOCK):
        genes = np.arange(start, min(start + GENES_PER_BLOCK, n_genes))
        alike = (unit[genes] @ unit.T).clip(0)
        alike[genes - start, genes] = 0
        strongest = np.argpartition(alike, n_genes - n_kept, axis=1)[:, n_genes - n_kept :]
        weight = np.take_along_axis(alike, strongest, axis=1).astype(float) ** 3
        weight = weight / (weight.sum(axis=1, keepdims=True) + settings.smoothing)
        rows.append(strongest.ravel())
        columns.append(np.repeat(genes, n_kept))
        values.append(weight.ravel())
        values[0][genes] -= weight.sum(axis=1)
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
        return z - self.residual(self.inverse @ z)

    def residual(self, dual: np.ndarray) -> np.ndarray:
        """Return how far off ``left_out`` is, by ``inverse @ z``."""
        residual = dual / np.diag(self.inverse)[:, None]
        for lines in self.patients:
            residual[lines] = np.linalg.solve(self.inverse[np.ix_(lines, lines)], dual[lines])
        return residual


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
    def fit(
        cls,
        tables: Tables,
        labels: KernelLabels,
        settings: KernelSettings,
        like: KernelPart | None = None,
    ) -> Self:
        """Choose weights of tables, shares and penalty, then fit on all lines.

        Parameters
        ----------
        tables
            Profiles in the tables' own units, (line, feature); a line may lack any of them.
        like
            A part of the same tables whose weights, shares and filled table are taken.
        """
        lines, genes = labels.effect.index, labels.effect.columns
        structure = LabelStructure.of(labels.effect, settings)
        z, patient_id = structure.scaled(labels.effect), labels.patient_id[lines]
        of_lines = {name: _measured(table, lines) for name, table in tables.items()}
        of_lines = {name: table for name, table in of_lines.items() if len(table) > 1}
        kernels = {name: TableKernel.of(table) for name, table in of_lines.items()}
        scores, noise = np.nan_to_num(z) @ structure.components, np.ones(len(lines))
        parts = {name: _between_lines(kernel, lines) for name, kernel in kernels.items()}
        counts = {name: len(table) for name, table in of_lines.items()}
        search = _Search(parts, counts, patient_id, scores, settings, noise)
        best = search.strongest() if like is None else like.filling.table
        table, lacking = of_lines[best], lines[~lines.isin(of_lines[best].index)]
        filling = _best_filling(best, kernels, parts, lines, patient_id, settings)
        if len(lacking):
            filled = pd.DataFrame(filling.fill(of_lines, lacking, table), lacking, table.columns)
            kernels[best] = TableKernel.of(pd.concat([table, filled]).loc[lines])
            parts[best] = _between_lines(kernels[best], lines)
            unexplained = filling.unexplained(of_lines, lacking)
            noise[lines.get_indexer(lacking)] += settings.fill_noise * unexplained
            search = _Search(parts, counts, patient_id, scores, settings, noise)
        choice = (
            search.best(best) if like is None else tuple(like.kernels.weights[n] for n in parts)
        )
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


def _best_filling(
    name: str,
    kernels: Mapping[str, TableKernel],
    parts: Mapping[str, tuple[np.ndarray, np.ndarray]],
    lines: pd.Index,
    patient_id: pd.Series,
    settings: KernelSettings,
) -> Filling:
    """Choose what each other table counts where one is filled, and a penalty, by patients left out.

    How far off filling is, is judged by the first components of the table.

    Parameters
    ----------
    parts
        By table, as ``_between_lines`` returns them.
    """
    table = kernels[name].profiles
    rows = lines.get_indexer(table.index)
    centred = table.to_numpy(float) - kernels[name].mean
    strengths, vectors = np.linalg.eigh(centred @ centred.T)
    strongest = slice(-N_FILLED_COMPONENTS, None)
    scores = vectors[:, strongest] * np.sqrt(strengths[strongest].clip(0))
    patients, share = _several(patient_id[table.index]), FILLED_LINEAR_SHARE
    within = {
        other: (share * linear + (1 - share) * gaussian)[np.ix_(rows, rows)]
        for other, (linear, gaussian) in parts.items()
        if other != name
    }

    total = float((scores**2).sum())

    def error(weights: Mapping[str, float], penalty: float) -> float:
        kernel = np.zeros((len(rows),) * 2)
        for other, weight in weights.items():
            kernel += weight * within[other]
        noise = penalty * (float(np.trace(kernel)) / len(rows) or 1.0)
        inverse = inverse_of(kernel + noise * np.eye(len(rows)))
        residual = Smoother(inverse, patients).residual(inverse @ scores)
        return round(float((residual**2).sum()) / (total or 1.0), 9)  # not by the order of sums

    weights, first = dict.fromkeys(within, 1.0), settings.fill_penalties[0]
    for other in within:
        options = [weights, *(weights | {other: w} for w in (0.0, *settings.fill_weights))]
        weights = min(options, key=lambda tried: error(tried, first))
    penalty = min(settings.fill_penalties, key=lambda tried: error(weights, tried))
    others = {other: kernels[other] for other in within}
    counts = {other: Weight(weight, share) for other, weight in weights.items()}
    return Filling(name, WeightedKernels(others, counts, lines), table.index, penalty)


def _several(patient_id: pd.Series) -> list[np.ndarray]:
    """Return the positions of the lines of each patient with several."""
    groups = pd.Series(range(len(patient_id))).groupby(patient_id.to_numpy())
    return [of.to_numpy() for _, of in groups if len(of) > 1]


def _between_lines(kernel: TableKernel, lines: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Return the linear and the Gaussian kernel, (line, line), 0 where a line lacks the table."""
    rows = lines.get_indexer(kernel.profiles.index)
    linear, gaussian = (np.zeros((len(lines), len(lines))) for _ in range(2))
    for whole, part in zip((linear, gaussian), kernel.parts(kernel.profiles), strict=True):
        whole[np.ix_(rows, rows)] = (part + part.T) / 2
    return linear, gaussian


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
    some = np.flatnonzero(missing.any(axis=0))
    if len(some):
        fits = [kernel @ smoother.inverse for smoother in smoothers]
        for _ in range(N_FILLS):
            shared, rest = structure.times_parts(fits, filled, some)
            filled[:, some] = np.where(missing[:, some], shared + rest, filled[:, some])
    duals = structure.times_parts([s.inverse for s in smoothers], filled, slice(None))
    residuals = [s.residual(dual) for s, dual in zip(smoothers, duals, strict=True)]
    left_out = filled - np.add.reduce(residuals)
    smooth, sd = structure.smoothing, structure.sd
    return (np.add.reduce(duals) @ smooth) * sd, structure.mean + (left_out @ smooth) * sd


Weights = tuple[Weight, ...]  # of the tables, in their order


class _Search:
    """Squared errors on patients left out, for any choice, each computed once.

    Parameters
    ----------
    parts
        By table, as ``_between_lines`` returns them.
    counts
        How many lines have a table measured.
    """

    def __init__(
        self,
        parts: Mapping[str, tuple[np.ndarray, np.ndarray]],
        counts: Mapping[str, int],
        patient_id: pd.Series,
        scores: np.ndarray,
        settings: KernelSettings,
        noise: np.ndarray,
    ) -> None:
        self._settings = settings
        self._names = list(parts)
        self._parts = dict(parts)
        self._counts = counts
        self._scores = scores
        self._noise = noise
        self.patients = _several(patient_id)
        self._total = float((scores**2).sum())
        self._tried: dict[Weights, np.ndarray] = {}

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

    def best(self, strongest: str) -> Weights:
        """Search one setting at a time: the strongest table's linear share, then weights."""
        settings = self._settings
        best = self._least(self._alone(strongest, share) for share in settings.linear_shares)
        for k, name in enumerate(self._names):
            if name == strongest:
                continue
            options = [Weight(0.0, 0.0)]
            options += [Weight(w, s) for w in settings.weights for s in (0.0, 1.0)]
            best = self._least((*best[:k], option, *best[k + 1 :]) for option in options)
        return best

    def kernel(self, choice: Weights) -> tuple[np.ndarray, dict[str, Weight]]:
        """Return the kernel of mean diagonal 1, and the weights that make it."""
        total = np.zeros((len(self._noise),) * 2)
        both = dict(zip(self._names, choice, strict=True))
        for name, of_table in both.items():
            if of_table.weight:
                linear, gaussian = self._parts[name]
                share = of_table.linear_share
                total += of_table.weight * (share * linear + (1 - share) * gaussian)
        scale = float(np.trace(total)) / len(total) or 1.0
        scaled = {name: replace(w, weight=w.weight / scale) for name, w in both.items()}
        return total / scale, scaled

    def penalty(self, choice: Weights) -> float:
        """Return the penalty of the smallest error under a choice."""
        return self._settings.penalties[int(self._errors(choice).argmin())]

    def _alone(self, name: str, share: float) -> Weights:
        none = Weight(0.0, 0.0)
        return tuple(Weight(1.0, share) if n == name else none for n in self._names)

    def _least(self, choices: Iterator[Weights]) -> Weights:
        return min(choices, key=lambda choice: self._errors(choice).min())

    def _errors(self, choice: Weights) -> np.ndarray:
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

"""The closed-form part of a predictor: lines that look alike need the same genes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from deepdep.data.splits import patient_folds
from deepdep.domain.omics import Omic
from deepdep.models.ridge import KernelBasis
from deepdep.settings import Settings


@dataclass(frozen=True)
class KernelSettings(Settings):
    """The ``finetune.closed_form.kernel`` group of params.yaml.

    Where several values are given, patients left out decide; the search starts from the first.
    """

    omic_weights: tuple[float, ...]  # of an omic beside the one that predicts best alone
    widths: tuple[float, ...]  # of the Gaussian, per mean squared distance; 0 is a linear kernel
    smoothing: tuple[
        float, ...
    ]  # how far labels are drawn to what other genes say; 0 is not at all
    penalties: tuple[float, ...]  # of ridge; 1 is the mean eigenvalue of the kernel
    fill_penalty: float  # of ridge where an omic is filled from the others, in the same unit
    n_folds: int  # of the patients


def squares_of(rows: np.ndarray) -> np.ndarray:
    """Return the squared length of each row."""
    return (rows.astype(float) ** 2).sum(axis=1)


def squared_distances(
    samples: np.ndarray, lines: np.ndarray, line_squares: np.ndarray | None = None
) -> np.ndarray:
    """Squared Euclidean distances, shape (sample, line), of rows with the same features.

    Parameters
    ----------
    line_squares
        ``squares_of(lines)``, where it is known.
    """
    of_lines = squares_of(lines) if line_squares is None else line_squares
    squares = squares_of(samples)[:, None] + of_lines
    return (squares - 2 * (samples @ lines.T)).clip(0)


def kernel_of(
    distances: Mapping[Omic, np.ndarray], weights: Mapping[Omic, float], width: float
) -> np.ndarray:
    """Return a Gaussian kernel of the weighted mean of the omics' squared distances.

    Width 0 is its limit, up to what centring takes away: minus the distance, whose centred form
    is the product of the centred profiles.
    """
    total = sum(weights.values())
    distance = np.add.reduce([distances[o] * (w / total) for o, w in weights.items() if w])
    return np.exp(-width * distance) if width else -distance


Tables = Mapping[Omic, pd.DataFrame]  # (sample, feature), each with only the samples that have it


@dataclass(frozen=True)
class Reference:
    """Cell lines that others are compared with.

    Attributes
    ----------
    profiles
        Centred, in the omic's own unit, shape (line, feature), every line in every table.
    measured
        Which lines truly have the omic, boolean by line; the others were filled.
    """

    profiles: Mapping[Omic, pd.DataFrame]
    measured: Mapping[Omic, pd.Series]
    fill_penalty: float

    @classmethod
    def of(cls, tables: Tables, lines: pd.Index, fill_penalty: float) -> Self:
        """Collect lines and fill the omics that some of them lack."""
        measured = {o: pd.Series(lines.isin(t.index), index=lines) for o, t in tables.items()}
        bare = cls(
            {o: table.reindex(lines).fillna(0).astype(np.float32) for o, table in tables.items()},
            measured,
            fill_penalty,
        )
        of_lines = {omic: table.loc[table.index.isin(lines)] for omic, table in tables.items()}
        return cls(bare.complete(of_lines, lines), measured, fill_penalty)

    @property
    def lines(self) -> pd.Index:
        """The lines, in the order of every table."""
        return next(iter(self.profiles.values())).index

    @cached_property
    def squares(self) -> dict[Omic, np.ndarray]:
        """Squared length of each line's profile, by omic."""
        return {omic: squares_of(table.to_numpy()) for omic, table in self.profiles.items()}

    def complete(self, tables: Tables, samples: pd.Index) -> dict[Omic, pd.DataFrame]:
        """Return every omic of every sample, shape (sample, feature).

        An omic that a sample lacks is a weighted mean of these lines': kernel ridge from the
        omics that the sample has, over the lines that have these and the missing one. What was not
        measured within a table counts as average.
        """
        has = pd.DataFrame(
            {omic: samples.isin(table.index) for omic, table in tables.items()}, samples
        )
        full = {}
        for omic, profiles in self.profiles.items():
            values = pd.DataFrame(0.0, samples, profiles.columns, dtype=np.float32)
            if omic in tables:
                measured = samples[has[omic]]
                values.loc[measured] = tables[omic].loc[measured].fillna(0).to_numpy(np.float32)
            full[omic] = values
        for present, alike in has.groupby(list(tables)) if tables else ():
            given = [omic for omic, is_there in zip(tables, present, strict=True) if is_there]
            for omic in self.profiles if given else ():
                if omic not in given:
                    of_others = {other: tables[other].loc[alike.index] for other in given}
                    full[omic].loc[alike.index] = self._fill(omic, of_others)
        return full

    def _fill(self, omic: Omic, present: Tables) -> np.ndarray:
        has_all = pd.concat([self.measured[o] for o in (omic, *present)], axis=1).all(axis=1)
        lines = has_all.index[has_all]
        n_samples = len(next(iter(present.values())))
        if lines.empty:
            return np.zeros((n_samples, self.profiles[omic].shape[1]), np.float32)
        between, within = np.zeros((n_samples, len(lines))), np.zeros((len(lines), len(lines)))
        for other, table in present.items():
            of_lines = self.profiles[other].loc[lines].to_numpy()
            products = of_lines @ of_lines.T
            length = np.trace(products) / len(lines) or 1.0
            within += products / length
            between += table.fillna(0).to_numpy(np.float32) @ of_lines.T / length
        penalty = self.fill_penalty * np.trace(within) / len(lines)
        weights = np.linalg.solve(within + penalty * np.eye(len(lines)), between.T).T
        return (weights @ self.profiles[omic].loc[lines].to_numpy()).astype(np.float32)


@dataclass(frozen=True)
class KernelPart:
    """Kernel ridge on cell lines, every gene at once.

    Attributes
    ----------
    weights
        Of each omic in the mean distance; an omic of weight 0 is not looked at.
    mean_distance
        Mean squared distance between reference lines, by omic.
    column_means
        Of the kernel between reference lines, by line: what centring takes away.
    coefficients, intercept
        Shape (line, gene), and one entry per gene: an effect is the intercept plus the sample's
        similarities times the gene's coefficients.
    """

    reference: Reference
    weights: Mapping[Omic, float]
    width: float
    mean_distance: Mapping[Omic, float]
    column_means: pd.Series
    coefficients: pd.DataFrame
    intercept: pd.Series

    @property
    def profiles(self) -> dict[str, pd.DataFrame]:
        """Complete profiles of the lines by table, (line, feature)."""
        return {str(omic): table for omic, table in self.reference.profiles.items()}

    def similarities(self, profiles: Mapping[Omic, pd.DataFrame]) -> np.ndarray:
        """Return how alike samples and reference lines are, centred, shape (sample, line).

        Parameters
        ----------
        profiles
            Complete, in the omics' own units, centred, (sample, feature).
        """
        used = {omic: weight for omic, weight in self.weights.items() if weight}
        lines, squares = self.reference.profiles, self.reference.squares
        distances = {
            omic: squared_distances(
                profiles[omic].to_numpy(), lines[omic].to_numpy(), squares[omic]
            )
            / self.mean_distance[omic]
            for omic in used
        }
        return kernel_of(distances, used, self.width) - self.column_means.to_numpy()


def label_products(background: pd.DataFrame) -> np.ndarray:
    """Products between lines of their deviations from the gene means, shape (line, line).

    Parameters
    ----------
    background
        Gene effects (line, gene), NaN where not screened.
    """
    deviations = (background - background.mean()).fillna(0).to_numpy(np.float32)
    return (deviations @ deviations.T).astype(float)


def smooth_labels(labels: np.ndarray, products: np.ndarray, strength: float) -> np.ndarray:
    """Ridge of the labels on the lines' own label profiles.

    Parameters
    ----------
    labels
        Shape (line, gene), NaN where not screened, which counts as the gene's mean.
    products
        From ``label_products``, of the same lines.
    strength
        Penalty, in units of the mean eigenvalue; 0 returns the labels.
    """
    mean = np.nanmean(labels, axis=0)
    deviations = np.nan_to_num(labels - mean)
    if not strength:
        return mean + deviations
    n_lines = len(products)
    centering = np.eye(n_lines) - 1 / n_lines
    centred = centering @ products @ centering
    penalty = strength * np.trace(centred) / n_lines
    if not penalty:
        return mean + deviations
    drawn = np.linalg.solve(centred + penalty * np.eye(n_lines), centred @ deviations)
    return mean + drawn


@dataclass(frozen=True)
class KernelLabels:
    """What is known of gene effects when the kernel part is fitted.

    Attributes
    ----------
    effect
        Shape (line, gene), NaN where not screened.
    background
        Effects of these lines and others, over all screened genes, (line, gene); lines without a
        profile only help to tell which genes go together.
    patient_id
        Of the lines of both.
    """

    effect: pd.DataFrame
    background: pd.DataFrame
    patient_id: pd.Series

    def without(self, lines: pd.Index) -> "KernelLabels":
        """Return labels without these lines, nor any other of their patients in the background."""
        patients = set(self.patient_id[lines])
        kept = self.background.index[~self.patient_id[self.background.index].isin(patients)]
        return KernelLabels(
            self.effect.drop(index=lines), self.background.loc[kept], self.patient_id
        )


@dataclass(frozen=True)
class FittedKernel:
    """The part, and what it says of each line when the line's patient is left out.

    ``out_of_fold`` has shape (line, gene).
    """

    part: KernelPart
    out_of_fold: pd.DataFrame

    @classmethod
    def fit(cls, tables: Tables, labels: KernelLabels, settings: KernelSettings) -> Self:
        """Choose weights of omics, width, smoothing and penalty, then fit on all lines.

        Parameters
        ----------
        tables
            Profiles in the omics' own units, centred, (line, feature); a line may lack omics.
        """
        lines = labels.effect.index
        reference = Reference.of(
            {omic: t.loc[t.index.isin(lines)] for omic, t in tables.items()},
            lines,
            settings.fill_penalty,
        )
        raw = {
            o: squared_distances(t.to_numpy(), t.to_numpy()) for o, t in reference.profiles.items()
        }
        mean_distance = {omic: float(distance.mean()) or 1.0 for omic, distance in raw.items()}
        distances = {omic: distance / mean_distance[omic] for omic, distance in raw.items()}
        search = _Search(distances, labels, settings)
        choice = search.best()
        kernel = kernel_of(
            distances, dict(zip(distances, choice.weights, strict=True)), choice.width
        )
        everyone = np.arange(len(lines))
        basis = KernelBasis.of(kernel, everyone, everyone)
        smoothed = search.smoothed_labels(everyone, choice.smoothing)
        dual = basis.dual_weights(smoothed, search.penalty(choice))
        part = KernelPart(
            reference=reference,
            weights=dict(zip(distances, choice.weights, strict=True)),
            width=choice.width,
            mean_distance=mean_distance,
            column_means=pd.Series(kernel.mean(axis=0), index=lines),
            # Centring the rows of a kernel is centring the coefficients.
            coefficients=pd.DataFrame(
                (dual - dual.mean(axis=0)).astype(np.float32), lines, labels.effect.columns
            ),
            intercept=pd.Series(smoothed.mean(axis=0), labels.effect.columns),
        )
        return cls(part, search.out_of_fold(choice))


@dataclass(frozen=True)
class _Choice:
    weights: tuple[float, ...]
    width: float
    smoothing: float


class _Search:
    """Squared errors on patients left out, for any choice, each computed once."""

    def __init__(
        self, distances: dict[Omic, np.ndarray], labels: KernelLabels, settings: KernelSettings
    ) -> None:
        self._distances = distances
        self._labels = labels
        self._settings = settings
        self._y = labels.effect.to_numpy(float)
        lines = labels.effect.index
        self._folds = list(patient_folds(labels.patient_id[lines], settings.n_folds))
        others = labels.background.index.difference(lines)
        self._rows = labels.background.loc[[*lines, *others]]
        self._patients = labels.patient_id[self._rows.index].to_numpy()
        self._products: dict[bytes, np.ndarray] = {}
        self._smoothed: dict[tuple[int, float], np.ndarray] = {}
        self._tried: dict[_Choice, np.ndarray] = {}

    def best(self) -> _Choice:
        """Search one setting at a time: the omics alone, then width and smoothing, then weights."""
        settings = self._settings
        n_omics = len(self._distances)
        alone = [tuple(float(i == k) for i in range(n_omics)) for k in range(n_omics)]
        first = _Choice(alone[0], settings.widths[0], settings.smoothing[0])
        best = self._least(replace(first, weights=weights) for weights in alone)
        strongest = best.weights.index(1.0)
        best = self._least(replace(best, smoothing=value) for value in settings.smoothing)
        best = self._least(replace(best, width=value) for value in settings.widths)
        for k in range(n_omics):
            if k != strongest:
                best = self._least(
                    replace(best, weights=(*best.weights[:k], weight, *best.weights[k + 1 :]))
                    for weight in (0.0, *settings.omic_weights)
                )
        return best

    def penalty(self, choice: _Choice) -> float:
        """Return the penalty of the smallest error under a choice."""
        return self._settings.penalties[int(self._errors(choice).argmin())]

    def out_of_fold(self, choice: _Choice) -> pd.DataFrame:
        """Return what lines are predicted to be by models that saw no line of their patient."""
        penalty = self.penalty(choice)
        predicted = np.empty_like(self._y)
        for number, (_, held_out) in enumerate(self._folds):
            (predicted[held_out],) = self._predictions(number, choice, [penalty])
        effect = self._labels.effect
        return pd.DataFrame(predicted, effect.index, effect.columns)

    def smoothed_labels(self, fitted: np.ndarray, strength: float) -> np.ndarray:
        """Smooth the labels of some lines; no patient of the other lines helps."""
        n_lines = len(self._y)
        held_out = np.setdiff1d(np.arange(n_lines), fitted)
        extra = np.arange(n_lines, len(self._rows))
        extra = extra[~np.isin(self._patients[extra], self._patients[held_out])]
        rows = np.concatenate([fitted, extra])
        key = rows.tobytes()
        if key not in self._products:
            # From the means of these rows alone.
            self._products[key] = label_products(self._rows.iloc[rows])
        y = self._rows[self._labels.effect.columns].to_numpy(float)[rows]
        return smooth_labels(y, self._products[key], strength)[: len(fitted)]

    def _least(self, choices: Iterator[_Choice]) -> _Choice:
        return min(choices, key=lambda choice: self._errors(choice).min())

    def _errors(self, choice: _Choice) -> np.ndarray:
        """Squared errors on patients left out, by penalty."""
        if choice not in self._tried:
            errors = np.zeros(len(self._settings.penalties))
            for number, (_, held_out) in enumerate(self._folds):
                path = self._predictions(number, choice, self._settings.penalties)
                for row, predicted in enumerate(path):
                    errors[row] += np.nansum((predicted - self._y[held_out]) ** 2)
            self._tried[choice] = errors
        return self._tried[choice]

    def _predictions(
        self, number: int, choice: _Choice, penalties: Sequence[float]
    ) -> Iterator[np.ndarray]:
        """Predict the lines that a fold leaves out, once per penalty."""
        fitted, held_out = self._folds[number]
        key = (number, choice.smoothing)
        if key not in self._smoothed:
            self._smoothed[key] = self.smoothed_labels(fitted, choice.smoothing)
        weights = dict(zip(self._distances, choice.weights, strict=True))
        kernel = kernel_of(self._distances, weights, choice.width)
        yield from KernelBasis.of(kernel, fitted, held_out).predict_path(
            self._smoothed[key], penalties
        )

"""Fitting the kernel part; whatever has to be chosen, patients left out choose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from deepdep.domain.omics import Omic
from deepdep.models.kernel.distances import kernel_of, squared_distances
from deepdep.models.kernel.part import KernelPart
from deepdep.models.kernel.profiles import Tables, build_reference
from deepdep.models.kernel.settings import KernelSettings
from deepdep.models.kernel.smoothing import label_products, smooth_labels
from deepdep.models.ridge import decompose, dual_weights, predict_path


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


@dataclass(frozen=True)
class FittedKernel:
    """The part, and what it says of each line when the line's patient is left out.

    ``out_of_fold`` has shape (line, gene).
    """

    part: KernelPart
    out_of_fold: pd.DataFrame


@dataclass(frozen=True)
class _Choice:
    weights: tuple[float, ...]
    width: float
    smoothing: float


def fit_kernel_part(tables: Tables, labels: KernelLabels, settings: KernelSettings) -> FittedKernel:
    """Choose weights of omics, width, smoothing and penalty, then fit on all lines.

    Parameters
    ----------
    tables
        Profiles in the omics' own units, centred, (line, feature); a line may lack omics.
    """
    lines = labels.effect.index
    reference = build_reference(
        {omic: t.loc[t.index.isin(lines)] for omic, t in tables.items()},
        lines,
        settings.fill_penalty,
    )
    raw = {o: squared_distances(t.to_numpy(), t.to_numpy()) for o, t in reference.profiles.items()}
    mean_distance = {omic: float(distance.mean()) or 1.0 for omic, distance in raw.items()}
    distances = {omic: distance / mean_distance[omic] for omic, distance in raw.items()}
    search = _Search(distances, labels, settings)
    choice = search.best()
    kernel = kernel_of(distances, dict(zip(distances, choice.weights, strict=True)), choice.width)
    everyone = np.arange(len(lines))
    basis = decompose(kernel, everyone, everyone)
    smoothed = search.smoothed_labels(everyone, choice.smoothing)
    dual = dual_weights(basis, smoothed, search.penalty(choice))
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
    return FittedKernel(part, search.out_of_fold(choice))


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
        groups = labels.patient_id[lines]
        folds = GroupKFold(min(settings.n_folds, groups.nunique()))
        self._folds = list(folds.split(self._y, groups=groups))
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
        y = self._rows[self._labels.effect.columns].to_numpy(float)[rows]
        return smooth_labels(y, self._products_of(rows), strength)[: len(fitted)]

    def _products_of(self, rows: np.ndarray) -> np.ndarray:
        """Products between the labels of some rows, from the means of these rows alone."""
        key = rows.tobytes()
        if key not in self._products:
            self._products[key] = label_products(self._rows.iloc[rows])
        return self._products[key]

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
        yield from predict_path(decompose(kernel, fitted, held_out), self._smoothed[key], penalties)

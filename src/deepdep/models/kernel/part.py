"""A fitted kernel part, and what it predicts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.kernel.distances import distances_to, kernel_of
from deepdep.models.kernel.profiles import Reference


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

    def similarities(self, profiles: Mapping[Omic, pd.DataFrame]) -> np.ndarray:
        """Return how alike samples and reference lines are, centred, shape (sample, line).

        Parameters
        ----------
        profiles
            Complete, in the omics' own units, centred, (sample, feature).
        """
        used = {omic: weight for omic, weight in self.weights.items() if weight}
        distances = distances_to(
            {omic: profiles[omic] for omic in used},
            self.reference.profiles,
            self.reference.squares,
            self.mean_distance,
        )
        return kernel_of(distances, used, self.width) - self.column_means.to_numpy()

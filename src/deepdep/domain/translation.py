"""How a supplementary assay of an omic reads in the omic's own feature space."""

from dataclasses import dataclass

import pandas as pd

from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.omics import Omic


@dataclass(frozen=True)
class Translation:
    """A linear map from a supplement's standardised profile to the omic's.

    Attributes
    ----------
    space
        Of the supplement.
    weights, intercept
        Shape (supplement's feature, omic's feature), and one entry per feature of the omic.
    """

    omic: Omic
    space: FeatureSpace
    weights: pd.DataFrame
    intercept: pd.Series

    def apply(self, profiles: pd.DataFrame) -> pd.DataFrame:
        """Return standardised profiles of the omic for (sample, supplement's feature).

        What was not measured counts as average.
        """
        values = profiles[self.weights.index].fillna(0).to_numpy() @ self.weights.to_numpy()
        values += self.intercept.to_numpy()
        return pd.DataFrame(values, profiles.index, self.weights.columns)

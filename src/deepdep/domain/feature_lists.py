"""The features that a published model reads, by name and in its order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.bins import Bins
from deepdep.domain.cohort import GeneSets
from deepdep.domain.errors import DeepDEPError, shown
from deepdep.domain.feature_space import MIN_SHARE_OF_FEATURES
from deepdep.domain.gene_table import GeneTable
from deepdep.domain.omics import Omic


@dataclass(frozen=True)
class FeatureLists:
    """What DeepDEP 2021 was published with; a part that is not there is None, or has no entry.

    Attributes
    ----------
    origin
        The folder that they are from, for messages.
    typical
        By omic its features, in order, and the value that is typical of each in the publication:
        the mean of expression and methylation, the median of mutation, two copies of a bin.
    bins
        Places of the features of copy number.
    """

    origin: str
    typical: Mapping[Omic, pd.Series]
    bins: Bins | None
    genes_of_interest: tuple[str, ...] | None
    gene_sets: GeneSets | None

    def published_fills(self, omic: Omic) -> pd.Series:
        """Return what DeepDEP's own preparation puts where a value is missing.

        It lists the means of methylation, and fills with 0 all the same.
        """
        typical = self.typical[omic]
        return typical * 0 if omic is Omic.METHYLATION else typical


class ListedFeaturesMissingError(DeepDEPError):
    """Samples lack more than a fifth of the features of a list."""

    def __init__(self, missing: Sequence[str], table_name: str, origin: str, remedy: str) -> None:
        super().__init__(
            f"{table_name}: lacks {len(missing):,} of the features listed in {origin}: "
            f"{shown(missing)}. {remedy}"
        )


@dataclass(frozen=True)
class FeatureMatch:
    """Which columns of a table are the listed features.

    Attributes
    ----------
    features
        The list.
    columns
        Position of each in the table; -1 where it is not there.
    n_renamed
        Features found under the symbol that their gene got since.
    """

    features: pd.Index
    columns: np.ndarray
    n_renamed: int

    @property
    def missing(self) -> list[str]:
        """Features that the table lacks."""
        return list(self.features[self.columns < 0])

    @property
    def lacks_too_many(self) -> bool:
        """Whether so few features are there that most of what is read would be fills."""
        return (self.columns >= 0).mean() < MIN_SHARE_OF_FEATURES

    def take(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the listed features of the table, in their order; NaN where it lacks one."""
        values = table.to_numpy()[:, self.columns]
        if (self.columns < 0).any():
            values = values.astype(np.float32)
            values[:, self.columns < 0] = np.nan
        return pd.DataFrame(values, table.index, self.features)


def match_features(columns: pd.Index, features: pd.Index, genes: GeneTable) -> FeatureMatch:
    """Find features in a table by name, or else by the symbol that their gene has now.

    A listed name is never found under another listed name.
    """
    found = columns.get_indexer(features)
    if not genes.by_previous or (found >= 0).all():
        return FeatureMatch(features, found, 0)
    listed = set(features)
    current = pd.Index([genes.by_previous.get(feature) for feature in features], dtype=object)
    renamed = (found < 0) & current.isin(columns) & ~current.isin(listed)
    found[renamed] = columns.get_indexer(current[renamed])
    return FeatureMatch(features, found, int(renamed.sum()))

"""The features of an omic that a model reads: fitted, listed by a publication, or translated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import GeneSets, Source
from deepdep.domain.genome import Bins
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError, shown

# With fewer of a list's features than this, most of what is read would be its fills.
MIN_SHARE_OF_LIST = 0.8
# With fewer of an omic's features than this, samples are predicted better without the omic
# (benchmarks/lacking.py).
MIN_SHARE_OF_FEATURES = 0.05
# Samples with fewer than these lack features; a few gaps are in every table that models learn from.
NEARLY_ALL_FEATURES = 0.95
# Of a feature: its mean over standardised tumours, its weight in the estimate of a tumour's purity,
# and what it changes by per unit of that estimate.
PURITY_COLUMNS = ("purity_mean", "purity_weight", "purity_slope")


@dataclass(frozen=True)
class FeatureSpace:
    """Fitted features of one table of an omic; saved beside every model that reads them.

    Attributes
    ----------
    table
        One row per feature, in the order of the network's input; columns ``in_tumors``,
        ``center_cell_line``, ``scale_cell_line``, ``center_tumor``, ``scale_tumor``; and, where
        missing values are filled and not left to the network, ``fill_cell_line``, ``fill_tumor``;
        and, where what goes with purity is taken out of tumours, ``PURITY_COLUMNS``.
    within_sample
        Whether a sample is standardised over its own features first.
    units
        The unit each source was in when the features were fitted.
    """

    table: pd.DataFrame
    within_sample: bool
    units: Mapping[Source, str]

    @property
    def is_scaled(self) -> bool:
        """Whether any feature is centred or scaled."""
        centers, scales = self.table.filter(like="center_"), self.table.filter(like="scale_")
        return bool((centers != 0).any(axis=None) or (scales != 1).any(axis=None))

    def needed(self, source: Source) -> np.ndarray:
        """Whether samples of a source shall have each feature: tumours, what tumours have."""
        in_tumors = self.table["in_tumors"].to_numpy(bool)
        all_of_them = source is not Source.TUMOR or not in_tumors.any()
        return np.ones(len(in_tumors), bool) if all_of_them else in_tumors

    def fills(self, source: Source) -> pd.Series | None:
        """Return what stands for missing values before scaling; None where they stay missing."""
        return self.table.get(f"fill_{source}")

    def without_purity(self, profiles: pd.DataFrame, source: Source) -> pd.DataFrame:
        """Take what goes with purity, as a profile tells it, out of tumours; each on its own.

        Parameters
        ----------
        profiles
            Standardised, (sample, feature); NaN counts as average and stays.
        """
        if source is not Source.TUMOR or PURITY_COLUMNS[0] not in self.table:
            return profiles
        mean, weights, slopes = (self.table[name].to_numpy() for name in PURITY_COLUMNS)
        aligned = np.empty(profiles.shape, np.float32)
        for row, profile in enumerate(profiles.to_numpy(float)):
            # A sum, and no product of matrices, whose last bits depend on the other samples.
            aligned[row] = profile - np.nansum((profile - mean) * weights) * slopes
        return pd.DataFrame(aligned, profiles.index, profiles.columns)


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
    typical: Mapping[str, pd.Series]
    bins: Bins | None
    genes_of_interest: tuple[str, ...] | None
    gene_sets: GeneSets | None

    def published_fills(self, omic: str) -> pd.Series:
        """Return what DeepDEP's own preparation puts where a value is missing.

        It lists the means of methylation, and fills with 0 all the same.
        """
        typical = self.typical[omic]
        return typical * 0 if omic == Omic.METHYLATION else typical


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
        return (self.columns >= 0).mean() < MIN_SHARE_OF_LIST

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

"""The features of one omic that a model reads, with their fills and scales."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from deepdep.domain.cohort import Source

# With fewer of its features than this, an encoder sees mostly fill values.
MIN_SHARE_OF_FEATURES = 0.8


@dataclass(frozen=True)
class FeatureSpace:
    """Fitted features of one omic; saved beside every model that reads them.

    Attributes
    ----------
    table
        One row per feature, in the order of the network's input; columns ``in_tumors``,
        ``center_cell_line``, ``scale_cell_line``, ``center_tumor``, ``scale_tumor``; and, where
        missing values are filled and not left to the network, ``fill_cell_line``, ``fill_tumor``.
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

    def fills(self, source: Source) -> pd.Series | None:
        """Return what stands for missing values before scaling; None where they stay missing."""
        return self.table.get(f"fill_{source}")

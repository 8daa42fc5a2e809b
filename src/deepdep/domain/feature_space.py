"""The features of one omic that a model reads, with their fills and scales."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from deepdep.domain.cohort import Source


@dataclass(frozen=True)
class FeatureSpace:
    """Fitted features of one omic; saved beside every model that reads them.

    Attributes
    ----------
    table
        One row per feature, in the order of the network's input; columns ``in_tumors``,
        ``center_cell_line``, ``scale_cell_line``, ``center_tumor``, ``scale_tumor``.
    within_sample
        Whether a sample is standardised over its own features first.
    units
        The unit each source was in when the features were fitted.
    """

    table: pd.DataFrame
    within_sample: bool
    units: Mapping[Source, str]

"""What goes with purity in tumours' profiles, learned and taken out; cell lines, pure, stay.

Purity is estimated from the profile, since nobody states that of a new tumour; so one tumour alone
can be aligned, by what is saved in the feature space of its model.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from deepdep.domain.features import PURITY_COLUMNS, FeatureSpace
from deepdep.domain.omics import TableName
from deepdep.errors import DeepDEPError, shown
from deepdep.settings import Settings

MIN_TUMORS = 50  # that state their purity; fewer cannot tell thousands of features apart


@dataclass(frozen=True)
class PuritySettings(Settings):
    """The ``prepare.purity`` group of params.yaml."""

    column: str  # of the tumours' obs: share of a sample's cells that are the cancer's, 0 to 1
    tables: tuple[TableName, ...]  # that are aligned
    penalties: tuple[float, ...]  # of ridge that estimates purity, to choose from


def fit_purity(
    space: FeatureSpace,
    profiles: pd.DataFrame,
    obs: pd.DataFrame,
    settings: PuritySettings,
) -> FeatureSpace:
    """Return the feature space that takes what goes with purity out of tumours.

    Purity is regressed on profiles by ridge, and each feature on purity as estimated, both within
    lineages: what tells tissues apart stays.

    Parameters
    ----------
    profiles
        Standardised tumours, (tumour, feature); NaN counts as average.
    obs
        Of the tumours: ``lineage``, and the column of purity, missing where it is not known.

    Raises
    ------
    DeepDEPError
        When ``obs`` lacks the column, it holds anything but shares, or too few tumours state it.
    """
    from sklearn.linear_model import RidgeCV  # here: it takes a while to load

    purity = stated_purity(obs, settings.column).reindex(profiles.index).dropna()
    if len(purity) < MIN_TUMORS or purity.nunique() < 2:
        raise DeepDEPError(
            f"params.yaml: prepare.purity.column: {settings.column!r} differs among too few of the "
            f"tumours that have the table ({len(purity)}; {MIN_TUMORS} are needed); leave "
            "prepare.purity empty, or import the purity of more tumours."
        )
    values = np.ascontiguousarray(profiles.loc[purity.index].fillna(0), float)
    lineage = obs.loc[purity.index, "lineage"]
    x, y = _within(values, lineage), _within(purity.to_numpy(float)[:, None], lineage)[:, 0]
    weights = RidgeCV(alphas=settings.penalties, fit_intercept=False).fit(x, y).coef_
    estimate = x @ weights
    slopes = estimate @ x / (estimate @ estimate)
    mean = np.ascontiguousarray(profiles.fillna(0), float).mean(axis=0)
    columns = dict(zip(PURITY_COLUMNS, (mean, weights, slopes), strict=True))
    return replace(space, table=space.table.assign(**columns))


def stated_purity(obs: pd.DataFrame, column: str) -> pd.Series:
    """Return the purity that tumours state; DeepDEPError where a column does not hold shares."""
    place = f"params.yaml: prepare.purity.column: {column!r}"
    if column not in obs:
        raise DeepDEPError(
            f"{place} is no column of the tumours' obs; there are "
            f"{shown(list(obs.columns), most=10)}; name one, or leave prepare.purity empty."
        )
    stated = obs[column].dropna()
    purity = pd.to_numeric(stated, errors="coerce")
    is_odd = ~purity.between(0, 1)
    if is_odd.any():
        raise DeepDEPError(
            f"{place}: tumour {stated.index[is_odd][0]!r} has {str(stated[is_odd].iloc[0])!r}; "
            "purity is a share from 0 to 1; name another column."
        )
    return purity.astype(float)


def _within(values: np.ndarray, lineage: pd.Series) -> np.ndarray:
    """Take each lineage's mean away."""
    table = pd.DataFrame(values)
    return (table - table.groupby(lineage.astype(str).to_numpy()).transform("mean")).to_numpy()

"""Dealing patients or groups of genes to parts, each whole."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd


def deal(units: pd.DataFrame, shares: Sequence[float], rng: np.random.Generator) -> pd.Series:
    """Deal units to parts: the large ones first, each to the part that lacks most so far.

    What a part lacks is counted within the unit's stratum, twice, and over all, so that strata
    spread and sizes come out even. With equal shares, no part stays empty while there are units
    enough.

    Parameters
    ----------
    units
        One row per unit, that stays whole; columns ``size`` and ``stratum``. The order of the
        rows counts for nothing.
    shares
        Of the sizes; they sum to 1.

    Returns
    -------
    Number of the part that each unit goes to, by its name.
    """
    by_name = units.sort_index()
    shuffled = by_name.iloc[rng.permutation(len(by_name))]
    ordered = shuffled.sort_values("size", ascending=False, kind="stable")
    dealt = np.zeros(len(shares))
    dealt_in: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(shares)))
    parts = []
    for size, stratum in zip(ordered["size"], ordered["stratum"], strict=True):
        held = dealt + 2 * dealt_in[stratum]
        due = np.asarray(shares) * (held.sum() + 3 * size)
        part = int(np.argmax(due - held))
        dealt[part] += size
        dealt_in[stratum][part] += size
        parts.append(part)
    return pd.Series(parts, index=ordered.index, dtype=int)

"""Which patient carries which event."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import ANY, Biology, Event

# An event that something depends on is carried by at least so many patients, and by this share,
# of those with tumours and of those with lines: fewer teach nothing and test nothing.
MIN_CARRIERS = 4
MIN_CARRIER_SHARE = 0.025


def draw_events(
    patients: pd.DataFrame, biology: Biology, needed: Iterable[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the events of each patient, shape (patient, event), bool.

    Parameters
    ----------
    patients
        Columns ``lineage`` and ``source``.
    needed
        Events that have at least a few carriers among the patients of each source.
    """
    probability = pd.DataFrame(
        {name: _frequency(event, patients["lineage"]) for name, event in biology.events.items()}
    )
    drawn = pd.DataFrame(
        rng.random(probability.shape) < probability.to_numpy(),
        index=patients.index,
        columns=probability.columns,
    )
    drawn = _keep_one_of_exclusive(drawn, biology, rng)
    for name, event in biology.events.items():
        allowed = drawn[event.within] if event.within else pd.Series(True, index=drawn.index)
        drawn[name] &= allowed
        if name in set(needed):
            rank = np.log(probability[name]) + rng.gumbel(size=len(patients))
            for _, of_source in patients.groupby("source"):
                drawn.loc[_lacking(drawn[name], rank[allowed], of_source.index), name] = True
    return drawn


def _frequency(event: Event, lineage: pd.Series) -> pd.Series:
    return lineage.map(event.frequency).fillna(event.frequency[ANY]).astype(float)


def _keep_one_of_exclusive(
    drawn: pd.DataFrame, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    kept = drawn.copy()
    groups = pd.Series({name: event.exclusive for name, event in biology.events.items()})
    for _, names in groups[groups != ""].groupby(groups):
        members = list(names.index)
        order = rng.random((len(drawn), len(members))) * drawn[members].to_numpy()
        first = order.argmax(axis=1)[:, None] == np.arange(len(members))
        kept[members] = drawn[members].to_numpy() & first
    return kept


def _lacking(carries: pd.Series, rank: pd.Series, patients: pd.Index) -> pd.Index:
    """Choose the likeliest patients that reach the least number of carriers."""
    carriers = carries.loc[patients]
    n_least = max(MIN_CARRIERS, round(MIN_CARRIER_SHARE * len(patients)))
    rank = rank.loc[rank.index.intersection(patients[~carriers])]
    return rank.nlargest(max(0, n_least - int(carriers.sum()))).index

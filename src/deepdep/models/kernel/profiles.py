"""Profiles in their own units, complete: an omic that a sample lacks is what others suggest."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.kernel.distances import squares_of

Tables = Mapping[Omic, pd.DataFrame]  # (sample, feature), each with only the samples that have it


@dataclass(frozen=True)
class Reference:
    """Cell lines that others are compared with.

    Attributes
    ----------
    profiles
        Centred, in the omic's own unit, shape (line, feature), every line in every table.
    measured
        Which lines truly have the omic, boolean by line; the others were filled.
    """

    profiles: Mapping[Omic, pd.DataFrame]
    measured: Mapping[Omic, pd.Series]
    fill_penalty: float

    @property
    def lines(self) -> pd.Index:
        """The lines, in the order of every table."""
        return next(iter(self.profiles.values())).index

    @cached_property
    def squares(self) -> dict[Omic, np.ndarray]:
        """Squared length of each line's profile, by omic."""
        return {omic: squares_of(table.to_numpy()) for omic, table in self.profiles.items()}


def build_reference(tables: Tables, lines: pd.Index, fill_penalty: float) -> Reference:
    """Collect lines and fill the omics that some of them lack."""
    measured = {o: pd.Series(lines.isin(t.index), index=lines) for o, t in tables.items()}
    bare = Reference(
        {o: table.reindex(lines).fillna(0).astype(np.float32) for o, table in tables.items()},
        measured,
        fill_penalty,
    )
    own = {omic: table.loc[table.index.isin(lines)] for omic, table in tables.items()}
    return Reference(complete(own, lines, bare), measured, fill_penalty)


def complete(tables: Tables, samples: pd.Index, reference: Reference) -> dict[Omic, pd.DataFrame]:
    """Return every omic of every sample, shape (sample, feature).

    An omic that a sample lacks is a weighted mean of the reference lines': kernel ridge from the
    omics that the sample has, over the lines that have these and the missing one. What was not
    measured within a table counts as average.
    """
    has = pd.DataFrame({omic: samples.isin(table.index) for omic, table in tables.items()}, samples)
    full = {}
    for omic, own in reference.profiles.items():
        values = pd.DataFrame(0.0, samples, own.columns, dtype=np.float32)
        if omic in tables:
            known = samples[has[omic]]
            values.loc[known] = tables[omic].loc[known].fillna(0).to_numpy(np.float32)
        full[omic] = values
    for present, alike in has.groupby(list(tables)) if tables else ():
        given = [omic for omic, is_there in zip(tables, present, strict=True) if is_there]
        for omic in reference.profiles if given else ():
            if omic not in given:
                of_others = {other: tables[other].loc[alike.index] for other in given}
                full[omic].loc[alike.index] = _fill(omic, of_others, reference)
    return full


def _fill(omic: Omic, known: Tables, reference: Reference) -> np.ndarray:
    has_all = pd.concat([reference.measured[o] for o in (omic, *known)], axis=1).all(axis=1)
    lines = has_all.index[has_all]
    n_samples = len(next(iter(known.values())))
    if lines.empty:
        return np.zeros((n_samples, reference.profiles[omic].shape[1]), np.float32)
    between, within = np.zeros((n_samples, len(lines))), np.zeros((len(lines), len(lines)))
    for other, table in known.items():
        own = reference.profiles[other].loc[lines].to_numpy()
        products = own @ own.T
        length = np.trace(products) / len(lines) or 1.0
        within += products / length
        between += table.fillna(0).to_numpy(np.float32) @ own.T / length
    penalty = reference.fill_penalty * np.trace(within) / len(lines)
    weights = np.linalg.solve(within + penalty * np.eye(len(lines)), between.T).T
    return (weights @ reference.profiles[omic].loc[lines].to_numpy()).astype(np.float32)

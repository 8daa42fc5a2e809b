"""Samples as models read them: in a model's feature spaces, each source in its own way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.features import transform_features
from deepdep.data.translation import with_translated
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.features import (
    MIN_SHARE_OF_FEATURES,
    NEARLY_ALL_FEATURES,
    FeatureSpace,
    Translation,
)
from deepdep.domain.notes import counted
from deepdep.errors import DeepDEPError

# Of ridge that fills features, in the mean squared length of the lines' profiles.
FILL_PENALTY = 1.0


@dataclass(frozen=True)
class StandardizedSamples:
    """What a model predicts.

    Attributes
    ----------
    profiles
        Standardised tables (sample, feature) by name, each with the samples that have it.
    obs
        One row per sample to predict.
    notes
        Sentences for the user on what the samples lacked.
    """

    profiles: Mapping[str, pd.DataFrame]
    obs: pd.DataFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def named(
        cls, profiles: Mapping[str, pd.DataFrame], names: Sequence[str] | pd.Index
    ) -> "StandardizedSamples":
        """Return samples of which nothing but profiles is known."""
        return cls(profiles, pd.DataFrame(index=pd.Index(names)))

    @property
    def names(self) -> pd.Index:
        """The samples to predict."""
        return pd.Index(list(self.obs.index))

    def blocks(self, n_samples: int) -> "Iterator[StandardizedSamples]":
        """Cut into samples one behind the other, at most so many at a time, at least one block."""
        for start in range(0, max(len(self.obs), 1), n_samples):
            obs = self.obs.iloc[start : start + n_samples]
            profiles = {o: of.loc[of.index.isin(obs.index)] for o, of in self.profiles.items()}
            yield StandardizedSamples(profiles, obs, self.notes)

    def shares_of_features(self, omics: Iterable[str]) -> pd.DataFrame:
        """Return how much of each omic was measured, from 0 to 1, shape (sample, omic)."""
        shares = {
            str(omic): self.profiles[omic].notna().mean(axis=1).reindex(self.names)
            for omic in omics
            if omic in self.profiles
        }
        table = pd.DataFrame(shares, self.names).fillna(0.0)
        return table.reindex(columns=[str(omic) for omic in omics], fill_value=0.0)


def standardize(
    samples: Samples,
    features: Mapping[str, FeatureSpace],
    translations: Mapping[str, Translation],
    *,
    file_name: str,
) -> StandardizedSamples:
    """Put whatever omics samples have into a model's feature spaces.

    A sample that has an omic by a supplementary assay alone gains it, where the model has learned
    to read that assay. One with fewer than a twentieth of an omic's features lacks it. Samples
    without any of the omics are left out.

    Raises
    ------
    DeepDEPError
        When no sample has any of the model's omics, a table is in another unit, or it lacks more
        than nineteen twentieths of the features of an omic.
    """
    profiles: dict[str, pd.DataFrame] = {}
    shares: dict[str, pd.Series] = {}
    tables = samples.tables
    for omic, space in features.items():
        if omic in tables and len(tables[omic].table):
            table = tables[omic].table
            source_of = samples.obs.loc[table.index, "source"]
            parts = [
                transform_features(
                    table.loc[source_of == source],
                    space,
                    source,
                    unit=tables[omic].unit,
                    table_name=f"{file_name}: {omic}",
                )
                for source in Source
                if (source_of == source).any()
            ]
            shares[omic] = share_of_features(table, space, source_of)
            kept = table.index[shares[omic] >= MIN_SHARE_OF_FEATURES]
            profiles[omic] = pd.concat(parts).loc[kept]
    for source in Source:
        profiles = with_translated(profiles, samples, translations, source, file_name=file_name)
    if not profiles:
        raise DeepDEPError(
            f"{file_name}: has none of the model's omics ({', '.join(features)}); "
            "bring at least one of them."
        )
    measured = [s for s in samples.obs.index if any(s in t.index for t in profiles.values())]
    notes = [
        *_notes(profiles, len(measured), samples, features, translations),
        *_notes_on_features(shares, features, len(measured)),
    ]
    return StandardizedSamples(profiles, samples.obs.loc[measured], tuple(notes))


def share_of_features(table: pd.DataFrame, space: FeatureSpace, source_of: pd.Series) -> pd.Series:
    """Return the share of the features of an omic that each sample has, from 0 to 1.

    Of a tumour, features that tumours had in training.
    """
    has = table.reindex(columns=space.table.index).notna().to_numpy()
    share = pd.Series(0.0, table.index)
    for source in Source:
        of_source = (source_of == source).to_numpy()
        share[of_source] = has[of_source][:, space.needed(source)].mean(axis=1)
    return share


def fill_features(table: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Fill what samples lack of an omic: kernel ridge over lines from the features they have.

    A few gaps are left; they count as average, as they did in training.

    Parameters
    ----------
    table, lines
        Centred profiles (sample, feature) and (line, feature), in the omic's own unit; NaN, and
        features that lines lack, count as average.
    """
    has = table.notna().to_numpy()
    few = np.flatnonzero(has.mean(axis=1) < NEARLY_ALL_FEATURES)
    if not len(few) or lines.empty:
        return table
    filled = table.to_numpy(np.float32, copy=True)
    reference = lines.reindex(columns=table.columns).fillna(0).to_numpy(np.float32)
    patterns, pattern_of = np.unique(has[few], axis=0, return_inverse=True)
    for number, there in enumerate(patterns):
        rows = few[pattern_of.ravel() == number]
        here = reference[:, there]
        products = (here @ here.T).astype(float)
        penalty = FILL_PENALTY * np.trace(products) / len(products)
        if not penalty:
            continue
        between = here @ filled[np.ix_(rows, there)].T
        weights = np.linalg.solve(products + penalty * np.eye(len(products)), between)
        filled[np.ix_(rows, ~there)] = weights.T @ reference[:, ~there]
    return pd.DataFrame(filled, table.index, table.columns)


def _notes_on_features(
    shares: Mapping[str, pd.Series], features: Mapping[str, FeatureSpace], n_all: int
) -> Iterator[str]:
    """Count the samples that lack features of an omic, which counts as it does in training."""
    for omic, share in shares.items():
        too_few = share < MIN_SHARE_OF_FEATURES
        if too_few.any():
            have = "1 sample has" if too_few.sum() == 1 else f"{too_few.sum():,} samples have"
            yield (
                f"{have} under {MIN_SHARE_OF_FEATURES:.0%} of the features of {omic}; taken to "
                "have none"
            )
        few = share[(share < NEARLY_ALL_FEATURES) & ~too_few]
        if len(few):
            yield (
                f"{len(few)} of {n_all} samples have {few.median():.0%} of the "
                f"{len(features[omic].table):,} features of {omic}; the others are estimated from "
                "these, so predictions are less sure. If another platform measured them, their "
                "scale may differ as well, which nothing here shows"
            )


def _notes(
    profiles: Mapping[str, pd.DataFrame],
    n_all: int,
    samples: Samples,
    features: Mapping[str, FeatureSpace],
    translations: Mapping[str, Translation],
) -> Iterator[str]:
    """Count the samples that lack an omic, have it by another assay alone, or were left out."""
    for omic in features:
        for name, n in _read_from_supplements(omic, samples, translations).items():
            yield f"{n} of {n_all} samples have no {omic}; it was read from {name}"
        n_without = n_all - (len(profiles[omic]) if omic in profiles else 0)
        if n_without:
            yield f"{n_without} of {n_all} samples have no {omic}; predicted without it"
    unread = [n for n in samples.supplements if n not in translations and n not in features]
    if unread:
        yield f"{', '.join(unread)} left out; the model has not learned to read it"
    n_left_out = len(samples.obs) - n_all
    if n_left_out:
        yield f"{counted(n_left_out, 'sample')} without any of the model's omics; left out"


def _read_from_supplements(
    omic: str, samples: Samples, translations: Mapping[str, Translation]
) -> dict[str, int]:
    """Count the samples that each supplement alone gave the omic, in the order of reading."""
    tables = samples.tables
    with_omic = tables[omic].table.index if omic in tables else samples.obs.index[:0]
    counts = {}
    for name, translation in translations.items():
        if translation.omic == omic and name in samples.supplements:
            measured = samples.supplements[name].table.index
            alone = measured[measured.isin(samples.obs.index) & ~measured.isin(with_omic)]
            counts[name] = len(alone)
            with_omic = with_omic.union(alone)
    return {name: n for name, n in counts.items() if n}

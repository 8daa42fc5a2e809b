"""Samples as models read them: in a model's feature spaces, each source in its own way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from deepdep.data.features import transform_features
from deepdep.data.translation import with_translated
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.features import FeatureSpace, Translation
from deepdep.domain.notes import counted
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError


@dataclass(frozen=True)
class StandardizedSamples:
    """What a model predicts.

    Attributes
    ----------
    profiles
        Standardised tables (sample, feature) of any omics, each with the samples that have it.
    obs
        One row per sample to predict.
    notes
        Sentences for the user on what the samples lacked.
    """

    profiles: Mapping[Omic, pd.DataFrame]
    obs: pd.DataFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def named(
        cls, profiles: Mapping[Omic, pd.DataFrame], names: Sequence[str] | pd.Index
    ) -> "StandardizedSamples":
        """Return samples of which nothing but profiles is known."""
        return cls(profiles, pd.DataFrame(index=pd.Index(names)))

    @property
    def names(self) -> pd.Index:
        """The samples to predict."""
        return pd.Index(list(self.obs.index))


def standardize(
    samples: Samples,
    features: Mapping[Omic, FeatureSpace],
    translations: Mapping[str, Translation],
    *,
    file_name: str,
) -> StandardizedSamples:
    """Put whatever omics samples have into a model's feature spaces.

    A sample that has an omic by a supplementary assay alone gains it, where the model has learned
    to read that assay. Samples without any of the omics are left out.

    Raises
    ------
    DeepDEPError
        When no sample has any of the model's omics, or a table is in another unit.
    """
    profiles: dict[Omic, pd.DataFrame] = {}
    for omic, space in features.items():
        if omic in samples.omics and len(samples.omics[omic]):
            table = samples.omics[omic]
            source_of = samples.obs.loc[table.index, "source"]
            parts = [
                transform_features(
                    table.loc[source_of == source],
                    space,
                    source,
                    unit=samples.units[omic],
                    table_name=f"{file_name}: {omic}",
                )
                for source in Source
                if (source_of == source).any()
            ]
            profiles[omic] = pd.concat(parts).loc[table.index]
    for source in Source:
        profiles = with_translated(profiles, samples, translations, source, file_name=file_name)
    if not profiles:
        raise DeepDEPError(
            f"{file_name}: has none of the model's omics ({', '.join(features)}); "
            "bring at least one of them."
        )
    measured = [s for s in samples.obs.index if any(s in t.index for t in profiles.values())]
    notes = _notes(profiles, len(measured), samples, features, translations)
    return StandardizedSamples(profiles, samples.obs.loc[measured], tuple(notes))


def _notes(
    profiles: Mapping[Omic, pd.DataFrame],
    n_all: int,
    samples: Samples,
    features: Mapping[Omic, FeatureSpace],
    translations: Mapping[str, Translation],
) -> Iterator[str]:
    """Count the samples that lack an omic, have it by another assay alone, or were left out."""
    for omic in features:
        for name, n in _read_from_supplements(omic, samples, translations).items():
            yield f"{n} of {n_all} samples have no {omic}; it was read from {name}"
        n_without = n_all - (len(profiles[omic]) if omic in profiles else 0)
        if n_without:
            yield f"{n_without} of {n_all} samples have no {omic}; predicted without it"
    unread = [name for name in samples.supplements if name not in translations]
    if unread:
        yield f"{', '.join(unread)} left out; the model has not learned to read it"
    n_left_out = len(samples.obs) - n_all
    if n_left_out:
        yield f"{counted(n_left_out, 'sample')} without any of the model's omics; left out"


def _read_from_supplements(
    omic: Omic, samples: Samples, translations: Mapping[str, Translation]
) -> dict[str, int]:
    """Count the samples that each supplement alone gave the omic, in the order of reading."""
    with_omic = samples.omics[omic].index if omic in samples.omics else samples.obs.index[:0]
    counts = {}
    for name, translation in translations.items():
        if translation.omic is omic and name in samples.supplements:
            measured = samples.supplements[name].table.index
            alone = measured[measured.isin(samples.obs.index) & ~measured.isin(with_omic)]
            counts[name] = len(alone)
            with_omic = with_omic.union(alone)
    return {name: n for name, n in counts.items() if n}

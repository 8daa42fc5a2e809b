"""Profiles of samples as a predictor reads them: standardised, in own units, as inputs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from deepdep.data.blocks import sample_inputs
from deepdep.data.features import transform_features
from deepdep.data.translation import with_translated
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.omics import Omic
from deepdep.models.artifacts import TrainedPredictor


def standardize_samples(
    samples: Samples, predictor: TrainedPredictor, *, file_name: str
) -> dict[Omic, pd.DataFrame]:
    """Put whatever omics the samples have into the predictor's feature spaces.

    A sample that has an omic by a supplementary assay alone gains it, where the predictor has
    learned to read that assay.
    """
    usable = [
        omic for omic in predictor.features if omic in samples.omics and len(samples.omics[omic])
    ]
    profiles = {omic: _standardize(samples, omic, predictor, file_name) for omic in usable}
    for source in Source:
        profiles = with_translated(
            profiles, samples, predictor.translations, source, file_name=file_name
        )
    if not profiles:
        raise DeepDEPError(
            f"{file_name}: has none of the model's omics ({', '.join(predictor.features)}); "
            "bring at least one of them."
        )
    return profiles


def in_own_units(
    profiles: Mapping[Omic, pd.DataFrame], features: Mapping[Omic, FeatureSpace]
) -> dict[Omic, pd.DataFrame]:
    """Give standardised profiles the spread their features have in cell lines; centred as before.

    Tumours are standardised apart, so that this lays them over the lines. An omic without features
    here is left out, as tuning did.
    """
    return {
        omic: table * features[omic].table["scale_cell_line"].astype(np.float32)
        for omic, table in profiles.items()
        if omic in features
    }


def network_inputs(
    profiles: Mapping[Omic, pd.DataFrame], samples: Sequence[str], predictor: TrainedPredictor
) -> dict[str, np.ndarray]:
    """Return what the networks read of samples; an omic that a sample lacks is masked."""
    known = {
        omic: profiles[omic] if omic in profiles else _without_samples(space.table.index)
        for omic, space in predictor.features.items()
    }
    return sample_inputs(known, samples)


def _without_samples(features: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(np.empty((0, len(features)), np.float32), columns=features)


def _standardize(
    samples: Samples, omic: Omic, predictor: TrainedPredictor, file_name: str
) -> pd.DataFrame:
    """Standardise tumours and cell lines each in their own way."""
    table = samples.omics[omic]
    source_of = samples.obs.loc[table.index, "source"]
    parts = [
        transform_features(
            table.loc[source_of == source],
            predictor.features[omic],
            source,
            unit=samples.units[omic],
            table_name=f"{file_name}: {omic}",
        )
        for source in Source
        if (source_of == source).any()
    ]
    return pd.concat(parts).loc[table.index]

"""Learning how an assay that is no block of its own reads in the feature space of its omic.

Lines that were measured by both assays teach it; lines that have the supplement alone gain the
omic.
"""

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

from deepdep.data.features import FeatureSettings, fit_features, transform_features
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.features import Translation
from deepdep.domain.notes import counted
from deepdep.domain.omics import Omic

logger = logging.getLogger(__name__)

PENALTIES = np.logspace(1, 5, 9)
MIN_LINES = 20  # in both tables; fewer cannot tell one feature from another


def fit_translation(
    supplement: pd.DataFrame,
    profiles: pd.DataFrame,
    omic: Omic,
    unit: str,
    *,
    within_sample: bool,
    table_name: str,
) -> Translation | None:
    """Learn a translation by ridge; None where too few lines have both.

    Parameters
    ----------
    supplement
        Lines to learn from, as measured, (line, supplement's feature).
    profiles
        Standardised profiles of the omic, (line, feature).
    """
    from sklearn.linear_model import RidgeCV  # here: it takes a while to load

    both = supplement.index[supplement.index.isin(profiles.index)]
    if len(both) < MIN_LINES:
        logger.warning(
            "%s: not used, only %s to learn from have %s too.",
            table_name,
            counted(len(both), "line"),
            omic,
        )
        return None
    keep_all = FeatureSettings(
        max_features=None,
        min_changed_share=0.0,
        max_missing_share=0.5,
        tumor_features="union",
        within_sample=within_sample,
        scale="by_source",
    )
    units = {Source.CELL_LINE: unit}
    space = fit_features(supplement.loc[both], None, keep_all, units, table_name=table_name)
    standardized = transform_features(
        supplement.loc[both], space, Source.CELL_LINE, unit=unit, table_name=table_name
    ).fillna(0)
    target = profiles.loc[both].fillna(0)
    # The last bits of a sum depend on how a table lies in memory.
    x, y = (np.ascontiguousarray(table, float) for table in (standardized, target))
    ridge = RidgeCV(alphas=PENALTIES).fit(x, y)
    weights = pd.DataFrame(ridge.coef_.T.astype(np.float32), standardized.columns, target.columns)
    intercept = pd.Series(ridge.intercept_.astype(np.float32), target.columns)
    return Translation(omic, space, weights, intercept)


def with_translated(
    profiles: Mapping[str, pd.DataFrame],
    samples: Samples,
    translations: Mapping[str, Translation],
    source: Source,
    *,
    file_name: str,
) -> dict[str, pd.DataFrame]:
    """Add the samples that have an omic by a supplement alone to its standardised profiles."""
    extended = dict(profiles)
    for name, translation in translations.items():
        supplement = samples.supplements.get(name)
        if supplement is None:
            continue
        direct = extended.get(translation.omic)
        of_source = samples.obs.index[samples.obs["source"] == source]
        alone = supplement.table.index[supplement.table.index.isin(of_source)]
        alone = alone if direct is None else alone[~alone.isin(direct.index)]
        if len(alone):
            standardised = transform_features(
                supplement.table.loc[alone],
                translation.space,
                source,
                unit=supplement.unit,
                table_name=f"{file_name}: {name}",
            )
            parts = [translation.apply(standardised)]
            extended[translation.omic] = pd.concat(parts if direct is None else [direct, *parts])
    return extended

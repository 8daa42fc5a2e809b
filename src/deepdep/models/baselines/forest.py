"""Every gene as a forest over its own features and those that go with it."""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor

from deepdep.models.baselines.task import (
    RandomForestSettings,
    Task,
    most_correlated,
    omics_features,
)


def random_forest(task: Task) -> pd.DataFrame:
    """Predict each gene from its own features and those most correlated with it.

    A gene's own features are those named after it, in any omic: its expression, its mutation, its
    copy number where that is given by gene. Every gene's forest starts from the same seed, so that
    none depends on which others are asked for.
    """
    effects, settings = task.asked, task.settings.random_forest
    features = omics_features(task)
    x = features.loc[effects.index].to_numpy(np.float32)
    new = features.loc[task.lines].to_numpy(np.float32)
    y = effects.to_numpy()
    correlated = most_correlated(x.astype(float), y, settings.n_features)
    own = _own_features(features)
    predicted = np.empty((len(task.lines), y.shape[1]))
    for position, gene in enumerate(effects.columns):
        columns = np.union1d(own.get(gene, []), correlated[position]).astype(int)
        known = ~np.isnan(y[:, position])
        forest = _forest(settings).fit(x[np.ix_(known, columns)], y[known, position])
        predicted[:, position] = forest.predict(new[:, columns])
    return task.labelled(pd.DataFrame(predicted, index=task.lines, columns=effects.columns))


def _own_features(features: pd.DataFrame) -> dict[str, list[int]]:
    """Positions of features by what they are named after."""
    own: dict[str, list[int]] = {}
    for position, name in enumerate(features.columns.get_level_values(1)):
        own.setdefault(name, []).append(position)
    return own


def _forest(settings: RandomForestSettings) -> RandomForestRegressor:
    return RandomForestRegressor(
        n_estimators=settings.n_trees,
        max_features=settings.features_per_split,
        min_samples_leaf=settings.lines_per_leaf,
        random_state=settings.seed,
        n_jobs=1,
    )

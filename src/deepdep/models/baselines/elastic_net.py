"""Every gene as a linear model of few features."""

import numpy as np
import pandas as pd
from sklearn.linear_model import enet_path

from deepdep.models.baselines.features import most_correlated, omics_features
from deepdep.models.baselines.penalties import best_penalties, patient_folds
from deepdep.models.baselines.settings import ElasticNetSettings
from deepdep.models.baselines.task import Task

MAX_ITERATIONS = 10_000  # copy numbers of one arm are so alike that descent takes long


def elastic_net(task: Task) -> pd.DataFrame:
    """Predict each gene from those omics features that correlate most with it.

    The features are chosen anew on every set of lines that a model is fitted on, also when the
    penalty is sought: the error on patients left out knows the price of choosing.
    """
    effects, settings = task.asked, task.settings
    features = omics_features(task)
    x = features.loc[effects.index].to_numpy(float)
    scale = effects.std(ddof=0).replace(0, 1).to_numpy()
    y = effects.to_numpy() / scale
    errors = np.zeros((len(settings.elastic_net.penalties), y.shape[1]))
    for fitted, held_out in patient_folds(task.obs["patient_id"][effects.index], settings.n_folds):
        predicted = _predict_paths(x[fitted], y[fitted], x[held_out], settings.elastic_net)
        errors += np.nansum((predicted - y[held_out]) ** 2, axis=1)
    best = best_penalties(errors, settings.penalty)
    new = features.loc[task.lines].to_numpy(float)
    predicted = _predict_paths(x, y, new, settings.elastic_net)
    chosen = predicted[best, :, np.arange(y.shape[1])].T * scale
    return task.labelled(pd.DataFrame(chosen, index=task.lines, columns=effects.columns))


def _predict_paths(
    x: np.ndarray, y: np.ndarray, new: np.ndarray, settings: ElasticNetSettings
) -> np.ndarray:
    """Predict new lines with every penalty, shape (penalty, line, gene)."""
    chosen = most_correlated(x, y, settings.n_features)
    predicted = np.empty((len(settings.penalties), len(new), y.shape[1]))
    for gene, columns in enumerate(chosen):
        known = ~np.isnan(y[:, gene])
        predicted[:, :, gene] = _predict_path(
            x[np.ix_(known, columns)], y[known, gene], new[:, columns], settings
        )
    return predicted


def _predict_path(
    x: np.ndarray, y: np.ndarray, new: np.ndarray, settings: ElasticNetSettings
) -> np.ndarray:
    """Predict one gene, shape (penalty, line): NaN without labels, their mean if they agree."""
    n_penalties = len(settings.penalties)
    if not len(y) or y.max() == y.min():
        return np.full((n_penalties, len(new)), y[0] if len(y) else np.nan)
    center, mean = x.mean(axis=0), y.mean()
    x, y = np.asfortranarray(x - center), y - mean
    order = np.argsort(settings.penalties)[::-1]  # the path goes from strong to weak
    _, weights, _ = enet_path(
        x,
        y,
        l1_ratio=settings.l1_share,
        alphas=np.take(settings.penalties, order),
        precompute=x.T @ x,
        Xy=x.T @ y,
        max_iter=MAX_ITERATIONS,
        copy_X=False,
        check_input=False,
    )
    predicted = np.empty((n_penalties, len(new)))
    predicted[order] = mean + ((new - center) @ weights).T
    return predicted

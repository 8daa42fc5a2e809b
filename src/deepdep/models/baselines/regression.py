"""Models of a line's features: ridge, elastic net, a forest per gene, one common factor."""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import enet_path

from deepdep.data.splits import patient_folds
from deepdep.domain.omics import Omic
from deepdep.models.baselines.task import (
    ElasticNetSettings,
    Task,
    best_penalties,
    most_correlated,
)
from deepdep.models.ridge import cross_validated_errors, decompose, predict

MAX_ITERATIONS = 10_000  # copy numbers of one arm are so alike that descent takes long


def ridge(task: Task) -> pd.DataFrame:
    """Predict each gene from all omics."""
    return task.labelled(fit_ridge(task.screened, task.features(), task))


def ridge_expression(task: Task) -> pd.DataFrame:
    """Predict each gene from expression alone."""
    return task.labelled(fit_ridge(task.screened, task.features(Omic.EXPRESSION), task))


def strongest_ridge(task: Task) -> pd.DataFrame:
    """Predict from expression where there is any: other omics bring more noise than signal."""
    return ridge_expression(task) if Omic.EXPRESSION in task.omics else ridge(task)


def fit_ridge(labels: pd.DataFrame, features: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Predict the task's lines by a linear model of each label.

    The penalty has the smallest squared error on training patients left out: summed over labels,
    or label by label.

    Parameters
    ----------
    labels
        Shape (training line, label); each is fitted on the lines that have it, NaN is none.
    features
        Standardised, no NaN, shape (cell line, feature): the training lines and the task's.
    """
    train, settings = labels.index, task.settings
    values = features.loc[[*train, *task.lines]].to_numpy(float)
    kernel = values @ values[: len(train)].T
    y = labels.to_numpy(float)
    errors = cross_validated_errors(
        kernel[: len(train)], y, task.obs["patient_id"][train], settings.penalties, settings.n_folds
    )
    penalties = np.take(settings.penalties, best_penalties(errors, settings.penalty))
    basis = decompose(kernel, np.arange(len(train)), np.arange(len(train), len(kernel)))
    predicted = np.empty((len(task.lines), y.shape[1]))
    for penalty in np.unique(penalties):
        chosen = penalties == penalty
        predicted[:, chosen] = predict(basis, y[:, chosen], float(penalty))
    return pd.DataFrame(predicted, index=task.lines, columns=labels.columns)


def elastic_net(task: Task) -> pd.DataFrame:
    """Predict each gene from those omics features that correlate most with it.

    The features are chosen anew on every set of lines that a model is fitted on, also when the
    penalty is sought: the error on patients left out knows the price of choosing.
    """
    effects, settings = task.learnable, task.settings
    features = task.features()
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
        screened = ~np.isnan(y[:, gene])
        predicted[:, :, gene] = _predict_path(
            x[np.ix_(screened, columns)], y[screened, gene], new[:, columns], settings
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


def random_forest(task: Task) -> pd.DataFrame:
    """Predict each gene from its own features and those most correlated with it.

    A gene's own features are those named after it, in any omic: its expression, its mutation, its
    copy number where that is given by gene. Every gene's forest starts from the same seed, so that
    none depends on which others are asked for.
    """
    effects, settings = task.learnable, task.settings.random_forest
    features = task.features()
    x = features.loc[effects.index].to_numpy(np.float32)
    new = features.loc[task.lines].to_numpy(np.float32)
    y = effects.to_numpy()
    correlated = most_correlated(x.astype(float), y, settings.n_features)
    named_after: dict[str, list[int]] = {}
    for column, name in enumerate(features.columns.get_level_values(1)):
        named_after.setdefault(name, []).append(column)
    predicted = np.empty((len(task.lines), y.shape[1]))
    for position, gene in enumerate(effects.columns):
        columns = np.union1d(named_after.get(gene, []), correlated[position]).astype(int)
        screened = ~np.isnan(y[:, position])
        forest = RandomForestRegressor(
            n_estimators=settings.n_trees,
            max_features=settings.features_per_split,
            min_samples_leaf=settings.lines_per_leaf,
            random_state=settings.seed,
            n_jobs=1,
        ).fit(x[np.ix_(screened, columns)], y[screened, position])
        predicted[:, position] = forest.predict(new[:, columns])
    return task.labelled(pd.DataFrame(predicted, index=task.lines, columns=effects.columns))


def common_factor(task: Task) -> pd.DataFrame:
    """Predict what all genes have in common: the first principal component of their effects.

    A new line's factor comes from its expression by ridge. A gene's loading is the slope of its
    effects on the factor over the lines that screened it; elsewhere it counts as average when the
    component is sought.
    """
    effects = task.screened
    deviations = effects - effects.mean()
    components, lengths, _ = np.linalg.svd(deviations.fillna(0), full_matrices=False)
    factor = pd.DataFrame({"factor": components[:, 0] * lengths[0]}, index=effects.index)
    predicted = fit_ridge(factor, task.features(Omic.EXPRESSION), task)
    products = deviations.mul(factor["factor"], axis=0).sum()
    squares = deviations.notna().mul(factor["factor"] ** 2, axis=0).sum()
    loadings = (products / squares).where(squares > 0, 0.0)  # 0 where no line has a factor
    return task.around_mean(predicted.dot(loadings.to_frame("factor").T))

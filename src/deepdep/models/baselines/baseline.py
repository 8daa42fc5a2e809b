"""What every baseline predicts, by name, and one of them as a model with the predictor's contract.

Without training: means, own expression, nearest lines and genes. From a line's features: ridge,
elastic net, a forest per gene, one factor that all genes have in common.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, patient_folds
from deepdep.data.standardized import StandardizedSamples, standardize
from deepdep.domain.cohort import Samples
from deepdep.domain.drivers import DRIVERS, Driver
from deepdep.domain.fingerprints import Fingerprints
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.models.baselines.task import (
    BaselineSettings,
    ElasticNetSettings,
    Task,
    most_correlated,
)
from deepdep.models.gene_scale import GeneScale
from deepdep.models.predicted import Predicted
from deepdep.models.ridge import KernelBasis, cross_validated_errors
from deepdep.statistics.metrics import MIN_CELL_LINES

DECIMALS = 9  # of similarities; beyond them, the order of a sum shows
DRIVER_PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 1e6)  # of features of SD 1
MAX_ITERATIONS = 10_000  # copy numbers of one arm are so alike that descent takes long


def gene_mean(task: Task) -> pd.DataFrame:
    """Predict every line by the mean of the training lines: it ranks no line above another."""
    return task.around_mean(pd.DataFrame(0.0, index=task.lines, columns=task.screened.columns))


def lineage_mean(task: Task) -> pd.DataFrame:
    """Predict a line by its lineage's mean, drawn towards the gene's mean.

    With n lines of the lineage that screened the gene, the lineage's own mean counts
    n / (n + ``lineage_shrinkage``). A lineage that was not trained on gets the gene's mean.
    """
    effects, lineage = task.screened, task.obs["lineage"]
    by_lineage = (effects - effects.mean()).groupby(lineage[effects.index])
    shift = by_lineage.sum() / (by_lineage.count() + task.settings.lineage_shrinkage)
    return task.around_mean(shift.reindex(lineage[task.lines]).fillna(0).set_axis(task.lines))


def own_expression(task: Task) -> pd.DataFrame:
    """Predict each gene by least squares from the expression of that same gene.

    A line or gene without that expression gets the gene's mean; so does a gene that fewer than
    three training lines have both numbers of, or whose expression is the same in all.
    """
    effects = task.learnable
    table = task.omics[Omic.EXPRESSION].astype(float)
    expression = table.reindex(index=effects.index, columns=effects.columns)
    x = expression.where(effects.notna())
    y = effects.where(x.notna())
    fitted = (x.count() >= MIN_CELL_LINES) & (x.max() > x.min())
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    new = table.reindex(index=task.lines, columns=effects.columns)
    deviations = (new - x.mean()) * slope.where(fitted) + (y.mean() - effects.mean())
    return task.around_mean(deviations.fillna(0))


def nearest_lines(task: Task) -> pd.DataFrame:
    """Predict a line's deviations from the gene means by the mean of its nearest lines'.

    Near is what correlates over all expression features. Of the ``n_nearest_lines``, and any as
    near as the last of them, those count that screened the gene. A line without expression, or a
    gene that none of them screened, gets the gene's mean.
    """
    effects = task.screened
    deviations = effects - effects.mean()
    expression = task.omics[Omic.EXPRESSION].astype(float).dropna(how="all").fillna(0)
    near = pd.DataFrame(0.0, index=task.lines, columns=effects.index)
    old, new = (lines[lines.isin(expression.index)] for lines in (effects.index, task.lines))
    distance = cdist(expression.loc[new], expression.loc[old], "correlation")
    if distance.size:
        last = min(task.settings.n_nearest_lines, len(old)) - 1
        limit = np.partition(distance, last, axis=1)[:, [last]]
        near.loc[new, old] = (distance <= limit).astype(float)
    total = near.to_numpy() @ deviations.fillna(0).to_numpy()
    n_screened = near.to_numpy() @ deviations.notna().to_numpy(float)
    mean = np.divide(total, n_screened, out=np.zeros_like(total), where=n_screened > 0)
    return task.around_mean(pd.DataFrame(mean, index=task.lines, columns=effects.columns))


def fingerprint_ridge(task: Task) -> pd.DataFrame:
    """Predict every line by the mean that a gene's fingerprint suggests, ridge over the genes.

    It ranks no line above another. A gene that was screened gets its measured mean.
    """
    scale = GeneScale.fit(task.screened, task.gene_sets)
    mean = scale.of(list(task.genes), task.gene_sets)["mean"]
    return pd.DataFrame(np.tile(mean, (len(task.lines), 1)), task.lines, task.genes)


def nearest_genes(task: Task) -> pd.DataFrame:
    """Predict how a gene deviates from its mean as its nearest screened genes do, on average.

    Near is what shares gene sets: the cosine of fingerprints in which a set counts the less, the
    more genes it has. The ``n_nearest_genes`` count, and
    any as near as the last of them, but none that shares no set. How these deviate is measured
    where the line was trained on, else predicted by ridge. The mean is that of
    ``fingerprint_ridge``. A gene that was screened is its own neighbour.
    """
    from sklearn.metrics.pairwise import cosine_similarity  # here: it takes a while to load

    effects = task.screened
    predicted = strongest_ridge(replace(task, genes=effects.columns))
    deviations = effects.reindex(task.lines).fillna(predicted) - effects.mean()
    member, of_screened = (
        Fingerprints.of_genes(list(genes), task.gene_sets).weighted(task.gene_sets)
        for genes in (task.genes, effects.columns)
    )
    similarity = cosine_similarity(member, of_screened).round(DECIMALS)
    last = min(task.settings.n_nearest_genes, len(effects.columns)) - 1
    limit = -np.partition(-similarity, last, axis=1)[:, [last]]
    near = ((similarity >= limit) & (similarity > 0)).astype(float)  # (gene, screened gene)
    mean = deviations.to_numpy() @ near.T / np.maximum(near.sum(axis=1), 1)
    return fingerprint_ridge(task) + mean


def ridge(task: Task) -> pd.DataFrame:
    """Predict each gene from all omics, weighted."""
    return weighted_ridge({omic: task.features(omic) for omic in task.omics}, task)


def confounders(task: Task) -> pd.DataFrame:
    """Predict each gene from what is no biology of its own: lineage, growth, medium, sex, MSI."""
    table = task.covariates
    names = table.columns.get_level_values(1)
    return weighted_ridge({name: table.loc[:, names == name] for name in names.unique()}, task)


def weighted_ridge(tables: Mapping[str, pd.DataFrame], task: Task) -> pd.DataFrame:
    """Predict each gene from tables with the weights that serve patients left out best.

    The table that predicts best alone has weight 1. Others follow in their order, each with the
    one of ``settings.weights``, or 0, that errs least beside those before it.

    Parameters
    ----------
    tables
        Standardised, no NaN, shape (cell line, feature): the training lines and the task's.
    """
    if not tables:
        return gene_mean(task)
    effects = task.screened
    train, y = effects.index, effects.fillna(effects.mean()).to_numpy()
    kernels = {}
    for name, table in tables.items():
        values = table.loc[[*train, *task.lines]].to_numpy(float)
        products = values @ values[: len(train)].T
        length = products[: len(train)].trace() / len(train)
        kernels[name] = products / length if length else products

    def error(weights: Mapping[str, float]) -> float:
        kernel = sum(weight * kernels[name][: len(train)] for name, weight in weights.items())
        errors = np.zeros(len(task.settings.penalties))
        for fitted, held_out in patient_folds(task.obs["patient_id"][train], task.settings.n_folds):
            path = KernelBasis.of(kernel, fitted, held_out).predict_path(
                y[fitted], task.settings.penalties
            )
            errors += [((predicted - y[held_out]) ** 2).sum() for predicted in path]
        return float(errors.min().round(DECIMALS))

    least, best = min((error({name: 1.0}), name) for name in kernels)
    weights = {best: 1.0}
    for name in kernels:
        if name != best:
            tried = [(error(weights | {name: w}), w) for w in task.settings.weights]
            errs, weight = min(tried, default=(least, 0.0))
            if errs < least:
                least, weights = errs, weights | {name: weight}
    kernel = sum(weight * kernels[name] for name, weight in weights.items())
    return task.labelled(fit_kernel_ridge(effects, kernel, task))


def ridge_expression(task: Task) -> pd.DataFrame:
    """Predict each gene from expression alone."""
    return task.labelled(fit_ridge(task.screened, task.features(Omic.EXPRESSION), task))


def strongest_ridge(task: Task) -> pd.DataFrame:
    """Predict from expression where there is any: other omics bring more noise than signal."""
    return ridge_expression(task) if Omic.EXPRESSION in task.omics else ridge(task)


def ridge_drivers(task: Task) -> pd.DataFrame:
    """Predict from expression, then what that misses of a gene from a handful of features.

    These are features named after the gene and after those that ``domain.drivers`` names beside
    it, in any omic; and covariates that it names. They are fitted to what expression misses of
    patients left out, with a penalty of the gene's own.
    """
    from sklearn.linear_model import RidgeCV  # here: it takes a while to load

    effects, train = task.screened, task.screened.index
    base = replace(task, genes=effects.columns)
    predicted = ridge_expression(base)
    left_out = [
        ridge_expression(replace(base, train_effect=effects.iloc[fitted], lines=train[held_out]))
        for fitted, held_out in patient_folds(task.obs["patient_id"][train], task.settings.n_folds)
    ]
    missed = effects - pd.concat(left_out)
    table = pd.concat([task.features(), task.covariates], axis=1)
    x, new = table.loc[train].to_numpy(float), table.loc[task.lines].to_numpy(float)
    named_after: dict[str, list[int]] = {}
    for column, name in enumerate(table.columns.get_level_values(1)):
        named_after.setdefault(name, []).append(column)
    for gene in predicted.columns:
        names = (gene, *DRIVERS.get(gene, Driver()).partners)
        columns = [column for name in names for column in named_after.get(name, [])]
        screened = missed[gene].notna().to_numpy()
        if not columns or screened.sum() < MIN_CELL_LINES:
            continue
        of_gene = x[:, columns][screened]
        scale = np.where((sd := of_gene.std(axis=0)) > 0, sd, 1.0)
        center, y = of_gene.mean(axis=0), missed.loc[screened, gene].to_numpy()
        model = RidgeCV(alphas=DRIVER_PENALTIES).fit((of_gene - center) / scale, y)
        predicted[gene] += model.predict((new[:, columns] - center) / scale)
    return task.labelled(predicted)


def fit_ridge(labels: pd.DataFrame, features: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Predict the task's lines by a linear model of each label, as ``fit_kernel_ridge``.

    Parameters
    ----------
    features
        Standardised, no NaN, shape (cell line, feature): the training lines and the task's.
    """
    values = features.loc[[*labels.index, *task.lines]].to_numpy(float)
    return fit_kernel_ridge(labels, values @ values[: len(labels)].T, task)


def fit_kernel_ridge(labels: pd.DataFrame, kernel: np.ndarray, task: Task) -> pd.DataFrame:
    """Predict the task's lines from how much they are like the training lines.

    The penalty has the smallest squared error on training patients left out: summed over labels,
    or label by label.

    Parameters
    ----------
    labels
        Shape (training line, label); each is fitted on the lines that have it, NaN is none.
    kernel
        Products of features, shape (training line and then the task's line, training line).
    """
    train, settings = labels.index, task.settings
    y = labels.to_numpy(float)
    errors = cross_validated_errors(
        kernel[: len(train)], y, task.obs["patient_id"][train], settings.penalties, settings.n_folds
    )
    penalties = np.take(settings.penalties, settings.penalty.best_penalties(errors))
    basis = KernelBasis.of(kernel, np.arange(len(train)), np.arange(len(train), len(kernel)))
    predicted = np.empty((len(task.lines), y.shape[1]))
    for penalty in np.unique(penalties):
        chosen = penalties == penalty
        predicted[:, chosen] = basis.predict(y[:, chosen], float(penalty))
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
    best = settings.penalty.best_penalties(errors)
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
    from sklearn.linear_model import enet_path  # here: it takes a while to load

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
    from sklearn.ensemble import RandomForestRegressor  # here: it takes a while to load

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


# Effects of the task's (line, gene), by name of the baseline.
BASELINES: Mapping[str, Callable[[Task], pd.DataFrame]] = {
    "gene_mean": gene_mean,
    "lineage_mean": lineage_mean,
    "common_factor": common_factor,
    "own_expression": own_expression,
    "nearest_lines": nearest_lines,
    "ridge_expression": ridge_expression,
    "ridge": ridge,
    "ridge_drivers": ridge_drivers,
    "confounders": confounders,
    "elastic_net": elastic_net,
    "random_forest": random_forest,
    "fingerprint_ridge": fingerprint_ridge,
    "nearest_genes": nearest_genes,
}

FROM_EXPRESSION = frozenset({"common_factor", "own_expression", "nearest_lines", "ridge_drivers"})
FOR_UNSEEN_GENES = frozenset({"fingerprint_ridge", "nearest_genes"})


def predict_baselines(task: Task) -> dict[str, pd.DataFrame]:
    """Predict with every baseline that the settings name and the omics allow.

    The gene mean is always there, first: without it, overall figures say nothing.
    """
    names = dict.fromkeys(["gene_mean", *task.settings.models])
    return {name: BASELINES[name](task) for name in names if allows(task.omics, name)}


def allows(omics: Collection[str], name: str) -> bool:
    """Tell whether a baseline has what it reads.

    Those that read expression need it; ``ridge_expression`` is there when expression is one of
    several omics, else it is ``ridge``.
    """
    has_expression = Omic.EXPRESSION in omics
    if name == "ridge_expression":
        return has_expression and len(omics) > 1
    return has_expression or name not in FROM_EXPRESSION


@dataclass(frozen=True)
class Baseline:
    """A model that needs no network, by the same contract as ``Predictor``.

    Parameters
    ----------
    name
        One of ``BASELINES``.

    Examples
    --------
    >>> ridge = deepdep.Baseline("ridge", settings.baselines).fit(prepared)
    >>> ridge.predict(cohort.tumors, ["BRAF", "WRN"]).effect.shape
    (120, 2)
    """

    name: str
    settings: BaselineSettings
    prepared: Prepared | None = None

    def __post_init__(self) -> None:
        if self.name not in BASELINES:
            raise DeepDEPError(
                f"{self.name!r} is not a baseline; choose one of {', '.join(BASELINES)}."
            )

    def fit(self, prepared: Prepared) -> "Baseline":
        """Return the baseline that learns from the training and the validation lines.

        It keeps the data: what it makes of them depends on the genes that it is to predict.
        """
        if not allows(prepared.omics, self.name):
            raise DeepDEPError(
                f"{self.name}: needs expression beside what was prepared; add it to omics, or "
                "choose another baseline."
            )
        return replace(self, prepared=prepared)

    def predict(
        self,
        samples: Samples | StandardizedSamples,
        genes: Sequence[str] | None = None,
        *,
        file_name: str = "samples",
    ) -> Predicted:
        """Predict gene effects of samples as measured, or standardised as they were prepared.

        Parameters
        ----------
        genes
            By default all that were learned; of others NaN, but from the baselines for unseen
            genes. A sample with the name of a line learned from is taken for that line.
        """
        prepared = self.prepared
        if prepared is None:
            raise DeepDEPError(f"{self.name}: was not fitted; call fit(prepared) first.")
        if isinstance(samples, Samples):
            samples = standardize(
                samples, prepared.features, prepared.translations, file_name=file_name
            )
        names = prepared.genes if genes is None else pd.Index(list(genes))
        learned = prepared.lines(*LEARNED_FROM)
        new = samples.names[~samples.names.isin(learned)]
        lines = prepared.cell_lines
        described = samples.obs.loc[new].reindex(columns=lines.columns)
        task = replace(
            Task.of_prepared(prepared, samples.names, names, self.settings),
            omics={
                omic: pd.concat([_rows(table, learned), _rows(samples.profiles.get(omic), new)])
                for omic, table in prepared.profiles.items()
            },
            obs=pd.concat([lines.loc[learned], described.fillna({"lineage": UNKNOWN_LINEAGE})]),
        )
        scale = GeneScale.fit(task.screened, prepared.gene_sets)
        return Predicted(
            effect=BASELINES[self.name](task),
            obs=samples.obs,
            genes=scale.describe(list(names), prepared.gene_sets),
            kind=prepared.gene_effect.kind,
            notes_on_samples=samples.notes,
        )


def _rows(table: pd.DataFrame | None, names: pd.Index) -> pd.DataFrame | None:
    """Those of the samples that have the omic."""
    return None if table is None else table.loc[table.index.isin(names)]

"""Baselines without training: means, own expression, nearest lines and nearest genes."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import cosine_similarity

from deepdep.domain.fingerprints import Fingerprints
from deepdep.domain.omics import Omic
from deepdep.models.baselines.regression import strongest_ridge
from deepdep.models.baselines.task import Task
from deepdep.models.gene_scale import GeneScale
from deepdep.statistics.metrics import MIN_CELL_LINES

DECIMALS = 9  # of similarities; beyond them, the order of a sum shows


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

    Near is what shares gene sets: the cosine of fingerprints. The ``n_nearest_genes`` count, and
    any as near as the last of them, but none that shares no set. How these deviate is measured
    where the line was trained on, else predicted by ridge. The mean is that of
    ``fingerprint_ridge``. A gene that was screened is its own neighbour.
    """
    effects = task.screened
    predicted = strongest_ridge(replace(task, genes=effects.columns))
    deviations = effects.reindex(task.lines).fillna(predicted) - effects.mean()
    member, of_screened = (
        Fingerprints.of_genes(list(genes), task.gene_sets).member.astype(float)
        for genes in (task.genes, effects.columns)
    )
    similarity = cosine_similarity(member, of_screened).round(DECIMALS)
    last = min(task.settings.n_nearest_genes, len(effects.columns)) - 1
    limit = -np.partition(-similarity, last, axis=1)[:, [last]]
    near = ((similarity >= limit) & (similarity > 0)).astype(float)  # (gene, screened gene)
    mean = deviations.to_numpy() @ near.T / np.maximum(near.sum(axis=1), 1)
    return fingerprint_ridge(task) + mean

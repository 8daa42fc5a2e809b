"""A gene as the screened genes that share its gene sets."""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.metrics.pairwise import cosine_similarity

from deepdep.domain.fingerprints import fingerprints
from deepdep.models.baselines.fingerprint_ridge import fingerprint_ridge
from deepdep.models.baselines.ridge import strongest_ridge
from deepdep.models.baselines.task import Task

DECIMALS = 9  # of similarities; beyond them, the order of a sum shows


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
    near = _nearest(task, effects.columns)
    mean = deviations.to_numpy() @ near.T / np.maximum(near.sum(axis=1), 1)
    return fingerprint_ridge(task) + mean


def _nearest(task: Task, screened: pd.Index) -> np.ndarray:
    """1 where a screened gene is among the nearest of a gene, shape (gene, screened gene)."""
    member, of_screened = (
        fingerprints(list(genes), task.gene_sets).member.astype(float)
        for genes in (task.genes, screened)
    )
    similarity = cosine_similarity(member, of_screened).round(DECIMALS)
    last = min(task.settings.n_nearest_genes, len(screened)) - 1
    limit = -np.partition(-similarity, last, axis=1)[:, [last]]
    return ((similarity >= limit) & (similarity > 0)).astype(float)

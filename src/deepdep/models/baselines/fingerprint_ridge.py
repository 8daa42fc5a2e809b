"""A gene as the gene sets it belongs to; for genes that no training line screened."""

import numpy as np
import pandas as pd

from deepdep.models.baselines.task import Task
from deepdep.models.gene_scale import fit_gene_scale, scale_of


def fingerprint_ridge(task: Task) -> pd.DataFrame:
    """Predict every line by the mean that a gene's fingerprint suggests, ridge over the genes.

    It ranks no line above another. A gene that was screened gets its measured mean.
    """
    scale = fit_gene_scale(task.screened, task.gene_sets)
    mean = scale_of(list(task.genes), scale, task.gene_sets)["mean"]
    return pd.DataFrame(np.tile(mean, (len(task.lines), 1)), task.lines, task.genes)

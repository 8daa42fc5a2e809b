"""How far one version's predictions of unseen patients are ahead of another's."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.resampling import resample_counts
from deepdep.evaluation.differences import lead
from deepdep.evaluation.intervals import resampled_mean_r
from deepdep.evaluation.strata import Stratum
from deepdep.io.matrices import read_anndata, to_frame


@dataclass(frozen=True)
class JudgedLines:
    """Measured and predicted effects (cell line, gene) of unseen patients, with the same labels."""

    measured: pd.DataFrame  # NaN where not screened
    predicted: pd.DataFrame
    patient_id: pd.Series


@dataclass(frozen=True)
class Lead:
    """A difference in mean per-gene r, its 95 % interval over patients, and over what it is."""

    difference: float
    low: float
    high: float
    n_lines: int
    n_genes: int


def read_judged_lines(source: Path) -> JudgedLines:
    """Read the predictor's part of what ``evaluate`` wrote."""
    matrix = read_anndata(source)
    patient_id = pd.DataFrame(matrix.obs)["patient_id"].astype(str)
    return JudgedLines(to_frame(matrix), to_frame(matrix, "predictor"), patient_id)


def resampled_lead(one: JudgedLines, other: JudgedLines, *, n_bootstrap: int, seed: int) -> Lead:
    """Compare two models on the same resampled patients, over the genes that both predict.

    Raises
    ------
    DeepDEPError
        When they were not judged on the same lines and labels.
    """
    genes = one.measured.columns.intersection(other.measured.columns)
    lines = one.measured.index
    measured = one.measured[genes]
    same_lines = lines.symmetric_difference(other.measured.index).empty
    if not same_lines or not measured.equals(other.measured.loc[lines, genes]):
        raise DeepDEPError("they were judged by other labels; evaluate both on the same ones")
    predictions = {"one": one.predicted, "other": other.predicted}
    counts = resample_counts(
        one.patient_id[lines], n_boot=n_bootstrap, rng=np.random.default_rng(seed)
    )
    resampled = resampled_mean_r(measured, predictions, {Stratum.ALL: genes}, counts)
    mean_r = {name: pearson_per_gene(measured, of).mean() for name, of in predictions.items()}
    figures = lead(
        float(mean_r["one"] - mean_r["other"]),
        resampled["one"][Stratum.ALL] - resampled["other"][Stratum.ALL],
    )
    return Lead(figures["difference"], figures["low"], figures["high"], len(lines), len(genes))

"""What tuning is worth: the network of a trial with the values that were found, and without."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.splits import Split
from deepdep.evaluation.judge import DECIMALS
from deepdep.io.documents import TUNING_GAIN
from deepdep.models import Progress
from deepdep.models.inputs import FINGERPRINT, sample_inputs
from deepdep.models.table import TablePredictor
from deepdep.settings import Settings
from deepdep.stage import reported
from deepdep.statistics.resampling import Resamples, mean_r, resample_counts
from deepdep.training.finetune import train
from deepdep.training.session import start_session
from deepdep.training.settings import TrainingSettings

UNTUNED, TUNED, DIFFERENCE = "untuned", "tuned", "difference"
JUDGED = (Split.VALIDATION, Split.TEST)


@dataclass(frozen=True)
class TuningGainSettings(Settings):
    """The ``tuning_gain`` group of params.yaml."""

    seeds: tuple[int, ...]  # of both networks
    n_bootstrap: int


def tuning_gain(
    prepared: Prepared,
    untuned: TrainingSettings,
    tuned: TrainingSettings,
    settings: TuningGainSettings,
    progress: Progress = lambda n_done, n_all: None,  # noqa: ARG005
) -> pd.DataFrame:
    """Train both from every seed and compare them on the same lines.

    Returns
    -------
    Three rows for the validation lines, by which the values were chosen, and for the test lines:
    mean per-gene r untuned and tuned, averaged over seeds, and their difference; the ends of
    95 % intervals from resampling patients, the same for both and all seeds; the lowest and the
    highest of the seeds. No row where the two have the same settings: there is nothing to compare.
    """
    prepared.require_test_lines("what tuning gained")
    if untuned == tuned:
        return pd.DataFrame(columns=list(TUNING_GAIN))
    rng = np.random.default_rng(settings.seeds[0])
    counts: dict[Split, pd.DataFrame] = {}  # how often each line counts, (resample, line)
    for split in JUDGED:
        patients = prepared.splits.loc[prepared.lines(split), "patient_id"]
        drawn = resample_counts(patients, n_boot=settings.n_bootstrap, rng=rng)
        counts[split] = pd.DataFrame(drawn, columns=patients.index)
    of_seeds: dict[tuple[Split, str], list[Resamples]] = {}
    trainings = [
        (seed, name, of_name)
        for seed in settings.seeds
        for name, of_name in ((UNTUNED, untuned), (TUNED, tuned))
    ]
    for seed, name, of_name in reported(trainings, progress):
        predicted = _predict(prepared, of_name, seed)
        for split, weights in counts.items():
            measured = prepared.gene_effect.table.loc[weights.columns]
            r = mean_r(measured, {name: predicted}, weights.to_numpy())[name]
            of_seeds.setdefault((split, name), []).append(r)
    rows = []
    for split, weights in counts.items():
        before, after = of_seeds[split, UNTUNED], of_seeds[split, TUNED]
        gains = [one - other for one, other in zip(after, before, strict=True)]
        for name, each in ((UNTUNED, before), (TUNED, after), (DIFFERENCE, gains)):
            mean, seeds = Resamples.mean(each), pd.Series([r.figure for r in each])
            interval = mean.interval()
            figures = (mean.figure, interval.low, interval.high, seeds.min(), seeds.max())
            rounded = (round(float(figure), DECIMALS) for figure in figures)
            rows.append([str(split), name, *rounded, weights.shape[1]])
    return pd.DataFrame(rows, columns=list(TUNING_GAIN))


def _predict(prepared: Prepared, settings: TrainingSettings, seed: int) -> pd.DataFrame:
    """Train and predict all labelled lines, in units that no correlation depends on."""
    start_session(seed, settings.finetune.precision)
    used = replace(prepared, omics={omic: prepared.omics[omic] for omic in settings.pretrain})
    of_omics = {omic: replace(each, seed=seed) for omic, each in settings.pretrain.items()}
    fitted = train(used, of_omics, replace(settings.finetune, seed=seed))
    lines, member = prepared.splits.index, prepared.fingerprints.dense()
    inputs = sample_inputs(used.profiles, lines) | {FINGERPRINT: member}
    table = TablePredictor(fitted.network)(inputs)
    return pd.DataFrame(table, lines, prepared.genes).round(DECIMALS)

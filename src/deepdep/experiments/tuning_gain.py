"""What tuning is worth: the network of a trial with the values that were found, and without."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from deepdep.data.prepared import Prepared
from deepdep.data.splits import Split
from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import DECIMALS
from deepdep.evaluation.strata import Stratum, resampled_mean_r
from deepdep.models.network import FINGERPRINT, sample_inputs
from deepdep.models.table import TablePredictor
from deepdep.settings import Settings, merged
from deepdep.statistics.resampling import interval_of, resample_counts
from deepdep.training.finetune import FinetuneSettings, train
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.session import start_session

UNTUNED, TUNED, DIFFERENCE = "untuned", "tuned", "difference"
JUDGED = (Split.VALIDATION, Split.TEST)
COLUMNS = [
    "split", "settings", "mean_gene_r", "low", "high", "lowest_seed", "highest_seed", "n_lines"
]  # fmt: skip

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class TuningGainSettings(Settings):
    """The ``tuning_gain`` group of params.yaml."""

    seeds: tuple[int, ...]  # of both networks
    n_bootstrap: int


@dataclass(frozen=True)
class RoadSettings:
    """What one network is pretrained and fine-tuned by."""

    pretrain: Mapping[Omic, PretrainSettings]  # of the omics that it reads
    finetune: FinetuneSettings


def road_settings(
    omics: tuple[Omic, ...],
    pretrain: PretrainSettings,
    finetune: FinetuneSettings,
    best: Mapping[str, Any],
) -> RoadSettings:
    """Lay the values of tuning/best.yaml over what trials train with; it may be empty."""
    base = {
        "omics": list(omics),
        "pretrain": {str(omic): asdict(pretrain) for omic in omics},
        "finetune": asdict(finetune),
    }
    tree = merged(base, best)
    used = TypeAdapter(list[Omic]).validate_python(tree["omics"])
    of_omics = {omic: tree["pretrain"][omic] for omic in used}
    return RoadSettings(
        TypeAdapter(dict[Omic, PretrainSettings]).validate_python(of_omics),
        TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
    )


def tuning_gain(
    prepared: Prepared,
    untuned: RoadSettings,
    tuned: RoadSettings,
    settings: TuningGainSettings,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Train both from every seed and compare them on the same lines.

    Returns
    -------
    Three rows for the validation lines, by which the values were chosen, and for the test lines:
    mean per-gene r untuned and tuned, averaged over seeds, and their difference; the ends of
    95 % intervals from resampling patients, the same for both and all seeds; the lowest and the
    highest of the seeds. No row where the two have the same settings: there is nothing to compare.
    """
    if untuned == tuned:
        return pd.DataFrame(columns=COLUMNS)
    counts = _counts(prepared, settings)
    steps = [
        (seed, name, road)
        for seed in settings.seeds
        for name, road in ((UNTUNED, untuned), (TUNED, tuned))
    ]
    means: dict[tuple[Split, str], list[pd.Series]] = {}
    for n_done, (seed, name, road) in enumerate(steps):
        if progress is not None:
            progress(n_done, len(steps))
        predicted = _predict(prepared, road, seed)
        for split, weights in counts.items():
            resampled = _mean_r(prepared, predicted, weights)
            means.setdefault((split, name), []).append(resampled)
    if progress is not None:
        progress(len(steps), len(steps))
    rows = []
    for split in counts:
        by_seed = {
            name: pd.concat(means[split, name], axis=1, keys=settings.seeds)
            for name in (UNTUNED, TUNED)
        }
        by_seed[DIFFERENCE] = by_seed[TUNED] - by_seed[UNTUNED]
        n_lines = counts[split].shape[1]
        rows += [[str(split), name, *_figures(of), n_lines] for name, of in by_seed.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _counts(prepared: Prepared, settings: TuningGainSettings) -> dict[Split, pd.DataFrame]:
    """How often each line counts (resample, line); in the first row every line once."""
    rng = np.random.default_rng(settings.seeds[0])
    counts = {}
    for split in JUDGED:
        patients = prepared.splits.loc[prepared.lines(split), "patient_id"]
        if len(patients):
            drawn = resample_counts(patients, n_boot=settings.n_bootstrap, rng=rng)
            once = np.ones((1, len(patients)), drawn.dtype)
            counts[split] = pd.DataFrame(np.concatenate([once, drawn]), columns=patients.index)
    return counts


def _predict(prepared: Prepared, road: RoadSettings, seed: int) -> pd.DataFrame:
    """Train and predict all labelled lines, in units that no correlation depends on."""
    start_session(seed, road.finetune.precision)
    used = replace(prepared, omics={omic: prepared.omics[omic] for omic in road.pretrain})
    of_omics = {omic: replace(each, seed=seed) for omic, each in road.pretrain.items()}
    fitted = train(used, of_omics, replace(road.finetune, seed=seed))
    lines, member = prepared.splits.index, prepared.fingerprints.dense()
    inputs = sample_inputs(used.profiles, lines) | {FINGERPRINT: member}
    table = TablePredictor(fitted.network)(inputs)
    return pd.DataFrame(table, lines, prepared.genes).round(DECIMALS)


def _mean_r(prepared: Prepared, predicted: pd.DataFrame, counts: pd.DataFrame) -> pd.Series:
    """Mean per-gene r in each resample."""
    measured = prepared.gene_effect.table.loc[counts.columns]
    strata = {Stratum.ALL: measured.columns}
    means = resampled_mean_r(
        measured, {"one": predicted.loc[measured.index]}, strata, counts.to_numpy()
    )
    return means["one"][Stratum.ALL]


def _figures(by_seed: pd.DataFrame) -> list[float]:
    """Return the mean over seeds with its interval, and the lowest and the highest seed."""
    averaged, seeds = by_seed.mean(axis=1), by_seed.iloc[0]
    interval = interval_of(float(averaged.iloc[0]), averaged.iloc[1:])
    figures = (averaged.iloc[0], interval.low, interval.high, seeds.min(), seeds.max())
    return [round(float(figure), DECIMALS) for figure in figures]

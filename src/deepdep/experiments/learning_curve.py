"""How accuracy grows with the number of labelled lines, with and without pretraining."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, Split
from deepdep.evaluation.judge import DECIMALS
from deepdep.io.documents import LEARNING_CURVE
from deepdep.models import Progress, TrainedEncoder, TrainedPredictor
from deepdep.models.baselines import BaselineSettings, Task, fit_ridge, strongest_ridge
from deepdep.settings import Settings
from deepdep.stage import reported
from deepdep.statistics.resampling import Resamples, mean_r, resample_counts
from deepdep.training.cross_fit import fit_predictor
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings

VALIDATION_SHARE = 0.2  # of the drawn lines, by which a network stops
# What is pretrained, in two uses: fine-tuned, and read by ridge as it is.
NETWORK, CODES = "network", "codes"
PRETRAINED, FROM_SCRATCH = "pretrained", "not pretrained"
WHOLE, RIDGE = "predictor", "ridge"


@dataclass(frozen=True)
class LearningCurveSettings(Settings):
    """The ``learning_curve`` group of params.yaml."""

    n_lines: tuple[int | None, ...]  # to learn from; null takes all
    seeds: tuple[int, ...]  # each draws other lines and other networks
    n_bootstrap: int


@dataclass(frozen=True)
class LearningCurve:
    """Both tables have ``io.documents.LEARNING_CURVE``.

    Attributes
    ----------
    accuracy
        Mean per-gene r on the test lines, averaged over seeds.
    gain
        What pretraining adds to the network and to the codes: r with it minus r without it, on
        the same lines.
    """

    accuracy: pd.DataFrame
    gain: pd.DataFrame


def learning_curve(
    prepared: Prepared,
    encoders: Mapping[str, TrainedEncoder],
    finetune_settings: FinetuneSettings,
    baselines: BaselineSettings,
    settings: LearningCurveSettings,
    progress: Progress = lambda n_done, n_all: None,  # noqa: ARG005
) -> LearningCurve:
    """Learn from few lines and judge on the test lines.

    One network is trained per draw, from the pretrained encoders and from untrained ones. Codes
    are what these encoders make of a profile, read by ridge as they are: the encoders stay as
    they were. The predictor is the pretrained network with the closed form beside it, ridge the
    strongest baseline. Intervals come from resampling test patients, the same for all models and
    seeds; how much the draw of lines matters is averaged over seeds and is not in them.
    """
    test = prepared.require_test_lines("the learning curve")
    measured = prepared.labels(Split.TEST)
    rng = np.random.default_rng(settings.seeds[0])
    patients = prepared.splits.loc[test, "patient_id"]
    counts = resample_counts(patients, n_boot=settings.n_bootstrap, rng=rng)
    of_seeds: dict[tuple[int, str], list[Resamples]] = {}
    draws = [(n_lines, seed) for n_lines in settings.n_lines for seed in settings.seeds]
    for n_lines, seed in reported(draws, progress):
        few = with_few_lines(prepared, n_lines, seed)
        single = replace(finetune_settings, n_members=1, seed=seed)
        predicted = dict(_predictions(few, encoders, single, baselines))
        size = len(few.lines(*LEARNED_FROM))
        for model, r in mean_r(measured, predicted, counts).items():
            of_seeds.setdefault((size, model), []).append(r)
    accuracy = {key: Resamples.mean(r) for key, r in of_seeds.items()}
    gain = {
        (size, use): r - accuracy[size, f"{use}, {FROM_SCRATCH}"]
        for (size, model), r in accuracy.items()
        for use in (CODES, NETWORK)
        if model == f"{use}, {PRETRAINED}"
    }
    return LearningCurve(_table(accuracy), _table(gain))


def with_few_lines(prepared: Prepared, n_lines: int | None, seed: int) -> Prepared:
    """Keep labels of so many lines besides the test's; draws of one seed contain each other.

    Patients come in an order that the seed draws, all lines of one after the other; a fifth of
    the lines stop the network.
    """
    splits = prepared.splits
    labelled = splits.loc[prepared.lines(*LEARNED_FROM)].sort_index()
    rng = np.random.default_rng(seed)
    patients = np.array(sorted(labelled["patient_id"].unique()))
    rank = pd.Series(rng.permutation(len(patients)), index=patients)
    ordered = labelled.index[np.argsort(labelled["patient_id"].map(rank), kind="stable")]
    kept = ordered if n_lines is None else ordered[:n_lines]
    order = labelled.loc[kept, "patient_id"].drop_duplicates()
    n_validation = max(1, round(VALIDATION_SHARE * len(order)))
    stops = labelled.loc[kept, "patient_id"].isin(order.iloc[::-1][:n_validation])
    drawn = labelled.loc[kept].assign(split=np.where(stops, Split.VALIDATION, Split.TRAIN))
    test = splits.loc[prepared.lines(Split.TEST)]
    background = prepared.background
    lines = background.table.index[background.table.index.isin(kept)]
    return replace(
        prepared,
        splits=pd.concat([drawn, test]).sort_index(),
        background=background.with_table(background.table.loc[lines]),
    )


def _predictions(
    few: Prepared,
    encoders: Mapping[str, TrainedEncoder],
    settings: FinetuneSettings,
    baselines: BaselineSettings,
) -> Iterator[tuple[str, pd.DataFrame]]:
    test, genes = few.lines(Split.TEST), few.genes
    of_task = Task.of_prepared(few, test, genes, baselines)
    yield RIDGE, _complete(strongest_ridge(of_task))

    def predict(predictor: TrainedPredictor) -> pd.DataFrame:
        return _complete(predictor.predict(few.samples(test), list(genes)).effect)

    start_session(settings.seed, settings.precision)
    scratch = {o: replace(t, encoder=t.untrained(str(o))) for o, t in encoders.items()}
    for how, of_how in ((FROM_SCRATCH, scratch), (PRETRAINED, encoders)):
        codes = _codes(few, of_how)
        yield (
            f"{CODES}, {how}",
            _complete(of_task.labelled(fit_ridge(of_task.screened, codes, of_task))),
        )
    alone = replace(settings, closed_form=None)
    yield f"{NETWORK}, {FROM_SCRATCH}", predict(fit_predictor(few, scratch, alone).predictor)
    start_session(settings.seed, settings.precision)
    whole = fit_predictor(few, encoders, settings).predictor
    yield f"{NETWORK}, {PRETRAINED}", predict(replace(whole, network_share=1.0))
    yield WHOLE, predict(whole)


def _codes(few: Prepared, encoders: Mapping[str, TrainedEncoder]) -> pd.DataFrame:
    """Set every omic's codes side by side, standardised over the lines that are learned from."""
    lines, learned = few.splits.index, few.lines(*LEARNED_FROM)
    columns = {}
    for omic, trained in encoders.items():
        profiles = few.omics[omic].cell_lines.reindex(lines).fillna(0)
        codes = trained.encoder.predict_on_batch(profiles.to_numpy(np.float32))
        table = pd.DataFrame(np.asarray(codes, float), lines)
        spread = table.loc[learned].std().replace(0, 1)
        columns[omic] = (table - table.loc[learned].mean()) / spread
    return pd.concat(columns, axis=1)


def _complete(predicted: pd.DataFrame) -> pd.DataFrame:
    """Fill genes that no drawn line screened with 0, which ranks no line above another."""
    return predicted.fillna(0.0).round(DECIMALS)


def _table(figures: Mapping[tuple[int, str], Resamples]) -> pd.DataFrame:
    rows = []
    for (size, model), r in figures.items():
        interval = r.interval()
        ends = (round(end, DECIMALS) for end in (r.figure, interval.low, interval.high))
        rows.append([size, model, *ends])
    return pd.DataFrame(rows, columns=list(LEARNING_CURVE))

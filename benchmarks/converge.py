"""Time until the same accuracy: blocks against random pairs, the same network and seed.

On a simulated cohort of reduced size, the usual way (batches of 500 random pairs, Adam at 0.001)
trains the published network for a fixed number of epochs; its best mean per-gene r on validation
lines is the mark. Ours trains the same network, from the same seed, until it reaches the mark.
Both read standardised profiles and learn each gene's deviation from its mean, which suits the
usual way better than the published units. Judging is left out of both times.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
import pandas as pd

from deepdep.domain.fingerprints import Fingerprints
from deepdep.models.gene_scale import GeneScale
from deepdep.settings import read_settings
from deepdep.simulation import SimulationSettings, simulate
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.finetune import LabelledLines, finetune, targets
from deepdep.training.session import start_session
from deepdep.training.settings import VALIDATION_R, FinetuneSettings
from full_size.pairwise import RandomPairs, pairwise_model
from full_size.published import PRESET, untrained_encoders

VALIDATION_SHARE = 0.15
CHECKS_PER_EPOCH = 2  # of the usual way; ours is judged after each epoch

# Found by trying (docs/experiments.md): a block of all lines needs the fewest steps.
BLOCKS = {"optimizer": "muon", "learning_rate": 0.006, "genes_per_block": 40}


@dataclass(frozen=True)
class Curve:
    """Seconds of training, judging left out, and the validation r after each of some stretches."""

    seconds: list[float]
    r: list[float]
    steps: list[int]

    def reaches(self, mark: float) -> float | None:
        """Seconds until the mark, or None."""
        reached = [s for s, r in zip(self.seconds, self.r, strict=True) if r >= mark]
        return reached[0] if reached else None


class Stopwatch(keras.callbacks.Callback):
    """Times training steps; judges, with the clock stopped, after every so many of them."""

    def __init__(self, judge: Callable[[], float] | None = None, every: int = 0) -> None:
        super().__init__()
        self.curve = Curve([], [], [])
        self._judge, self._every = judge, every
        self._trained, self._steps = 0.0, 0

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._trained += time.perf_counter() - self._start
        self._steps += 1
        if self._judge is not None and self._steps % self._every == 0:
            self._note(self._judge())

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self._judge is None:
            self._note((logs or {})[VALIDATION_R])

    def _note(self, r: float) -> None:
        self.curve.seconds.append(self._trained)
        self.curve.r.append(r)
        self.curve.steps.append(self._steps)


class StopAt(keras.callbacks.Callback):
    """Ends training at the mark."""

    def __init__(self, mark: float) -> None:
        super().__init__()
        self._mark = mark

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.model.stop_training = (logs or {})[VALIDATION_R] >= self._mark


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=16, help="of the usual way")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    lines = reduced_lines(args.seed)
    pairwise = pairwise_curve(lines, args.epochs, args.seed)
    mark = max(pairwise.r)
    ours = our_curve(lines, mark, args.seed)
    theirs_s, ours_s = pairwise.reaches(mark), ours.reaches(mark)
    print(
        json.dumps(
            {
                "mark_r": round(mark, 4),
                "pairwise_s": round(theirs_s, 2),
                "ours_s": ours_s and round(ours_s, 2),
                "ratio": ours_s and round(theirs_s / ours_s, 1),
                "ours_best_r": round(max(ours.r), 4),
                "pairwise_steps": pairwise.steps[pairwise.r.index(mark)],
                "ours_steps": ours.steps[-1],
                "n_lines": len(lines.train),
                "n_genes": lines.train.shape[1],
                "n_features": sum(table.shape[1] for table in lines.profiles.values()),
            }
        )
    )


def reduced_lines(seed: int) -> LabelledLines:
    """Labelled lines of a simulated cohort, standardised, what is missing filled."""
    settings = SimulationSettings.of_size(
        "deepdep", n_tumors=40, n_cell_lines=278, n_genes=400, n_expression=1500
    )
    cohort = simulate(settings, np.random.default_rng(seed)).cohort
    effects = cohort.gene_effect.table.fillna(cohort.gene_effect.table.mean())
    tables = {omic: table.astype(np.float32) for omic, table in cohort.cell_lines.omics.items()}
    whole = [name for name in effects.index if all(name in t.index for t in tables.values())]
    effects = effects.loc[whole]
    n_validation = round(VALIDATION_SHARE * len(effects))
    validation, train = effects.iloc[:n_validation], effects.iloc[n_validation:]
    profiles = {omic: standardised(table, train.index) for omic, table in tables.items()}
    return LabelledLines(profiles, train, validation, cohort.gene_sets)


def standardised(table: pd.DataFrame, train: pd.Index) -> pd.DataFrame:
    """By the training lines; 0 where nothing was measured, at most ten SD from the mean."""
    seen = table.loc[train]
    return ((table - seen.mean()) / (seen.std() + 1e-6)).clip(-10, 10).fillna(0.0)


def pairwise_curve(lines: LabelledLines, epochs: int, seed: int) -> Curve:
    start_session(seed)
    features = {omic: table.shape[1] for omic, table in lines.profiles.items()}
    model = pairwise_model(features, len(lines.gene_sets))
    model.compile(keras.optimizers.Adam(), loss="mse", jit_compile=False)
    scale = GeneScale.fit(lines.train, lines.gene_sets)
    pairs = RandomPairs(replace(lines, train=targets(lines.train, scale, "deviation")), seed)
    watch = Stopwatch(lambda: judge_pairwise(model, lines), len(pairs) // CHECKS_PER_EPOCH)
    model.fit(pairs, epochs=epochs, callbacks=[watch], verbose=0)
    return watch.curve


def judge_pairwise(model: keras.Model, lines: LabelledLines) -> float:
    """Mean per-gene r on validation lines, one line at a time."""
    effects = lines.validation
    member = Fingerprints.of_genes(list(effects.columns), lines.gene_sets).dense()
    rows = []
    for name in effects.index:
        features = [
            np.repeat(table.loc[[name]].to_numpy(np.float32), len(member), axis=0)
            for table in lines.profiles.values()
        ]
        rows.append(np.asarray(model([*features, member], training=False))[:, 0])
    predicted = pd.DataFrame(np.stack(rows), effects.index, effects.columns)
    return float(pearson_per_gene(effects, predicted).mean())


def our_curve(lines: LabelledLines, mark: float, seed: int) -> Curve:
    settings = read_settings(PRESET, "finetune", FinetuneSettings)
    settings = replace(
        settings,
        **BLOCKS,
        lines_per_block=len(lines.train),
        target="deviation",
        epochs=400,
        patience=400,
        seed=seed,
    )
    start_session(seed)
    watch = Stopwatch()
    finetune(lines, untrained_encoders(lines), settings, [watch, StopAt(mark)])
    return watch.curve


if __name__ == "__main__":
    main()

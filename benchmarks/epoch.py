"""One epoch of fine-tuning at DeepDEP's full size: the usual way against blocks.

Both train the published network in float32 on 278 lines x 1,298 genes. The usual way goes
through batches of 500 random pairs; some of its steps are timed and scaled to the 722 of an
epoch. Ours is `deepdep.training.finetune` with the settings of presets/deepdep-2021.yaml,
validation left out of the time in both.
"""

import argparse
import json
from dataclasses import replace
from statistics import median

import keras
import numpy as np

from deepdep.settings import read_settings
from deepdep.training.finetune import LabelledLines, finetune
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings
from full_size.arithmetic import epoch_flops
from full_size.clocks import Clock, Products
from full_size.cohort import Size, counts, labelled_lines
from full_size.pairwise import RandomPairs, pairwise_model
from full_size.published import PRESET, SEED, untrained_encoders


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=8, help="of ours; the first is not counted")
    parser.add_argument("--pairwise-steps", type=int, default=60, help="the first 10 do not count")
    args = parser.parse_args()
    size = Size()
    lines = labelled_lines(size, SEED)
    settings = replace(read_settings(PRESET, "finetune", FinetuneSettings), epochs=args.epochs)
    pairwise_s = pairwise_epoch(lines, args.pairwise_steps)
    ours = epoch_seconds(lines, settings)
    dense, peak = dense_gflops(lines, settings, epoch_flops(size, settings))
    bf16 = epoch_seconds(lines, replace(settings, precision="mixed_bfloat16"))
    flops = epoch_flops(size, settings)
    figures = {
        "pairwise_s": round(pairwise_s, 2),
        "ours_s": round(median(ours), 3),
        "ratio": round(pairwise_s / median(ours), 1),
        "ours_bf16_s": round(median(bf16), 3),
        "ratio_bf16": round(pairwise_s / median(bf16), 1),
        "ours_fastest_s": round(min(ours), 3),
        "gflop_per_epoch": round(flops / 1e9, 1),
        "gflops": round(flops / median(ours) / 1e9, 1),
        "gflops_fastest": round(flops / min(ours) / 1e9, 1),
        "dense_gflops": round(dense, 1),
        "peak_gflops": round(peak, 1),
        "dense_share_of_peak": round(dense / peak, 3),
        "lines_per_block": settings.lines_per_block,
        **counts(size),
    }
    figures["share_of_peak"] = round(figures["gflops"] / figures["peak_gflops"], 3)
    print(json.dumps(figures))


def dense_gflops(
    lines: LabelledLines, settings: FinetuneSettings, flops: float
) -> tuple[float, float]:
    """Return what an epoch reaches while its products run, and what the machine can do.

    Both are the best of some epochs, between which the machine's peak is measured.
    """
    start_session(SEED)
    watch = Products()
    finetune(lines, untrained_encoders(lines), settings, [watch])
    return flops / min(watch.seconds[1:]) / 1e9, max(watch.peaks)


def pairwise_epoch(lines: LabelledLines, n_steps: int) -> float:
    """Seconds of an epoch of the usual way, from the median step."""
    start_session(SEED)
    model = pairwise_model(
        {omic: table.shape[1] for omic, table in lines.profiles.items()}, len(lines.gene_sets)
    )
    model.compile(keras.optimizers.Adam(), loss="mse", jit_compile=False)
    pairs = RandomPairs(lines, SEED, n_batches=n_steps)
    clock = Clock()
    model.fit(pairs, epochs=1, callbacks=[clock], verbose=0)
    return float(np.median(clock.steps[10:])) * pairs.n_batches_of_an_epoch


def epoch_seconds(lines: LabelledLines, settings: FinetuneSettings) -> list[float]:
    """Seconds of each epoch of ours but the first, which builds the graph."""
    start_session(SEED, settings.precision)
    clock = Clock()
    finetune(lines, untrained_encoders(lines), settings, [clock])
    return clock.epochs[1:]


if __name__ == "__main__":
    main()

"""One epoch of pretraining at DeepDEP's full size: the autoencoder of expression.

8,238 tumours x 6,016 features through 500, 200 and 50 units and back, in batches of 64, by
`deepdep.training.pretrain` with the settings of presets/deepdep-2021.yaml. Where an epoch's time
goes is told by two of its parts: the dense products, as TensorFlow's profiler sees them in another
run, and the optimizer's pass over all weights, timed alone.
"""

import argparse
import json
from dataclasses import dataclass, replace
from statistics import median

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import Autoencoder
from deepdep.settings import read_settings
from deepdep.training.optimizer import Adam
from deepdep.training.pretrain import pretrain
from deepdep.training.session import start_session
from deepdep.training.settings import PretrainSettings
from full_size.arithmetic import pretraining_flops
from full_size.clocks import Clock, Products
from full_size.cohort import N_FEATURES, N_TUMORS
from full_size.machine import peak_gflops, seconds
from full_size.published import PRESET, SEED

OMIC = Omic.EXPRESSION
N_TIMES = 100  # steps of the optimizer
ADAM_PASSES = 7  # reads weight, gradient and two moments; writes weight and moments


@dataclass(frozen=True)
class OptimizerPass:
    """What the optimizer takes of an epoch, and the bytes that it moves at least."""

    seconds: float
    bytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=6, help="the first is not counted")
    args = parser.parse_args()
    settings = read_settings(PRESET, f"pretrain.{OMIC}", PretrainSettings)
    settings = replace(settings, epochs=args.epochs)
    tumors = simulated_tumors()
    flops = pretraining_flops(*tumors.shape, settings.encoder.widths)
    in_float32 = figures(tumors, settings, flops)
    in_bf16 = figures(tumors, replace(settings, precision="mixed_bfloat16"), flops)
    print(
        json.dumps(
            {
                "benchmark": "pretrain",
                "gflop_per_epoch": round(flops / 1e9, 1),
                **in_float32,
                **{f"{name}_bf16": figure for name, figure in in_bf16.items()},
                "n_tumors": len(tumors),
                "n_features": tumors.shape[1],
                "batch_size": settings.batch_size,
            }
        )
    )


def simulated_tumors() -> pd.DataFrame:
    """Profiles of log2(TPM + 1), shape (tumour, feature), without any signal."""
    values = np.random.default_rng(SEED).random((N_TUMORS, N_FEATURES[OMIC]), np.float32)
    values *= 6
    names = [f"{OMIC}{k}" for k in range(values.shape[1])]
    return pd.DataFrame(values, index=[f"T{k}" for k in range(len(values))], columns=names)


def figures(tumors: pd.DataFrame, settings: PretrainSettings, flops: float) -> dict[str, float]:
    """Measure in one precision, the peak in that precision too."""
    start_session(SEED, settings.precision)
    dtype = keras.mixed_precision.dtype_policy().compute_dtype
    peak_before = peak_gflops(dtype)
    clock = Clock()
    pretrain(tumors, tumors.iloc[:0], OMIC, settings, [clock])
    epoch = median(clock.epochs[1:])
    start_session(SEED, settings.precision)
    watch = Products()
    pretrain(tumors, tumors.iloc[:0], OMIC, settings, [watch])
    dense = min(watch.seconds[1:])
    optimizer = optimizer_pass(tumors, settings)
    peak = max(peak_before, peak_gflops(dtype))
    return {
        "epoch_s": round(epoch, 3),
        "epoch_fastest_s": round(min(clock.epochs[1:]), 3),
        "dense_s": round(dense, 3),
        "optimizer_s": round(optimizer.seconds, 3),
        "optimizer_gb_per_s": round(optimizer.bytes / optimizer.seconds / 1e9, 1),
        "gflops": round(flops / epoch / 1e9, 1),
        "dense_gflops": round(flops / dense / 1e9, 1),
        "peak_gflops": round(peak, 1),
        "share_of_peak": round(flops / epoch / 1e9 / peak, 3),
        "dense_share_of_peak": round(flops / dense / 1e9 / peak, 3),
    }


def optimizer_pass(tumors: pd.DataFrame, settings: PretrainSettings) -> OptimizerPass:
    """Time the optimizer alone, on weights of the same shapes, and scale it to an epoch."""
    model = Autoencoder.build(tumors.shape[1], settings.encoder, name=str(OMIC)).reconstructor
    weights = model.trainable_variables
    gradients = [tf.random.normal(weight.shape) for weight in weights]
    optimizer = Adam(settings.learning_rate, weight_decay=settings.weight_decay or None)
    optimizer.build(weights)
    step = tf.function(lambda: optimizer.apply(gradients, weights))
    step()
    n_steps = -(-len(tumors) // settings.batch_size)
    n_bytes = ADAM_PASSES * model.count_params() * np.float32().nbytes
    return OptimizerPass(n_steps * median(seconds(step, N_TIMES)), float(n_steps * n_bytes))


if __name__ == "__main__":
    main()

"""Predicting 8,238 tumours: each sample and gene encoded once, against one tumour at a time.

The published network with four omics, the same weights in both. The usual way repeats a tumour's
features for each of 1,298 genes and predicts these rows in batches of 500; a few tumours are timed
and scaled to all. Ours is `deepdep.models.table.TablePredictor` on all tumours. Another run, in a
process of its own, predicts 17,000 genes; its memory holds the inputs and the whole table too.
"""

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import keras
import numpy as np

from deepdep.domain.omics import Omic
from deepdep.models.inputs import FINGERPRINT, MEASURED
from deepdep.models.network import build_predictor
from deepdep.models.table import TablePredictor
from deepdep.settings import read_settings
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings
from full_size.arithmetic import prediction_flops
from full_size.cohort import N_FEATURES, N_GENES, N_SETS, N_TUMORS, SETS_PER_GENE
from full_size.machine import peak_gflops, seconds
from full_size.own_process import in_own_process, peak_gib
from full_size.pairwise import BATCH, pairwise_model
from full_size.published import PRESET, SEED, encoder_settings

N_GENES_OF_GENOME = 17_000
MUTATED = 0.05  # of a tumour's genes


@dataclass(frozen=True)
class OneByOne:
    """Some tumours' effects (tumour, gene), and the median seconds of a tumour."""

    effects: np.ndarray
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tumors", type=int, default=33, help="one by one; the first not counted")
    parser.add_argument("--times", type=int, default=4, help="all; the first is not counted")
    args = parser.parse_args()
    start_session(SEED)
    network = published_network()
    inputs = simulated_inputs(N_GENES)
    tables: list[np.ndarray] = []
    ours = seconds(lambda: tables.append(TablePredictor(network)(inputs)), args.times)[1:]
    pairwise = one_by_one(pairwise_twin(network), inputs, args.tumors)
    pairwise_s, ours_s = N_TUMORS * pairwise.seconds, median(ours)
    differences = np.abs(tables[-1][: args.tumors] - pairwise.effects)
    flops = prediction_flops(N_TUMORS, N_GENES)
    figures = {
        "benchmark": "predict",
        "pairwise_s": round(pairwise_s, 1),
        "ours_s": round(ours_s, 2),
        "ratio": round(pairwise_s / ours_s, 1),
        "largest_difference": float(differences.max()),
        "largest_effect": round(float(np.abs(pairwise.effects).max()), 3),
        "tflop": round(flops / 1e12, 2),
        "gflops": round(flops / ours_s / 1e9, 1),
        "peak_gflops": round(peak_gflops(), 1),
        "n_tumors": N_TUMORS,
        "n_genes": N_GENES,
    }
    print(json.dumps(figures | in_own_process(genome_wide)))


def one_by_one(model: keras.Model, inputs: Mapping[str, np.ndarray], n_tumors: int) -> OneByOne:
    """Predict some tumours the usual way."""
    effects, taken = [], []
    member = inputs[FINGERPRINT]
    for tumor in range(n_tumors):
        start = time.perf_counter()
        profiles = [inputs[omic][np.repeat(tumor, len(member))] for omic in N_FEATURES]
        predicted = model.predict([*profiles, member], batch_size=BATCH, verbose=0)
        taken.append(time.perf_counter() - start)
        effects.append(predicted[:, 0])
    return OneByOne(np.stack(effects), median(taken[1:]))


def genome_wide() -> dict[str, float]:
    """Predict all tumours and genes, in this process alone."""
    start_session(SEED)
    network = published_network()
    inputs = simulated_inputs(N_GENES_OF_GENOME)
    start = time.perf_counter()
    table = TablePredictor(network)(inputs)
    taken = time.perf_counter() - start
    return {
        "n_genes_of_genome": table.shape[1],
        "genome_wide_s": round(taken, 1),
        "genome_wide_gflops": round(prediction_flops(*table.shape) / taken / 1e9, 1),
        "genome_wide_peak_gib": round(peak_gib(), 2),
        "genome_wide_data_gib": round(sum(a.nbytes for a in (*inputs.values(), table)) / 2**30, 2),
    }


def simulated_inputs(n_genes: int) -> dict[str, np.ndarray]:
    """Of all tumours and some genes, float32 from the first, so that no copy counts as memory."""
    rng = np.random.default_rng(SEED)
    inputs = {
        str(omic): rng.random((N_TUMORS, n_features), np.float32)
        for omic, n_features in N_FEATURES.items()
    }
    inputs[Omic.MUTATION] = _bits(inputs[Omic.MUTATION], MUTATED)
    inputs[MEASURED] = np.ones((N_TUMORS, len(N_FEATURES)), np.float32)
    inputs[FINGERPRINT] = _bits(rng.random((n_genes, N_SETS), np.float32), SETS_PER_GENE / N_SETS)
    return inputs


def _bits(values: np.ndarray, share: float) -> np.ndarray:
    """Set this share of uniform values to 1 and the others to 0, where they are."""
    return np.less(values, share, out=values)


def published_network() -> keras.Model:
    encoders = {
        omic: encoder_settings(omic).build(n_features, name=str(omic))
        for omic, n_features in N_FEATURES.items()
    }
    settings = read_settings(PRESET, "finetune", FinetuneSettings)
    return build_predictor(encoders, N_SETS, settings.network)


def pairwise_twin(network: keras.Model) -> keras.Model:
    """Return the network on rows of pairs, with the same weights."""
    twin = pairwise_model(N_FEATURES, N_SETS)
    for layer in twin.layers:
        if layer.name == "pair_1":  # ours has its rows in two layers: of lines, and of genes
            (of_lines,), (of_genes, bias) = (
                network.get_layer(name).get_weights() for name in ("cell_part", "gene_part")
            )
            layer.set_weights([np.concatenate([of_lines, of_genes]), bias])
        elif layer.weights:
            layer.set_weights(network.get_layer(_our_name(layer.name)).get_weights())
    return twin


def _our_name(layer: str) -> str:
    omic, _, depth = layer.rpartition("_")
    return f"{omic}_code" if omic in N_FEATURES and depth == "3" else layer


if __name__ == "__main__":
    main()

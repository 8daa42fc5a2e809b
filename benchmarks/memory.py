"""Resident memory at its highest, of training at DeepDEP's full size and of mapping TCGA's tumours.

Each runs in a process of its own. Fine-tuning on 278 lines x 1,298 genes and pretraining on 8,238
tumours x 6,016 features, input included, both with the settings of presets/deepdep-2021.yaml.
``--map`` runs what the stage ``predict`` does instead, for DepMap's 1,150 lines, 17,900 genes and
10,000 tumours; its memory is told beyond that of the model and the prepared cohort. ``--features``
is a factor of DeepDEP's features, whose four omics have 24,632 together.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from deepdep.analysis.cohort_map import CallSettings, map_cohort
from deepdep.data.prepared import Prepared, PreparedOmic
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.models import TrainedPredictor
from deepdep.settings import read_settings
from deepdep.training.finetune import finetune
from deepdep.training.pretrain import pretrain
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings, PretrainSettings
from full_size.cohort import Size, counts, labelled_lines
from full_size.machine import peak_gflops
from full_size.model import full_size_predictor
from full_size.own_process import in_own_process, peak_gib, resident_gib, restart_peak
from full_size.published import PRESET, SEED, untrained_encoders
from pretrain import OMIC, simulated_tumors

CALLS = CallSettings(min_deviation=1.0, min_samples=5)
N_LINEAGES = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3, help="of each training")
    parser.add_argument("--map", action="store_true", help="map tumours instead")
    parser.add_argument("--tumors", type=int, default=10_000)
    parser.add_argument("--genes", type=int, default=17_900)
    parser.add_argument("--features", type=float, default=1.0)
    args = parser.parse_args()
    if args.map:
        size = Size(1_150, 0, args.genes, 3_400, args.features)
        figures = in_own_process(mapping, size, args.tumors)
        gflops = {"machine_gflops": round(peak_gflops())}
        print(json.dumps({"benchmark": "memory_of_map", **asdict(size), **figures, **gflops}))
        return
    figures = {
        "benchmark": "memory",
        "peak_gib": round(in_own_process(finetuning, args.epochs), 2),
        "pretrain_peak_gib": round(in_own_process(pretraining, args.epochs), 2),
        **counts(Size()),
    }
    print(json.dumps(figures))


def finetuning(epochs: int) -> float:
    settings = replace(read_settings(PRESET, "finetune", FinetuneSettings), epochs=epochs)
    start_session(SEED, settings.precision)
    lines = labelled_lines(Size(), SEED)
    finetune(lines, untrained_encoders(lines), settings)
    return peak_gib()


def pretraining(epochs: int) -> float:
    settings = replace(read_settings(PRESET, f"pretrain.{OMIC}", PretrainSettings), epochs=epochs)
    start_session(SEED, settings.precision)
    tumors = simulated_tumors()
    pretrain(tumors, tumors.iloc[:0], OMIC, settings)
    return peak_gib()


def mapping(size: Size, n_tumors: int) -> dict[str, float]:
    """Map a cohort with a predictor that has every part, as the stage does."""
    predictor = full_size_predictor(SEED, size)
    prepared = cohort_of(predictor, size, n_tumors)
    nothing = pd.DataFrame({"gene": [], "model": [], "r": []})
    before = resident_gib()
    restart_peak()
    start, used = time.perf_counter(), time.process_time()
    with TemporaryDirectory() as folder:
        found = map_cohort(prepared, predictor, nothing, seed=SEED, calls=CALLS)
        placed = time.process_time() - used
        files = Path(folder) / "tumors.h5ad", Path(folder) / "cell_lines.h5ad"
        found.tumors.write(files[0])
        found.cell_lines.write(files[1])
        gib_of_file = files[0].stat().st_size / 1024**3
    return {
        "n_tumors": n_tumors,
        "cohort_and_model_gib": round(before, 2),
        "above_gib": round(peak_gib() - before, 2),
        "file_gib": round(gib_of_file, 2),
        "seconds": round(time.perf_counter() - start, 1),
        "processor_seconds": round(time.process_time() - used, 1),
        "processor_seconds_to_place": round(placed, 1),
    }


def cohort_of(predictor: TrainedPredictor, size: Size, n_tumors: int) -> Prepared:
    """Tumours and lines of standard normal features; each lacks no omic."""
    rng = np.random.default_rng(SEED)
    lines = labelled_lines(size, SEED)
    tumors = pd.Index([f"T{k}" for k in range(n_tumors)])
    omics = {}
    for omic, space in predictor.features.items():
        columns = space.table.index
        tables = [
            pd.DataFrame(
                rng.standard_normal((len(names), len(columns)), np.float32), names, columns
            )
            for names in (lines.train.index, tumors)
        ]
        omics[str(omic)] = PreparedOmic(*tables, space)
    obs = [
        pd.DataFrame(
            {"patient_id": names, "lineage": [f"L{k % N_LINEAGES}" for k in range(len(names))]},
            names,
        )
        for names in (lines.train.index, tumors)
    ]
    effects = GeneEffect(lines.train, GeneEffectKind.GENE_EFFECT, obs[0]["patient_id"], None)
    splits = obs[0].assign(split="train")
    return Prepared(omics, *obs, splits, effects, lines.gene_sets, [], effects, {})


if __name__ == "__main__":
    main()

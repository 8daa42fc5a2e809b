"""What large work takes on 1, 8 and 64 workers, computed from measured constants.

Nothing is measured here: each constant says where it comes from, and a better one is written over
it. A worker has two cores of the kind that benchmarks ran on.
"""

import json
from dataclasses import asdict, dataclass
from math import ceil

import yaml

from pipeline_runs.project import ROOT

WORKERS = (1, 8, 64)


@dataclass(frozen=True)
class Constants:
    """Seconds of a worker, unless said otherwise; see docs/distributed.md."""

    start: float = 15.0  # benchmarks/tune.py: from the command to the first trial
    # benchmarks/pretrain.py: 2.4 s for 6,016 features; four omics have 24,632
    pretraining_epoch: float = 2.4 * 24_632 / 6_016
    finetuning_epoch: float = 0.89  # benchmarks/epoch.py: 278 lines x 1,298 genes
    building: float = 5.9  # benchmarks/tune.py: of five networks and their graphs, demo cohort
    claim: float = 0.117  # benchmarks/tune.py, in a study of 1,000 trials
    overhead: float = 0.47  # benchmarks/tune.py: of a trial, beside its training
    cell: float = 27.0  # benchmarks/real.py: 55 s of processor time, of two cores
    n_genes: int = 17_000
    n_tumors: int = 100_000
    genome_wide: float = 132 / 8_238  # benchmarks/predict.py: of a tumour, two cores
    samples_per_chunk: int = 512
    transfer: float = 0.7  # of a chunk of 52 MB there and 35 MB back, through one driver
    bytes_per_second: float = 350e6  # of one process that reads or writes .h5ad
    n_features: int = 24_632


def main() -> None:
    constants = Constants()
    tables = {
        "study_of_1000_trials": {n: study(n, 1000, constants) for n in WORKERS},
        "benchmark_table": {n: table(n, constants) for n in WORKERS},
        "map_of_100000_tumors": {n: tumor_map(n, constants) for n in WORKERS},
    }
    figures = {
        "benchmark": "cost_model",
        **{name: {n: duration(s) for n, s in of.items()} for name, of in tables.items()},
        "trial_s": round(trial(constants), 1),
        "most_useful_workers": most_useful_workers(constants),
        "n_cells": sum(cells_of_folds()),
        "constants": asdict(constants),
    }
    print(json.dumps(figures))


def trial(c: Constants) -> float:
    """Train as the group ``tune`` of params.yaml says, at DeepDEP's full size."""
    settings = _params()["tune"]
    pretraining = settings["pretrain"]["epochs"] * c.pretraining_epoch
    return pretraining + settings["finetune"]["epochs"] * c.finetuning_epoch + c.building


def study(n_workers: int, n_trials: int, c: Constants) -> float:
    """Run every trial to its end; claims come one after the other, whoever makes them."""
    waves = ceil(n_trials / n_workers)
    return c.start + max(waves * (trial(c) + c.overhead + c.claim), n_trials * c.claim)


def table(n_workers: int, c: Constants) -> float:
    """Share the folds, longest first; the cells of a fold stay together."""
    loads = [0.0] * n_workers
    for n_cells in sorted(cells_of_folds(), reverse=True):
        loads[loads.index(min(loads))] += n_cells * c.cell
    return c.start + max(loads)


def cells_of_folds() -> list[int]:
    """Count what is trained in each fold and seed of params.yaml's benchmark.

    Baselines and cells that only hide omics cost next to nothing beside that.
    """
    settings = _params()["benchmark"]
    trained = [
        model
        for model in settings["models"].values()
        if "baseline" not in model and "hide" not in model
    ]
    return [
        sum(seed in model.get("seeds", settings["seeds"]) for model in trained)
        for _ in settings["modes"]
        for seed in settings["seeds"]
        for _ in range(settings["folds"]["n_folds"])
    ]


def tumor_map(n_workers: int, c: Constants) -> float:
    """Read, predict on the workers, write effects and both ends of intervals by one process."""
    n_chunks = ceil(c.n_tumors / c.samples_per_chunk)
    waves = ceil(n_chunks / n_workers)
    computed = waves * c.samples_per_chunk * c.genome_wide
    read = 4 * c.n_tumors * c.n_features / c.bytes_per_second
    written = 3 * 4 * c.n_tumors * c.n_genes / c.bytes_per_second
    return c.start + read + max(computed, n_chunks * c.transfer) + written


def most_useful_workers(c: Constants) -> dict[str, int]:
    """Beyond so many, what one process or one lock does is all that is waited for."""
    return {
        "study": int((trial(c) + c.overhead) / c.claim),
        "benchmark_table": ceil(sum(cells_of_folds()) / max(cells_of_folds())),
        "map": int(c.samples_per_chunk * c.genome_wide / c.transfer),
    }


def duration(seconds: float) -> str:
    """Say seconds as people do."""
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _params() -> dict:
    return yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

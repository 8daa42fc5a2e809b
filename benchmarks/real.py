"""The cross-validated table of real public data: every baseline, ablation and our default.

Reads the tables in ../shared/real, or the folder that DEEPDEP_REAL_DATA names; the gene list is in
../shared/peers, or where DEEPDEP_PEER_DATA says. Without them nothing is run. Cells are kept in
`.benchmark/`, so that a run that was cut off goes on. Prints one JSON line per table; pipe one of
them into tabulate.py. Arguments: labels to run (all three without), `--workers N`, and `--mode`,
`--seeds` and `--models` as of `deepdep benchmark`, to have what matters most first. With
`--workers 1`, which trains in this process, TF_ENABLE_ONEDNN_OPTS must be set before.

A tuned ridge says nothing of a line that has no `expression`, so each table is printed twice:
over all labelled lines that have any table, and over those that have `expression`. The first tells
of `ablations`, too, what each costs the model that it is an ablation of, on the same resamples.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from deepdep.data.cohort import add_to_cohort, read_cohort
from deepdep.data.folds import SplitMode
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.evaluation import Cell, Comparison
from deepdep.experiments.benchmark import compare_models, track_benchmark
from deepdep.experiments.cells import Measured, ModeFolder
from deepdep.experiments.plan import Plan
from deepdep.settings import merged
from deepdep.sources.tables.read import import_tables
from deepdep.statistics.metrics import pearson_per_gene
from pipeline_runs.project import ROOT
from real_pipeline import GENE_LIST, OVERRIDES, TABLES, absent_data

FOLDER = ROOT / ".benchmark" / "real"
# Which TensorFlow uses by itself on some CPUs only; networks train 1.4 times as fast with it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# Of what a model is an ablation, by how its name begins. Labels at random are one of nothing.
WHOLE = {
    "network_": "network",
    "deepdep_2021_": "deepdep_2021",
    "without_": "closed_form",
    "permuted_": "closed_form",
}
NO_ABLATION = {"permuted_labels"}
# Where labels are few, what costs most and tells least is left out.
CORE = "predictor,gene_mean,lineage_mean,nearest_lines,ridge_expression,ridge,closed_form"
MODELS = {"dependency_class_22q1": None, "ceres_20q4": CORE, "chronos_25q2": CORE}


def run(given: argparse.Namespace, labels: str) -> list[dict]:
    """Make the cells that are missing, and return the tables."""
    folder = FOLDER / labels
    cohort = folder / "cohort"
    if not cohort.exists():
        add_to_cohort(import_tables(TABLES, labels, notes=Notes()), cohort)
    params = folder / "params.yaml"
    params.write_text(yaml.safe_dump(params_of_real(), sort_keys=False), encoding="utf-8")
    models = given.models or MODELS[labels]
    plan = Plan.read(cohort, params, given.mode, given.seeds, models)
    started, cpu_before = time.monotonic(), cpu_seconds()
    track_benchmark(plan, folder / "cells", given.workers)
    seconds = round(time.monotonic() - started, 1)
    cpu = round(cpu_seconds() - cpu_before, 1)
    with_expression = pd.Index(read_cohort(cohort).cell_lines.omics[Omic.EXPRESSION].index)
    return [
        {
            "benchmark": "real",
            "labels": labels,
            "unseen": str(mode),
            "lines": which,
            "seconds": seconds,
            "cpu_seconds": cpu,
            **asdict(compare_models(plan, folder / "cells", mode, lines)),
            **({} if lines is not None else of_all_lines(plan, folder / "cells", mode)),
        }
        for mode in plan.benchmark.modes
        for which, lines in (("all", None), ("with expression", with_expression))
    ]


def cpu_seconds() -> float:
    """Return what this process and those that it waited for have computed, beside whatever else."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def of_all_lines(plan: Plan, to: Path, mode: SplitMode) -> dict:
    """Return what is told of all lines only."""
    measured = ModeFolder(to / mode).measured()
    cells = [
        cell
        for cell in ModeFolder(to / mode).cells()
        if cell.seed in plan.benchmark.seeds and cell.model in plan.models_of(mode, cell.seed)
    ]
    at_random = [cell for cell in cells if cell.model == "permuted_labels"]
    of_all: dict = {"ablations": ablations(plan, cells, measured)}
    if at_random:
        r = mean_abs_gene_r(at_random, measured)
        of_all["mean |per-gene r|, labels at random"] = r
    return of_all


def mean_abs_gene_r(cells: Sequence[Cell], measured: Measured) -> float:
    """Average each gene's r over folds, then |r| over genes."""
    table = measured.gene_effect.table
    of_folds = [
        pearson_per_gene(table.loc[cell.predicted.index, cell.predicted.columns], cell.predicted)
        for cell in cells
    ]
    return float(pd.concat(of_folds, axis=1).mean(axis=1).abs().mean())


def ablations(plan: Plan, cells: Sequence[Cell], measured: Measured) -> dict[str, dict[str, float]]:
    """Return r of each whole minus r of its ablations, with interval, p and p after Holm."""
    differences: dict[str, dict[str, float]] = {}
    for whole in dict.fromkeys(WHOLE.values()):
        of_whole = [cell for cell in cells if whole in (cell.model, _whole_of(cell.model))]
        judged = Comparison.of_cells(
            of_whole,
            measured.gene_effect,
            measured.lines,
            plan.judge.protocol,
            references=[whole],
            rng=np.random.default_rng(plan.judge.seed),
        )
        lost = judged.differences.items()
        differences |= {pair: strata["all"]["mean_gene_r"] for pair, strata in lost}
    return differences


def _whole_of(model: str) -> str | None:
    begins = [start for start in WHOLE if model.startswith(start) and model not in NO_ABLATION]
    return WHOLE[begins[0]] if begins else None


def params_of_real() -> dict:
    """Return params.yaml with what real tables need; paths are made absolute."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree = merged(tree, yaml.safe_load(OVERRIDES.read_text(encoding="utf-8")))
    tree["prepare"]["gene_list"] = str(GENE_LIST.resolve())
    for model in tree["benchmark"]["models"].values():
        if "preset" in model:
            model["preset"] = str(ROOT / model["preset"])
    return tree


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("labels", nargs="*", default=list(MODELS), choices=list(MODELS))
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--mode", action="append")
    arguments.add_argument("--seeds")
    arguments.add_argument("--models")
    given = arguments.parse_args()
    if absent := absent_data():
        print(json.dumps({"benchmark": "real", "skipped": f"there is no {absent[0]}"}))
        return
    for labels in given.labels:
        for table in run(given, labels):
            print(json.dumps(table), flush=True)


if __name__ == "__main__":
    main()

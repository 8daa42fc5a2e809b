"""The cross-validated table of real public data: every baseline, ablation and our default.

Reads the tables in ../shared/real, or the folder that DEEPDEP_REAL_DATA names; with `--data real2`
those of ../shared/real2, or DEEPDEP_REAL2_DATA, which have drivers, confounders and proteins. The
list of genes of interest is in ../shared/peers, or where DEEPDEP_PEER_DATA says. Without them
nothing is run. Cells are kept in `.benchmark/`, so that a run that was cut off goes on. Prints one
JSON line per table; pipe one of them into tabulate.py. Arguments: labels to run (all three
without), `--workers N`, and `--mode`, `--seeds` and `--models` as of `deepdep benchmark`, to have
what matters most first.

In real2 the old tables of GDSC are left out, which cost accuracy (docs/data.md says why), and so
are the tumours of patients whose other tables are kept for validation.

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
from deepdep.data.folds import SplitMode, read_folds
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.evaluation import PREDICTOR, Cell, Comparison
from deepdep.experiments.benchmark import RIDGE, compare_models, track_benchmark
from deepdep.experiments.cells import FOLDS, Measured, ModeFolder
from deepdep.experiments.plan import Plan
from deepdep.io.files import new_path
from deepdep.settings import merged
from deepdep.sources.gene_names import read_gene_list
from deepdep.sources.tables.read import import_tables
from deepdep.statistics.metrics import pearson_per_gene
from pipeline_runs.project import ROOT
from real_pipeline import GENE_LIST, OVERRIDES, SHARED, TABLES, absent_data

FOLDER = ROOT / ".benchmark" / "real"
FOLDER_2 = ROOT / ".benchmark" / "real2"
TABLES_2 = Path(os.environ.get("DEEPDEP_REAL2_DATA", SHARED / "real2"))
OVERRIDES_2 = Path(__file__).with_name("real2_params.yaml")
# Tables of real2 in an import's folder, by where they are in its own.
PLACED = {
    "extra/confounders.parquet": "cell_lines/confounders.parquet",
    "extra/protein_rppa.parquet": "cell_lines/protein.parquet",
    "extra/metabolites.parquet": "cell_lines/metabolite.parquet",
}
LEFT_OUT = {"cell_lines/mutation_gdsc.parquet", "cell_lines/copy_number_gdsc.parquet"}

# Of what a model is an ablation, by how its name begins. Labels at random are one of nothing.
WHOLE = {
    "network_": "network",
    "deepdep_2021_": "deepdep_2021",
    "without_": "closed_form",
    "permuted_": "closed_form",
}
REFERENCES = (PREDICTOR, "closed_form", RIDGE)  # whose leads over the others are told
FOLDERS_OF_IMPORT = ("cell_lines", "tumors", "gene_effect", "gene_sets")
NO_ABLATION = {"permuted_labels"}
# Where labels are few, what costs most and tells least is left out.
CORE = "predictor,gene_mean,lineage_mean,nearest_lines,ridge_expression,ridge,closed_form"
MODELS = {"dependency_class_22q1": None, "ceres_20q4": CORE, "chronos_25q2": CORE}
CORE_2 = f"{CORE},ridge_drivers,confounders"
BLOCKS_2 = (
    "mutation,mutation_mobem,expression,expression_ccle,methylation,copy_number,protein,metabolite"
)
ALL_2 = ",".join([CORE_2, *(f"without_{block}" for block in BLOCKS_2.split(","))])
MODELS_2 = {"dependency_class_22q1": ALL_2, "ceres_20q4": CORE_2, "chronos_25q2": CORE_2}


def run(given: argparse.Namespace, labels: str) -> list[dict]:
    """Make the cells that are missing, and return the tables."""
    folder, cohort, params = cohort_and_params(given.data, labels)
    models = given.models or (MODELS_2 if given.data == "real2" else MODELS)[labels]
    plan = Plan.read(cohort, params, given.mode, given.seeds, models)
    started, cpu_before = time.monotonic(), cpu_seconds()
    track_benchmark(plan, folder / "cells", given.workers)
    seconds = round(time.monotonic() - started, 1)
    cpu = round(cpu_seconds() - cpu_before, 1)
    with_expression = pd.Index(read_cohort(cohort).cell_lines.omics[Omic.EXPRESSION].index)
    return [
        {
            "benchmark": given.data,
            "labels": labels,
            "unseen": str(mode),
            "lines": which,
            "seconds": seconds,
            "cpu_seconds": cpu,
            "seconds_per_cell": seconds_per_cell(plan, folder / "cells", mode),
            **asdict(compare_models(plan, folder / "cells", mode, lines, REFERENCES)),
            **({} if lines is not None else of_all_lines(plan, folder / "cells", mode)),
        }
        for mode in plan.benchmark.modes
        for which, lines in (("all", None), ("with expression", with_expression))
    ]


def cohort_and_params(data: str, labels: str) -> tuple[Path, Path, Path]:
    """Return the folder of a benchmark, with a cohort that is imported once, and params.yaml."""
    is_second = data == "real2"
    folder = (FOLDER_2 if is_second else FOLDER) / labels
    cohort, params = folder / "cohort", folder / "params.yaml"
    if not cohort.exists():
        tables = placed_tables(FOLDER_2 / "tables") if is_second else TABLES
        add_to_cohort(import_tables(tables, labels, notes=Notes()), cohort)
    tree = params_of_real2() if is_second else params_of_real()
    params.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return folder, cohort, params


def placed_tables(target: Path) -> Path:
    """Lay real2 out as an import reads it: links, and tumours without those for validation."""
    if target.exists():
        return target
    judged = {
        name[:12]
        for file in sorted((TABLES_2 / "validation").glob("*.parquet"))
        for name in pd.read_parquet(file, columns=[]).index
    }
    names = [file.relative_to(TABLES_2).as_posix() for file in sorted(TABLES_2.glob("*/*.*"))]
    with new_path(target) as folder:
        for name in names:
            place = folder / PLACED.get(name, name)
            if name in LEFT_OUT or place.parent.name not in FOLDERS_OF_IMPORT:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.parent.name == "tumors":
                tumors = pd.read_parquet(TABLES_2 / name)
                tumors[~tumors.index.str[:12].isin(judged)].to_parquet(place)
            else:
                place.symlink_to(TABLES_2 / name)
    return target


def seconds_per_cell(plan: Plan, to: Path, mode: SplitMode) -> dict[str, float]:
    """Return how long a cell of each model took, on average, as the cells remember it."""
    folder = ModeFolder(to / mode)
    folds_of_seeds = {
        seed: [fold.name for fold in read_folds(folder.path / FOLDS / f"{seed}.csv")]
        for seed in plan.benchmark.seeds
    }
    seconds: dict[str, list[float]] = {}
    for seed, folds in folds_of_seeds.items():
        for model in plan.models_of(mode, seed):
            stamps = [folder.stamp(model, seed, fold) for fold in folds]
            seconds.setdefault(model, []).extend(s.seconds for s in stamps if s is not None)
    return {model: round(float(np.mean(of)), 1) for model, of in seconds.items() if of}


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


def params_of_real2() -> dict:
    """Return params.yaml with what real2 needs; genes of interest are a group of their own."""
    tree = merged(params_of_real(), yaml.safe_load(OVERRIDES_2.read_text(encoding="utf-8")))
    genes = FOLDER_2 / "every_gene.txt"
    genes.parent.mkdir(parents=True, exist_ok=True)
    genes.touch()
    tree["prepare"]["gene_list"] = str(genes)
    tree["evaluate"]["protocol"]["strata"] = {"of_interest": read_gene_list(GENE_LIST)}
    return tree


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("labels", nargs="*", default=list(MODELS), choices=list(MODELS))
    arguments.add_argument("--data", default="real", choices=["real", "real2"])
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--mode", action="append")
    arguments.add_argument("--seeds")
    arguments.add_argument("--models")
    given = arguments.parse_args()
    if absent := absent_data(TABLES_2 if given.data == "real2" else TABLES):
        print(json.dumps({"benchmark": given.data, "skipped": f"there is no {absent[0]}"}))
        return
    for labels in given.labels:
        for table in run(given, labels):
            print(json.dumps(table), flush=True)


if __name__ == "__main__":
    main()

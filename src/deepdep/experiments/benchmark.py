"""``deepdep benchmark``: every cell a tracked run, and the models of a mode beside each other."""

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.data.cohort import read_cohort
from deepdep.data.folds import SplitMode
from deepdep.evaluation import PREDICTOR, Comparison
from deepdep.experiments.cells import ModeFolder
from deepdep.experiments.plan import Plan
from deepdep.experiments.run import StoredCell, run_folds, run_folds_in_processes
from deepdep.experiments.settings import TrainedModel
from deepdep.stage import Progress
from deepdep.tracking import Run, end_killed_runs, tracked_run
from deepdep.tracking.experiments import BENCHMARK

RIDGE = "ridge_expression"  # the baseline to beat; leads over it are shown too


def track_benchmark(plan: Plan, to: Path, n_workers: int) -> None:
    """Make the cells that are missing, each a run below the run of this call.

    Only this process talks to MLflow. Runs that earlier calls left when they were killed end here.
    """
    cohort = read_cohort(plan.data)
    folds = plan.folds(cohort, to)
    n_cells = sum(len(fold.models) for fold in folds)
    progress = Progress("benchmark", "cell")
    end_killed_runs(BENCHMARK)
    with (
        tracked_run("benchmark", plan.benchmark.folds, experiment_name=BENCHMARK) as run,
        closing(progress),
    ):
        progress(0, n_cells)
        if n_workers == 1:
            cells = run_folds(plan, cohort, folds, to)
        else:
            cells = run_folds_in_processes(plan, folds, to, n_workers)
        for n_done, cell in enumerate(cells, start=1):
            if cell.mean_gene_r is not None:
                _track_cell(run, plan, cell, cell.mean_gene_r)
            progress(n_done, n_cells)


def _track_cell(run: Run, plan: Plan, cell: StoredCell, mean_gene_r: float) -> None:
    """Track a cell with what its entry in params.yaml sets, flat."""
    params = {name: getattr(cell, name) for name in ("model", "mode", "seed", "fold")}
    model = plan.benchmark.models[cell.model]
    for field in fields(model):
        value = getattr(model, field.name)
        if value != field.default and field.name not in ("set", "seeds", "modes"):
            params[field.name] = value
    if isinstance(model, TrainedModel):
        params |= {f"set.{path}": value for path, value in (model.set or {}).items()}
    with run.child(f"{cell.model} {cell.mode} {cell.seed}-{cell.fold}", params) as child:
        child.tag("deepdep.seed", str(cell.seed))
        figures = {"mean_gene_r": mean_gene_r, "seconds": cell.seconds}
        child.metrics({name: value for name, value in figures.items() if math.isfinite(value)})


def compare_models(
    plan: Plan,
    to: Path,
    mode: SplitMode,
    lines: pd.Index | None = None,
    references: Sequence[str] = (PREDICTOR, RIDGE),
) -> Comparison:
    """Compare the models that the plan names by their cells of a mode.

    Parameters
    ----------
    lines
        Judge no others.
    references
        Models whose leads over the others are told, where they are there.
    """
    folder = ModeFolder(to / mode)
    cells = [
        cell
        for cell in folder.cells()
        if cell.seed in plan.benchmark.seeds and cell.model in plan.models_of(mode, cell.seed)
    ]
    order = {name: rank for rank, name in enumerate(plan.benchmark.models)}
    cells.sort(key=lambda cell: (order[cell.model], cell.seed, cell.fold))
    names = {cell.model for cell in cells}
    measured = folder.measured()
    return Comparison.of_cells(
        cells,
        measured.gene_effect,
        measured.lines,
        plan.judge.protocol,
        references=[name for name in references if name in names],
        lines=lines,
        rng=np.random.default_rng(plan.judge.seed),
    )

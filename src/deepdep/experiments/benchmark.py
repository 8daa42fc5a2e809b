"""What ``deepdep benchmark`` reads, tracks and shows."""

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepdep.data.cohort import files_of_cohort, read_cohort
from deepdep.data.folds import SplitMode
from deepdep.data.prepare import PrepareSettings
from deepdep.data.prepared import read_omics
from deepdep.errors import DeepDEPError, shown
from deepdep.evaluation.comparison import PREDICTOR, Comparison, cross_validated
from deepdep.evaluation.judge import JudgeSettings
from deepdep.evaluation.markdown import markdown_tables
from deepdep.experiments.cells import read_cells, read_measured
from deepdep.experiments.plan import Plan, folds_of, left_out
from deepdep.experiments.run import Done, run_folds, run_folds_in_processes
from deepdep.experiments.settings import (
    BaselineModel,
    BenchmarkSettings,
    TrainedModel,
    model_settings,
)
from deepdep.io.files import file_sha256
from deepdep.settings import read_params, read_settings
from deepdep.sources.feature_lists import read_feature_lists
from deepdep.sources.gene_names import read_gene_list
from deepdep.stage import Progress
from deepdep.tracking import Run, end_killed_runs, tracked_run
from deepdep.tracking.experiments import BENCHMARK

RIDGE = "ridge_expression"  # the baseline to beat; leads over it are told too


@dataclass(frozen=True)
class Table:
    """One mode's table."""

    mode: SplitMode
    figures: Comparison

    def as_json(self) -> dict[str, Any]:
        """Return all figures, plain."""
        return {"models": self.figures.models, "differences": self.figures.differences}

    def as_text(self) -> str:
        """Return the tables as Markdown."""
        return f"Unseen: {self.mode}\n{markdown_tables(self.as_json())}"


def asked_plan(
    data: Path,
    params: Path,
    modes: Sequence[str] | None,
    seeds: str | None,
    models: str | None,
) -> Plan:
    """Read what a benchmark depends on, restricted to what was asked for."""
    tree = read_params(params)
    settings = read_settings(params, "benchmark", BenchmarkSettings)
    prepare = read_settings(params, "prepare", PrepareSettings)
    omics = read_omics(params)
    without = left_out(settings.models, omics)
    if modes:
        asked_modes = tuple(dict.fromkeys(_mode(mode) for mode in modes))
        settings = replace(settings, modes=asked_modes)
    if seeds is not None:
        settings = replace(settings, seeds=_seeds(seeds))
    if models is not None:
        settings = replace(settings, models=_chosen(models, settings))
    lists = read_feature_lists(Path(prepare.feature_lists)) if prepare.is_preset else None
    hashes = [f"{name} {file_sha256(data / name)}" for name in files_of_cohort(data)]
    return Plan(
        data=data.resolve(),
        cohort_sha256=sha256("\n".join(hashes).encode()).hexdigest(),
        gene_list=read_gene_list(Path(prepare.gene_list)),
        feature_lists=lists,
        omics=omics,
        prepare=prepare,
        judge=read_settings(params, "evaluate", JudgeSettings),
        benchmark=settings,
        settings={
            name: model_settings(name, model, tree, omics)
            for name, model in settings.models.items()
            if isinstance(model, TrainedModel)
        },
        left_out=without,
    )


def track_benchmark(plan: Plan, to: Path, n_workers: int) -> None:
    """Make the cells that are missing, each a run below the run of this call.

    Only this process talks to MLflow. Runs that earlier calls left when they were killed end here.
    """
    cohort = read_cohort(plan.data)
    folds = folds_of(plan, cohort, to)
    n_cells = sum(len(of.models) for of in folds)
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


def _track_cell(run: Run, plan: Plan, cell: Done, mean_gene_r: float) -> None:
    of_cell = {
        "model": cell.model,
        "mode": cell.mode,
        "seed": cell.seed,
        "fold": cell.fold,
        **_changes_of(plan.benchmark.models[cell.model]),
    }
    name = f"{cell.model} {cell.mode} {cell.seed}-{cell.fold}"
    with run.child(name, of_cell) as child:
        child.tag("deepdep.seed", str(cell.seed))
        figures = {"mean_gene_r": mean_gene_r, "seconds": cell.seconds}
        child.metrics({name: value for name, value in figures.items() if math.isfinite(value)})


def _changes_of(model: BaselineModel | TrainedModel) -> dict[str, Any]:
    """Return what an entry of params.yaml says, flat."""
    said = {
        field.name: value
        for field in fields(model)
        if (value := getattr(model, field.name)) != field.default
        and field.name not in ("set", "seeds", "modes")
    }
    values = (model.set or {}) if isinstance(model, TrainedModel) else {}
    return said | {f"set.{path}": value for path, value in values.items()}


def table_of(plan: Plan, to: Path, mode: SplitMode, lines: pd.Index | None = None) -> Table:
    """Judge the cells of a mode that the plan names.

    Parameters
    ----------
    lines
        Judge no others.
    """
    cells = [
        cell
        for cell in read_cells(to / mode)
        if cell.seed in plan.benchmark.seeds and cell.model in plan.models_of(mode, cell.seed)
    ]
    order = {name: rank for rank, name in enumerate(plan.benchmark.models)}
    cells.sort(key=lambda cell: (order[cell.model], cell.seed, cell.fold))
    names = {cell.model for cell in cells}
    references = [name for name in (PREDICTOR, RIDGE) if name in names]
    measured = read_measured(to / mode)
    figures = cross_validated(
        cells,
        measured.gene_effect,
        measured.lines,
        plan.judge.protocol,
        references=references,
        lines=lines,
        rng=np.random.default_rng(plan.judge.seed),
    )
    return Table(mode, figures)


def _mode(name: str) -> SplitMode:
    if name not in list(SplitMode):
        raise DeepDEPError(f"--mode {name}: is not a mode; choose {', '.join(SplitMode)}.")
    return SplitMode(name)


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise DeepDEPError(f"--seeds {text}: is not a list of whole numbers; write it as 1,2,3.")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _chosen(text: str, settings: BenchmarkSettings) -> dict[str, Any]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in settings.models]
    if unknown:
        raise DeepDEPError(
            f"--models {shown(unknown)}: params.yaml has no such entry under benchmark.models; "
            f"it has {', '.join(settings.models)}."
        )
    return {name: settings.models[name] for name in names}

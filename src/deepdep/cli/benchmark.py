"""``deepdep benchmark``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import AsJson, Params
from deepdep.stage import print_message, print_result


def benchmark(
    data: Annotated[Path, typer.Option(help="The cohort's folder.")] = Path("data"),
    params: Params = Path("params.yaml"),
    to: Annotated[Path, typer.Option(help="Folder of the cells; those there are kept.")] = Path(
        "benchmark"
    ),
    modes: Annotated[
        list[str] | None, typer.Option("--mode", help="patient, lineage, gene or both; repeat.")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Such as 1,2,3.")] = None,
    models: Annotated[str | None, typer.Option(help="Names, such as predictor,ridge.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the cores.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Cross-validate every model of params.yaml on the same folds; go on where it was cut off."""
    from deepdep.evaluation import markdown_tables
    from deepdep.experiments.benchmark import compare_models, track_benchmark
    from deepdep.experiments.plan import Plan

    plan = Plan.read(data, params, modes, seeds, models)
    for note in plan.notes():
        print_message(note)
    track_benchmark(plan, to, workers)
    for mode in plan.benchmark.modes:
        figures = asdict(compare_models(plan, to, mode))
        as_text = f"Unseen: {mode}\n{markdown_tables(figures)}"
        print_result(json.dumps({"mode": str(mode), **figures}) if as_json else as_text)
    print_message(f"{to}: predictions of every cell")

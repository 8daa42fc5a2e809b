"""Stage: search settings of training on validation patients."""

import sys
from pathlib import Path

from deepdep.stage import run_stage
from deepdep.tracking.execution import tracked_run
from deepdep.tuning.study import define_study, tune_here


def main(
    prepared: Path,
    best: Path,
    trials: Path,
    importances: Path,
    params: Path = Path("params.yaml"),
) -> None:
    study = define_study(prepared, params)
    with tracked_run("tune", study.settings) as run:
        tuned = tune_here(study, run, say=lambda line: print(line, file=sys.stderr))  # noqa: T201
        study.write(tuned, best, trials, importances)


if __name__ == "__main__":
    run_stage(main)

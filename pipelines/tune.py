"""Stage: search settings of training on validation patients."""

from pathlib import Path

from deepdep.stage import print_message, run_stage
from deepdep.tracking import tracked_run
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
        tuned = tune_here(study, run, print_message)
        study.write(tuned, best, trials, importances)


if __name__ == "__main__":
    run_stage(main)

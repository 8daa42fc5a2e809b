"""Stage: search settings of training on validation patients."""

from pathlib import Path

from deepdep.stage import print_message, run_stage
from deepdep.tracking import tracked_run
from deepdep.tuning.study import Definition, tune_at


def main(
    prepared: Path,
    best: Path,
    trials: Path,
    importances: Path,
    params: Path = Path("params.yaml"),
) -> None:
    study = Definition.read(prepared, params)
    with tracked_run("tune", study.settings) as run:
        tuned = tune_at(None, study, run, print_message)
        study.write(tuned, best, trials, importances)


if __name__ == "__main__":
    run_stage(main)

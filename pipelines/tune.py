"""Stage: search settings of training on validation patients."""

from pathlib import Path

from deepdep.data.prepared import read_omics
from deepdep.settings import read_settings
from deepdep.stage import print_message, run_stage
from deepdep.tracking import tracked_run
from deepdep.tuning.results import Tuned
from deepdep.tuning.settings import TuneSettings
from deepdep.tuning.study import NO_TRIAL, Definition, tune_at


def main(
    prepared: Path,
    best: Path,
    trials: Path,
    importances: Path,
    params: Path = Path("params.yaml"),
) -> None:
    settings = read_settings(params, "tune", TuneSettings)
    study = Definition.read(prepared, params) if settings.n_trials else None
    with tracked_run("tune", settings) as run:
        if study is None:  # nor is the cohort read
            print_message(NO_TRIAL)
            tuned = Tuned.of(None, settings)
        else:
            tuned = tune_at(None, study, run, print_message)
        tuned.write(read_omics(params), best, trials, importances)


if __name__ == "__main__":
    run_stage(main)

"""Stage: search latent sizes, widths, rates and regularisation on validation patients."""

from pathlib import Path

from deepdep.io.prepared import read_prepared
from deepdep.io.tuned import write_tuned
from deepdep.params import read_omics, read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.trials import best_settings, score_on, watch_with
from deepdep.tuning import TuneSettings, tune


def main(prepared: Path, best: Path, trials: Path, params: Path = Path("params.yaml")) -> None:
    settings = read_settings(params, "tune", TuneSettings)
    cohort = read_prepared(prepared, read_omics(params))
    with tracked_run("tune", settings) as run:
        tuned = tune(score_on(cohort, settings), settings, watch_with(run))
        write_tuned(best_settings(cohort, tuned.best), tuned.trials, best, trials)


if __name__ == "__main__":
    run_stage(main)

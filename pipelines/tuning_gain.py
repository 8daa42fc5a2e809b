"""Stage: what the values that tuning found are worth, where it looked and where it did not."""

from contextlib import closing
from pathlib import Path

from deepdep.data.prepared import read_omics, read_prepared
from deepdep.experiments.tuning_gain import TuningGainSettings, tuning_gain
from deepdep.io.documents import csv_text
from deepdep.io.files import write_text
from deepdep.settings import read_settings, read_yaml
from deepdep.stage import Progress, run_stage
from deepdep.tracking import tracked_run
from deepdep.training.settings import FinetuneSettings, PretrainSettings, TrainingSettings


def main(prepared: Path, tuned: Path, gain: Path, params: Path = Path("params.yaml")) -> None:
    settings = read_settings(params, "tuning_gain", TuningGainSettings)
    omics = read_omics(params)
    pretrain = read_settings(params, "tune.pretrain", PretrainSettings)
    finetune = read_settings(params, "tune.finetune", FinetuneSettings)
    of_trials = TrainingSettings.tuned(omics, pretrain, finetune, {})
    with_best = TrainingSettings.tuned(omics, pretrain, finetune, read_yaml(tuned))
    with (
        tracked_run("tuning_gain", settings) as run,
        closing(Progress("tuning gain", "network")) as progress,
    ):
        cohort = read_prepared(prepared, omics)
        table = tuning_gain(cohort, of_trials, with_best, settings, progress)
        write_text(csv_text(table), gain)
        run.artifact(gain)


if __name__ == "__main__":
    run_stage(main)

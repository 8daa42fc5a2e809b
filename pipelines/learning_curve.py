"""Stage: what few labelled lines are worth, with and without pretraining."""

from contextlib import closing
from pathlib import Path

from deepdep.data.prepared import read_omics, read_prepared
from deepdep.evaluation.judge import JudgeSettings
from deepdep.experiments.learning_curve import LearningCurveSettings, learning_curve
from deepdep.io.documents import csv_text
from deepdep.io.files import write_text
from deepdep.models import load_encoder
from deepdep.settings import read_settings
from deepdep.stage import Progress, run_stage
from deepdep.tracking import tracked_run
from deepdep.training.settings import FinetuneSettings


def main(
    prepared: Path,
    autoencoders: Path,
    tuned: Path,
    accuracy: Path,
    gain: Path,
    params: Path = Path("params.yaml"),
) -> None:
    settings = read_settings(params, "learning_curve", LearningCurveSettings)
    of_network = read_settings(params, "finetune", FinetuneSettings, tuned=tuned)
    baselines = read_settings(params, "evaluate", JudgeSettings).baselines
    omics = read_omics(params, tuned=tuned)
    cohort = read_prepared(prepared, omics)
    with (
        tracked_run("learning_curve", settings) as run,
        closing(Progress("learning curve", "draw")) as progress,
    ):
        encoders = {omic: load_encoder(autoencoders / omic) for omic in omics}
        curve = learning_curve(cohort, encoders, of_network, baselines, settings, progress)
        for table, file in ((curve.accuracy, accuracy), (curve.gain, gain)):
            write_text(csv_text(table), file)
            run.artifact(file)


if __name__ == "__main__":
    run_stage(main)

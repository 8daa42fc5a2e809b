"""Stage: the predictor starts from the pretrained encoders and learns from training lines."""

from pathlib import Path

from deepdep.io.prepared import read_prepared
from deepdep.models.artifacts import load_encoder, save_predictor
from deepdep.params import read_omics, read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.training.checkpoints import CHECKPOINTS, Checkpoint
from deepdep.training.finetune import FinetuneSettings
from deepdep.training.progress import EpochProgress
from deepdep.training.road import finetune_prepared
from deepdep.training.session import start_session


def main(
    prepared: Path, autoencoders: Path, tuned: Path, to: Path, params: Path = Path("params.yaml")
) -> None:
    settings = read_settings(params, "finetune", FinetuneSettings, tuned=tuned)
    omics = read_omics(params)
    start_session(settings.seed, settings.precision)
    checkpoint = Checkpoint(CHECKPOINTS / "finetune")
    with tracked_run("finetune", settings) as run:
        encoders = {omic: load_encoder(autoencoders / omic) for omic in omics}
        cohort = read_prepared(prepared, omics)
        callbacks = [*run.keras_callbacks(), EpochProgress("finetune")]
        learned = finetune_prepared(cohort, encoders, settings, callbacks, checkpoint)
        save_predictor(learned.predictor, learned.history, to)
    checkpoint.clear()


if __name__ == "__main__":
    run_stage(main)

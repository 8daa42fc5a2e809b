"""Stage: one omic's autoencoder learns from the tumours."""

from pathlib import Path

from deepdep.data.prepared import read_prepared_omic
from deepdep.io.documents import read_indexed_csv
from deepdep.models import TrainedEncoder, save_encoder
from deepdep.settings import read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.training.checkpoints import CHECKPOINTS, Checkpoint
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.session import start_session
from deepdep.training.settings import PretrainSettings


def main(
    omic: str, prepared: Path, tuned: Path, to: Path, params: Path = Path("params.yaml")
) -> None:
    settings = read_settings(params, f"pretrain.{omic}", PretrainSettings, tuned=tuned)
    tables = read_prepared_omic(prepared / omic)
    splits = read_indexed_csv(prepared / "splits.csv")
    start_session(settings.seed, settings.precision)
    checkpoint = Checkpoint(CHECKPOINTS / "pretrain" / omic)
    with tracked_run("pretrain", settings, omic=omic) as run:
        run.params({"latent_size": settings.encoder.widths[-1]})
        callbacks = run.keras_callbacks()
        learned = pretrain_omic(tables, splits, omic, settings, callbacks, checkpoint)
        encoder = TrainedEncoder(learned.autoencoder.encoder, settings.encoder, tables.space)
        save_encoder(encoder, omic, learned.history, to)
        run.made(to)
    checkpoint.clear()


if __name__ == "__main__":
    run_stage(main)

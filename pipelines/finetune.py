"""Stages: the predictor starts from the pretrained encoders and learns from labelled lines.

``finetune`` learns from training lines. ``release`` is given the predictor that was judged, and
does the same with every labelled line: that one is registered and used.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepdep.data.prepared import read_omics, read_prepared
from deepdep.models import load_encoder, save_predictor
from deepdep.models.artifacts import Composition
from deepdep.settings import read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.training.checkpoints import CHECKPOINTS, Checkpoint
from deepdep.training.cross_fit import fit_predictor
from deepdep.training.session import EpochProgress, start_session
from deepdep.training.settings import FinetuneSettings

if TYPE_CHECKING:
    import keras  # when it runs, only after deepdep, which keeps TensorFlow quiet


def main(
    prepared: Path,
    autoencoders: Path,
    tuned: Path,
    to: Path,
    judged: Path | None = None,
    params: Path = Path("params.yaml"),
) -> None:
    stage = "finetune" if judged is None else "release"
    settings = read_settings(params, "finetune", FinetuneSettings, tuned=tuned)
    if judged is not None and Composition.read(judged).network_share == 0:
        settings = replace(settings, n_members=0)  # patients left out gave networks no say
    omics = read_omics(params, tuned=tuned)
    start_session(settings.seed, settings.precision)
    checkpoints = {
        number: Checkpoint(CHECKPOINTS / stage / str(number))
        for number in range(1, settings.n_members + 1)
    }
    with tracked_run(stage, settings) as run:
        encoders = {omic: load_encoder(autoencoders / omic) for omic in omics}
        cohort = read_prepared(prepared, omics)
        if judged is not None:
            cohort = cohort.with_every_line()

        def callbacks(number: int) -> list["keras.callbacks.Callback"]:
            progress = EpochProgress(f"{stage} {number} of {settings.n_members}")
            return [*run.keras_callbacks(f"network_{number}."), progress]

        learned = fit_predictor(cohort, encoders, settings, callbacks, checkpoints.get)
        run.metrics(learned.predictor.figures)
        save_predictor(learned.predictor, learned.history, to)
        run.made(to)
    for checkpoint in checkpoints.values():
        checkpoint.clear()


if __name__ == "__main__":
    run_stage(main)

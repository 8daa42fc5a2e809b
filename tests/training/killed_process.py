"""A process that test_killed.py starts and kills: it trains, and says on standard output when.

Arguments: what to train, the folder of the checkpoint, where to write the weights, and the point
at which to wait for the end (or `never`).
"""

import json
import signal
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.training.checkpoints import Checkpoint
from deepdep.training.finetune import LabelledLines, finetune
from deepdep.training.pretrain import pretrain
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings, PretrainSettings

SEED = 7
OMIC = Omic.EXPRESSION
N_SAMPLES, N_FEATURES, N_GENES, N_SETS = 80, 1500, 12, 6
WIDE = 800  # makes a state of 30 MB or more: time enough to be killed while it is written


class Say(keras.callbacks.Callback):
    """Says which epoch begins and which batch is done, and waits at one of them for ever."""

    def __init__(self, wait_at):
        super().__init__()
        self.wait_at = wait_at
        self.epoch = -1

    def say(self, point):
        print(point, flush=True)  # noqa: T201
        if point == self.wait_at:
            while True:
                signal.pause()

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self.epoch = epoch
        self.say(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.say(f"epoch {self.epoch} batch {batch}")


def samples():
    rng = np.random.default_rng(SEED)
    return pd.DataFrame(
        rng.normal(size=(N_SAMPLES, N_FEATURES)).astype(np.float32),
        index=[f"S{k}" for k in range(N_SAMPLES)],
        columns=[f"F{k}" for k in range(N_FEATURES)],
    )


def pretrained(checkpoint, say):
    settings = PretrainSettings(
        encoder=EncoderSettings(
            widths=(WIDE, 8),
            activation="gelu",
            code_activation="linear",
            restored_activation="linear",
            corruption=0.3,
        ),
        loss="by_unit",
        learning_rate=0.003,
        weight_decay=0.01,
        batch_size=16,
        epochs=60,
        patience=4,
        held_out=0.2,
        without_tumors="cell_lines",
        precision="float32",
        xla=False,
        seed=SEED,
    )
    learned = pretrain(samples(), samples(), OMIC, settings, [say], checkpoint)
    return learned.autoencoder.reconstructor, learned.history


def finetuned(checkpoint, say):
    profiles = samples()
    rng = np.random.default_rng(SEED)
    effects = pd.DataFrame(
        rng.normal(size=(N_SAMPLES, N_GENES)),
        index=profiles.index,
        columns=[f"GENE{k}" for k in range(N_GENES)],
    )
    members = {f"SET{k}": tuple(effects.columns[k : k + 5]) for k in range(N_SETS)}
    lines = LabelledLines({OMIC: profiles}, effects.iloc[:60], effects.iloc[60:], members)
    settings = FinetuneSettings(
        n_members=1,
        closed_form=None,
        network=PredictorSettings(
            cell_widths=(16,),
            gene_widths=(16,),
            embedding=8,
            pair_widths=(8,),
            normalize_codes=True,
            target="deviation",
            dropout=0.3,
            omic_dropout=0.2,
        ),
        encoders="trainable",
        optimizer="adam",
        learning_rate=0.003,
        weight_decay=0.01,
        lines_per_block=16,
        genes_per_block=4,
        drawn_genes=None,
        epochs=60,
        watch="val_loss",
        patience=4,
        restore_best=True,
        precision="float32",
        xla=False,
        seed=SEED,
    )
    shape = EncoderSettings((WIDE * 2, 8), "gelu", "linear", "linear", 0.3)
    encoder = shape.build(N_FEATURES, name=str(OMIC))
    learned = finetune(lines, {OMIC: encoder}, settings, [say], checkpoint)
    return learned.network, learned.history


def main(kind, folder, weights, wait_at):
    say = Say(wait_at)
    start_session(SEED)
    train = {"pretrain": pretrained, "finetune": finetuned}[kind]
    model, history = train(Checkpoint(Path(folder), time_share=1), say)
    say.say("trained")
    model.save_weights(weights)
    print(json.dumps({"history": history.to_csv(index=False)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

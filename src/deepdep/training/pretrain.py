"""Pretraining: an autoencoder learns an omic from samples that need no labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from deepdep.data.prepared import PreparedOmic
from deepdep.data.splits import Split, lines_of
from deepdep.models.autoencoder import Autoencoder, masked_mse, reconstruction_loss
from deepdep.training.batches import ShuffledRows
from deepdep.training.checkpoints import Checkpoint, fit_resumable
from deepdep.training.optimizer import build_optimizer
from deepdep.training.settings import PretrainSettings


@dataclass(frozen=True)
class Pretrained:
    """A pretrained autoencoder and its curve; the history is empty when it starts untrained."""

    autoencoder: Autoencoder
    history: pd.DataFrame  # epoch, loss, val_loss
    learned_from: str


def pretrain_omic(
    tables: PreparedOmic,
    splits: pd.DataFrame,
    omic: str,
    settings: PretrainSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> Pretrained:
    """Pretrain one omic; no line outside the training split is ever seen."""
    lines = tables.cell_lines.loc[tables.cell_lines.index.isin(lines_of(splits, Split.TRAIN))]
    return pretrain(tables.tumors, lines, omic, settings, callbacks, checkpoint)


def pretrain(
    tumors: pd.DataFrame | None,
    train_lines: pd.DataFrame,
    omic: str,
    settings: PretrainSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> Pretrained:
    """Train an autoencoder on tumours, or on training cell lines where the omic has no tumours.

    Parameters
    ----------
    tumors, train_lines
        Standardised profiles, shape (sample, feature), NaN where nothing was measured: such an
        entry reads as the feature's mean and is left out of the loss.
    """
    samples = train_lines if tumors is None else tumors
    autoencoder = Autoencoder.build(samples.shape[1], settings.encoder, name=str(omic))
    if tumors is None and settings.without_tumors == "untrained":
        empty = pd.DataFrame({"epoch": [], "loss": [], "val_loss": []})
        return Pretrained(autoencoder, empty, "nothing")
    history = _fit(autoencoder, samples, omic, settings, callbacks, checkpoint)
    return Pretrained(autoencoder, history, "cell_lines" if tumors is None else "tumors")


def _fit(
    autoencoder: Autoencoder,
    samples: pd.DataFrame,
    omic: str,
    settings: PretrainSettings,
    callbacks: Sequence[keras.callbacks.Callback],
    checkpoint: Checkpoint | None,
) -> pd.DataFrame:
    target = samples.to_numpy(np.float32)
    filled = np.nan_to_num(target, nan=0.0)
    order = np.random.default_rng(settings.seed).permutation(len(target))
    n_held_out = max(1, round(settings.held_out * len(target))) if settings.held_out else 0
    held_out, kept = order[:n_held_out], order[n_held_out:]
    model = autoencoder.reconstructor
    optimizer = build_optimizer(
        "adam", model, learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
    )
    loss = masked_mse if settings.loss == "mse" else reconstruction_loss(omic)
    model.compile(optimizer, loss=loss, jit_compile=settings.xla)
    stop = keras.callbacks.EarlyStopping(
        "val_loss", patience=settings.patience, restore_best_weights=True
    )
    return fit_resumable(
        model,
        ShuffledRows(
            filled[kept], target[kept], batch_size=settings.batch_size, seed=settings.seed
        ),
        epochs=settings.epochs,
        seed=settings.seed,
        what=f"pretrain {omic}",
        callbacks=[stop, *callbacks] if n_held_out else callbacks,
        checkpoint=checkpoint,
        depends_on=(omic, settings, samples),
        validation_data=(filled[held_out], target[held_out]) if n_held_out else None,
        validation_batch_size=settings.batch_size,
    )

"""Fine-tuning: pretrained encoders and a new head learn gene effects from labelled lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd

from deepdep.data.blocks import FINGERPRINT, sample_inputs
from deepdep.domain.cohort import GeneSets
from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.fingerprints import fingerprints
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.models.gene_scale import GeneScale, fit_gene_scale
from deepdep.models.losses import masked_mse
from deepdep.models.predictor import PredictorSettings, build_predictor
from deepdep.training.blocks import TrainingBlocks

VALIDATION_R = "val_mean_gene_r"


@dataclass(frozen=True)
class FinetuneSettings(Settings):
    """The ``finetune`` group of params.yaml."""

    cell_widths: tuple[int, ...]
    gene_widths: tuple[int, ...]
    embedding: int
    pair_width: int
    dropout: float
    omic_dropout: float
    wide_dropout: float
    encoders: Literal["trainable", "frozen"]
    learning_rate: float
    weight_decay: float
    lines_per_block: int
    epochs: int
    patience: int  # epochs without a better validation r before stopping
    seed: int

    @property
    def predictor(self) -> PredictorSettings:
        """The part that shapes the network."""
        return PredictorSettings(
            self.cell_widths,
            self.gene_widths,
            self.embedding,
            self.pair_width,
            self.dropout,
            self.omic_dropout,
            self.wide_dropout,
        )


@dataclass(frozen=True)
class LabelledLines:
    """Cell lines with labels, and what training reads of them."""

    profiles: Mapping[Omic, pd.DataFrame]  # standardised, (cell line, feature)
    train: pd.DataFrame  # gene effects, (cell line, gene)
    validation: pd.DataFrame
    gene_sets: GeneSets


@dataclass(frozen=True)
class Finetuned:
    """A fine-tuned network, the scale its output is in, and its curve."""

    network: keras.Model
    gene_scale: GeneScale
    history: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r


def finetune(
    lines: LabelledLines,
    encoders: Mapping[Omic, keras.Model],
    settings: FinetuneSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Finetuned:
    """Train a predictor from pretrained encoders; keep the epoch best on validation lines."""
    scale = fit_gene_scale(lines.train, lines.gene_sets)
    member = fingerprints(list(lines.train.columns), lines.gene_sets).to_numpy(np.float32)
    network = build_predictor(encoders, member.shape[1], settings.predictor)
    for encoder in encoders.values():
        encoder.trainable = settings.encoders == "trainable"
    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    network.compile(optimizer, loss=masked_mse, jit_compile=False)
    validation_inputs = sample_inputs(lines.profiles, lines.validation.index)
    watch = ValidationR(
        validation_inputs | {FINGERPRINT: member}, _deviation(lines.validation, scale)
    )
    stop = keras.callbacks.EarlyStopping(
        VALIDATION_R, mode="max", patience=settings.patience, restore_best_weights=True
    )
    blocks = TrainingBlocks(
        sample_inputs(lines.profiles, lines.train.index),
        member,
        _deviation(lines.train, scale).to_numpy(np.float32),
        n_lines=settings.lines_per_block,
        seed=settings.seed,
    )
    fitted = network.fit(
        blocks, epochs=settings.epochs, callbacks=[watch, stop, *callbacks], verbose=0
    )
    history = pd.DataFrame({"epoch": fitted.epoch, **fitted.history})
    return Finetuned(network, scale, history)


class ValidationR(keras.callbacks.Callback):
    """Adds mean per-gene r and the loss on validation lines to each epoch's logs.

    It must stand before the callbacks that read them.
    """

    def __init__(self, inputs: Mapping[str, np.ndarray], deviation: pd.DataFrame) -> None:
        super().__init__()
        self._inputs = dict(inputs)
        self._deviation = deviation  # (cell line, gene), NaN where not screened

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Judge the network as it is now."""
        table = np.asarray(self.model(self._inputs, training=False))
        predicted = pd.DataFrame(
            table, index=self._deviation.index, columns=self._deviation.columns
        )
        if logs is not None:
            logs["val_loss"] = float(np.nanmean((self._deviation - predicted).to_numpy() ** 2))
            logs[VALIDATION_R] = float(pearson_per_gene(self._deviation, predicted).mean())


def _deviation(effects: pd.DataFrame, scale: GeneScale) -> pd.DataFrame:
    screened = scale.screened.loc[effects.columns]
    return (effects - screened["mean"]) / screened["sd"]

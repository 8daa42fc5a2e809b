"""Fine-tuning: pretrained encoders and a new head learn gene effects from labelled lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.splits import Split
from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import Fingerprints
from deepdep.models.autoencoder import masked_mse
from deepdep.models.gene_scale import scale_of_screened
from deepdep.models.inputs import FINGERPRINT, sample_inputs
from deepdep.models.network import build_predictor
from deepdep.models.table import TablePredictor
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.batches import TrainingBlocks, resident_network
from deepdep.training.checkpoints import Checkpoint, fit_resumable
from deepdep.training.optimizer import build_optimizer
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.settings import VALIDATION_R, FinetuneSettings, PretrainSettings

VALIDATION_LOSS = "val_loss"


@dataclass(frozen=True)
class LabelledLines:
    """Cell lines with labels, and what training reads of them."""

    profiles: Mapping[str, pd.DataFrame]  # standardised, (cell line, feature)
    train: pd.DataFrame  # gene effects, (cell line, gene)
    validation: pd.DataFrame
    gene_sets: GeneSets


@dataclass(frozen=True)
class Finetuned:
    """A fine-tuned network, the scale its output is in, and its curve."""

    network: keras.Model
    scale: pd.DataFrame  # mean and sd, by gene
    history: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r

    def predict(
        self, data: LabelledLines, lines: pd.Index, settings: FinetuneSettings
    ) -> pd.DataFrame:
        """Predict effects (line, gene) of the genes learned, in the unit of the labels."""
        genes = data.train.columns
        member = Fingerprints.of_genes(list(genes), data.gene_sets).dense()
        inputs = sample_inputs(data.profiles, lines) | {FINGERPRINT: member}
        predicted = pd.DataFrame(TablePredictor(self.network)(inputs), lines, genes, dtype=float)
        if settings.network.target == "effect":
            return predicted
        scale = self.scale.loc[genes]
        return predicted * scale["sd"] + scale["mean"]


def finetune(
    lines: LabelledLines,
    encoders: Mapping[str, keras.Model],
    settings: FinetuneSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> Finetuned:
    """Train a predictor from pretrained encoders; keep the epoch best on validation lines."""
    scale = scale_of_screened(lines.train)
    member = Fingerprints.of_genes(list(lines.train.columns), lines.gene_sets).dense()
    network = build_predictor(encoders, member.shape[1], settings.network)
    for encoder in encoders.values():
        encoder.trainable = settings.encoders == "trainable"
    watch = ValidationR(
        network,
        sample_inputs(lines.profiles, lines.validation.index) | {FINGERPRINT: member},
        targets(lines.validation, scale, settings.network.target),
    )
    stop = keras.callbacks.EarlyStopping(
        settings.watch,
        mode="min" if settings.watch == VALIDATION_LOSS else "max",
        patience=settings.patience,
        restore_best_weights=settings.restore_best,
    )
    labels = targets(lines.train, scale, settings.network.target).to_numpy(np.float32)
    blocks = TrainingBlocks(
        labels,
        n_lines=settings.lines_per_block,
        n_genes=settings.genes_per_block or labels.shape[1],
        n_drawn=settings.drawn_genes,
        seed=settings.seed,
    )
    model = resident_network(network, sample_inputs(lines.profiles, lines.train.index), member)
    optimizer = build_optimizer(
        settings.optimizer,
        network,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )
    model.compile(optimizer, loss=masked_mse, jit_compile=settings.xla)
    history = fit_resumable(
        model,
        blocks,
        epochs=settings.epochs,
        seed=settings.seed,
        what="finetune",
        callbacks=[watch, stop, *callbacks],
        checkpoint=checkpoint,
        depends_on=(settings, lines),
    )
    return Finetuned(network, scale, history)


class ValidationR(keras.callbacks.Callback):
    """Adds mean per-gene r and the loss on validation lines to each epoch's logs.

    It must stand before the callbacks that read them.
    """

    def __init__(
        self, network: keras.Model, inputs: Mapping[str, np.ndarray], target: pd.DataFrame
    ) -> None:
        super().__init__()
        self._predict = TablePredictor(network)
        self._inputs = dict(inputs)
        self._target = target  # (cell line, gene), NaN where not screened

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Judge the network as it is now."""
        table = self._predict(self._inputs)
        predicted = pd.DataFrame(table, index=self._target.index, columns=self._target.columns)
        if logs is not None:
            logs[VALIDATION_LOSS] = float(np.nanmean((self._target - predicted).to_numpy() ** 2))
            logs[VALIDATION_R] = float(pearson_per_gene(self._target, predicted).mean())


def targets(
    effects: pd.DataFrame, scale: pd.DataFrame, target: Literal["deviation", "effect"]
) -> pd.DataFrame:
    """Return gene effects (cell line, gene) in the unit that the network learns."""
    if target == "effect":
        return effects
    of_genes = scale.loc[effects.columns]
    return (effects - of_genes["mean"]) / of_genes["sd"]


def train(
    prepared: Prepared,
    pretrain_settings: Mapping[str, PretrainSettings],
    finetune_settings: FinetuneSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Finetuned:
    """Pretrain every omic and fine-tune on the training lines; callbacks watch fine-tuning."""
    encoders = {
        omic: pretrain_omic(
            tables, prepared.splits, omic, pretrain_settings[omic]
        ).autoencoder.encoder
        for omic, tables in prepared.omics.items()
    }
    return finetune(labelled_lines(prepared), encoders, finetune_settings, callbacks)


def labelled_lines(prepared: Prepared) -> LabelledLines:
    """Return what fine-tuning reads; the test split is not in it."""
    return LabelledLines(
        profiles=prepared.profiles,
        train=prepared.labels(Split.TRAIN),
        validation=prepared.labels(Split.VALIDATION),
        gene_sets=prepared.gene_sets,
    )

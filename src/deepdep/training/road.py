"""Pretraining and fine-tuning in one go: what a tuning trial and a benchmark cell run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import pandas as pd

from deepdep.data.splits import Split
from deepdep.domain.omics import Omic
from deepdep.io.prepared import Prepared, PreparedOmic
from deepdep.models.artifacts import TrainedEncoder, TrainedPredictor
from deepdep.training.checkpoints import Checkpoint
from deepdep.training.finetune import Finetuned, FinetuneSettings, LabelledLines, finetune
from deepdep.training.pretrain import Pretrained, PretrainSettings, pretrain


@dataclass(frozen=True)
class FinetunedPredictor:
    """A predictor ready to be saved, and its curve."""

    predictor: TrainedPredictor
    history: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r


def train(
    prepared: Prepared,
    pretrain_settings: Mapping[Omic, PretrainSettings],
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


def pretrain_omic(
    tables: PreparedOmic,
    splits: pd.DataFrame,
    omic: Omic,
    settings: PretrainSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> Pretrained:
    """Pretrain one omic; no line outside the training split is ever seen."""
    train_lines = splits.index[splits["split"] == Split.TRAIN]
    lines = tables.cell_lines.loc[tables.cell_lines.index.isin(train_lines)]
    return pretrain(tables.tumors, lines, omic, settings, callbacks, checkpoint)


def finetune_prepared(
    prepared: Prepared,
    encoders: Mapping[Omic, TrainedEncoder],
    settings: FinetuneSettings,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> FinetunedPredictor:
    """Fine-tune from saved encoders; the result carries all that a prediction needs."""
    networks = {omic: trained.encoder for omic, trained in encoders.items()}
    fitted = finetune(labelled_lines(prepared), networks, settings, callbacks, checkpoint)
    predictor = TrainedPredictor(
        network=fitted.network,
        settings=settings.predictor,
        encoder_settings={omic: trained.settings for omic, trained in encoders.items()},
        features={omic: trained.features for omic, trained in encoders.items()},
        gene_scale=fitted.gene_scale,
        gene_sets=prepared.gene_sets,
        kind=prepared.gene_effect.kind,
    )
    return FinetunedPredictor(predictor, fitted.history)


def labelled_lines(prepared: Prepared) -> LabelledLines:
    """Return what fine-tuning reads; the test split is not in it."""
    part = prepared.splits["split"]
    effects = prepared.gene_effect.table
    return LabelledLines(
        profiles={omic: tables.cell_lines for omic, tables in prepared.omics.items()},
        train=effects.loc[part.index[part == Split.TRAIN]],
        validation=effects.loc[part.index[part == Split.VALIDATION]],
        gene_sets=prepared.gene_sets,
    )

"""Pretraining and fine-tuning of one network in one go: what a tuning trial runs."""

from collections.abc import Mapping, Sequence

import keras
import pandas as pd

from deepdep.data.splits import Split
from deepdep.domain.omics import Omic
from deepdep.io.prepared import Prepared, PreparedOmic
from deepdep.training.checkpoints import Checkpoint
from deepdep.training.finetune import Finetuned, FinetuneSettings, LabelledLines, finetune
from deepdep.training.pretrain import Pretrained, PretrainSettings, pretrain


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

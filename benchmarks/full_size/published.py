"""The published network before training, as presets/deepdep-2021.yaml has it."""

from pathlib import Path

import keras

from deepdep.domain.omics import Omic
from deepdep.models.settings import EncoderSettings
from deepdep.settings import read_settings
from deepdep.training.finetune import LabelledLines
from deepdep.training.settings import PretrainSettings

PRESET = Path(__file__).resolve().parents[2] / "presets" / "deepdep-2021.yaml"
SEED = 0


def untrained_encoders(lines: LabelledLines) -> dict[Omic, keras.Model]:
    return {
        omic: encoder_settings(omic).build(table.shape[1], name=str(omic))
        for omic, table in lines.profiles.items()
    }


def encoder_settings(omic: Omic) -> EncoderSettings:
    return read_settings(PRESET, f"pretrain.{omic}", PretrainSettings).encoder

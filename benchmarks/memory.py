"""Resident memory of training at DeepDEP's full size, at its highest, input included.

Each training runs in a process of its own: fine-tuning on 278 lines x 1,298 genes and pretraining
on 8,238 tumours x 6,016 features, both with the settings of presets/deepdep-2021.yaml. Prediction
tells its own memory: `predict.py`.
"""

import argparse
import json
from dataclasses import replace

from deepdep.settings import read_settings
from deepdep.training.finetune import finetune
from deepdep.training.pretrain import pretrain
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings, PretrainSettings
from full_size.cohort import Size, counts, labelled_lines
from full_size.own_process import in_own_process, peak_gib
from full_size.published import PRESET, SEED, untrained_encoders
from pretrain import OMIC, simulated_tumors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3, help="of each training")
    args = parser.parse_args()
    figures = {
        "benchmark": "memory",
        "peak_gib": round(in_own_process(finetuning, args.epochs), 2),
        "pretrain_peak_gib": round(in_own_process(pretraining, args.epochs), 2),
        **counts(Size()),
    }
    print(json.dumps(figures))


def finetuning(epochs: int) -> float:
    settings = replace(read_settings(PRESET, "finetune", FinetuneSettings), epochs=epochs)
    start_session(SEED, settings.precision)
    lines = labelled_lines(Size(), SEED)
    finetune(lines, untrained_encoders(lines), settings)
    return peak_gib()


def pretraining(epochs: int) -> float:
    settings = replace(read_settings(PRESET, f"pretrain.{OMIC}", PretrainSettings), epochs=epochs)
    start_session(SEED, settings.precision)
    tumors = simulated_tumors()
    pretrain(tumors, tumors.iloc[:0], OMIC, settings)
    return peak_gib()


if __name__ == "__main__":
    main()

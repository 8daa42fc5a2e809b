"""Fitted feature spaces and translations as files, for prepared data and models alike.

Apart from ``domain.features``, which knows no files.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.features import FeatureSpace, Translation
from deepdep.domain.omics import supplement_omic
from deepdep.errors import BadFileError
from deepdep.io.documents import read_indexed_csv, read_json, write_indexed_csv
from deepdep.io.tensors import SUFFIX, LabelledMatrix

PREFIX = "supplement_"


def write_feature_space(space: FeatureSpace, stem: Path) -> None:
    """Write ``<stem>.csv`` and ``<stem>.json`` into a folder that is being made."""
    write_indexed_csv(space.table, stem.with_suffix(".csv"), "feature")
    rest = {"within_sample": space.within_sample, "units": dict(space.units)}
    stem.with_suffix(".json").write_text(json.dumps(rest, sort_keys=True) + "\n", encoding="utf-8")


def read_feature_space(stem: Path) -> FeatureSpace:
    """Read what ``write_feature_space`` wrote."""
    rest = read_json(stem.with_suffix(".json"))
    units = {Source(source): unit for source, unit in rest["units"].items()}
    return FeatureSpace(read_indexed_csv(stem.with_suffix(".csv")), rest["within_sample"], units)


def write_translations(translations: dict[str, Translation], folder: Path) -> None:
    """Write ``supplement_<name>.safetensors``, ``.csv`` and ``.json`` into a folder being made."""
    for name, translation in translations.items():
        write_feature_space(translation.space, folder / f"{PREFIX}{name}")
        intercept = pd.DataFrame({"intercept": translation.intercept})
        LabelledMatrix(translation.weights, intercept).write(folder / f"{PREFIX}{name}")


def read_translations(folder: Path) -> dict[str, Translation]:
    """Read all that ``write_translations`` wrote, by the name of the supplement."""
    translations = {}
    files = (file for kind in (SUFFIX, ".h5ad") for file in folder.glob(f"{PREFIX}*{kind}"))
    for file in sorted(files):
        stem, name = file.with_suffix(""), file.stem.removeprefix(PREFIX)
        omic, matrix = supplement_omic(name), LabelledMatrix.read(stem)
        if omic is None or "intercept" not in matrix.of_columns:
            raise BadFileError(file, "is no translation of a supplement", "Run `dvc repro prepare`")
        intercept = matrix.of_columns["intercept"].astype(np.float32)
        translations[name] = Translation(omic, read_feature_space(stem), matrix.values, intercept)
    return translations

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
from deepdep.io.matrices import read_anndata, to_anndata, to_frame, write_anndata

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
    """Write ``supplement_<name>.h5ad``, ``.csv`` and ``.json`` into a folder that is being made."""
    for name, translation in translations.items():
        write_feature_space(translation.space, folder / f"{PREFIX}{name}")
        matrix = to_anndata(translation.weights)
        matrix.var = pd.DataFrame({"intercept": translation.intercept}).loc[matrix.var_names]
        write_anndata(matrix, folder / f"{PREFIX}{name}.h5ad")


def read_translations(folder: Path) -> dict[str, Translation]:
    """Read all that ``write_translations`` wrote, by the name of the supplement."""
    translations = {}
    for file in sorted(folder.glob(f"{PREFIX}*.h5ad")):
        name = file.stem.removeprefix(PREFIX)
        omic, matrix = supplement_omic(name), read_anndata(file)
        if omic is None or "intercept" not in matrix.var:
            raise BadFileError(file, "is no translation of a supplement", "Run `dvc repro prepare`")
        intercept = pd.DataFrame(matrix.var)["intercept"].astype(np.float32)
        space = read_feature_space(file.with_suffix(""))
        translations[name] = Translation(omic, space, to_frame(matrix), intercept)
    return translations

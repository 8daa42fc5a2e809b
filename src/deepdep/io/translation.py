"""A translation in three files that begin alike."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import supplement_omic
from deepdep.domain.translation import Translation
from deepdep.io.feature_space import read_feature_space, write_feature_space
from deepdep.io.matrices import read_anndata, to_anndata, to_frame, write_anndata

PREFIX = "supplement_"


def write_translations(translations: dict[str, Translation], folder: Path) -> None:
    """Write ``supplement_<name>.h5ad``, ``.csv`` and ``.json`` into a folder that is being made."""
    for name, translation in translations.items():
        write_feature_space(translation.space, folder / f"{PREFIX}{name}")
        matrix = to_anndata(translation.weights)
        matrix.var = pd.DataFrame({"intercept": translation.intercept}).loc[matrix.var_names]
        write_anndata(matrix, folder / f"{PREFIX}{name}.h5ad")


def read_translations(folder: Path) -> dict[str, Translation]:
    """Read all that ``write_translations`` wrote, by the name of the supplement."""
    files = sorted(folder.glob(f"{PREFIX}*.h5ad"))
    return {file.stem.removeprefix(PREFIX): _read(file) for file in files}


def _read(file: Path) -> Translation:
    omic = supplement_omic(file.stem.removeprefix(PREFIX))
    matrix = read_anndata(file)
    if omic is None or "intercept" not in matrix.var:
        raise BadFileError(file, "is no translation of a supplement", "Run `dvc repro prepare`")
    intercept = pd.DataFrame(matrix.var)["intercept"].astype(np.float32)
    space = read_feature_space(file.with_suffix(""))
    return Translation(omic, space, to_frame(matrix), intercept)

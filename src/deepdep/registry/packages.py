"""A model as MLflow packs it: our folder under ``data``, what shall load it, and what it takes.

MLflow imports whatever a package names, so its file is read before MLflow is asked to.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types.schema import Array, ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

from deepdep.domain.cohort import Source
from deepdep.domain.omics import WHOLE
from deepdep.errors import BadFileError
from deepdep.io.features import read_feature_space
from deepdep.io.files import entries_but_litter, refuse_pointer
from deepdep.io.manifest import UNSAFE, foreign_content
from deepdep.settings import read_yaml

MLMODEL, DATA = "MLmodel", "data"
LOADER = "deepdep.serving"
FLAVOR = "python_function"

# What MLflow writes beside our folder; only MLmodel is read.
EXAMPLES = ("input_example.json", "serving_input_example.json")
ENVIRONMENT = ("conda.yaml", "python_env.yaml", "requirements.txt")
FILES = (MLMODEL, *ENVIRONMENT, *EXAMPLES, "registered_model_meta")
KEYS = ("code", "data", "env", "loader_module", "python_version", "streamable")

LARGEST = 1 << 20  # bytes of MLmodel; a signature takes one thousand

# What a served model takes, by the names in a request.
SAMPLES, COLUMNS, VALUES = "samples", "columns", "values"
GENES, SOURCES, ALLOW_UNKNOWN = "genes", "sources", "allow_unknown"


def table_signature(answer: str) -> ModelSignature:
    """Return the signature of a labelled table of numbers, with what else may be asked.

    ``answer`` names the table (sample, ...) that comes back: ``effect`` or ``codes``.
    """
    inputs = Schema(
        [
            TensorSpec(np.dtype(str), (-1,), SAMPLES),
            TensorSpec(np.dtype(str), (-1,), COLUMNS),
            TensorSpec(np.dtype(np.float64), (-1, -1), VALUES),
        ]
    )
    lists = [ParamSpec(name, "string", [], (-1,)) for name in (GENES, SOURCES)]
    params = ParamSchema([*lists, ParamSpec(ALLOW_UNKNOWN, "boolean", False)])
    text, numbers = Array(DataType.string), Array(Array(DataType.double))
    outputs = Schema([ColSpec(text, SAMPLES), ColSpec(numbers, answer)])
    return ModelSignature(inputs, outputs, params)


def example_request(folder: Path) -> dict[str, np.ndarray] | None:
    """Return a request that a model answers: a tumour whose every value is typical.

    None for a folder that says nothing of features.
    """
    encoders = sorted(folder.glob("features_*.csv"))
    files = encoders or list(folder.glob("features.csv"))
    if not files:
        return None
    columns: list[str] = []
    values = []
    for file in files:
        space = read_feature_space(file.with_suffix(""))
        table, fills = space.table, space.fills(Source.TUMOR)
        typical = table["center_tumor"] if fills is None else fills
        if not set(space.units.values()).isdisjoint(WHOLE):
            typical = typical.round()
        prefix = f"{file.stem.removeprefix('features_')}:" if encoders else ""
        columns += [f"{prefix}{feature}" for feature in table.index]
        # An encoder takes standardised values, of which the average is zero.
        values.append(typical if encoders else pd.Series(0.0, table.index))
    return {
        SAMPLES: np.array(["typical"]),
        COLUMNS: np.array(columns),
        VALUES: np.concatenate(values).astype(np.float64)[None],
    }


def model_folder(package: Path) -> Path:
    """Return the folder of a packed model; BadFileError for a package that is not of our making.

    The model itself is not looked at: ``models.artifacts`` does so when it loads it. What is not
    there is a FileNotFoundError.
    """
    for entry in entries_but_litter(package):
        if entry.is_symlink():
            raise BadFileError(entry, "is a link, and may lead anywhere", UNSAFE)
        if not (entry.is_dir() if entry.name == DATA else entry.is_file() and entry.name in FILES):
            problem = foreign_content(entry) if entry.is_file() else "is a folder, perhaps of code"
            raise BadFileError(entry, problem or "is no part of a packed model", UNSAFE)
    flavor = _flavor(package / MLMODEL)
    folder = package / DATA
    names = [entry.name for entry in entries_but_litter(folder)]
    if not names:
        raise FileNotFoundError(folder)
    if len(names) != 1 or flavor.get("data") != f"{DATA}/{names[0]}":
        problem = f"names {flavor.get('data')!r} as the model, where {DATA} holds {names}"
        raise BadFileError(package / MLMODEL, problem, UNSAFE)
    return folder / names[0]


def _flavor(file: Path) -> dict[str, Any]:
    """Return how MLflow would load the package, which must be with our own loader and no other."""
    if file.is_file():
        refuse_pointer(file)
    if file.is_file() and file.stat().st_size > LARGEST:
        raise BadFileError(file, "is far larger than any", UNSAFE)
    try:
        flavors = read_yaml(file).get("flavors")
    except RecursionError:
        flavors = None
    if not isinstance(flavors, dict) or list(flavors) != [FLAVOR]:
        named = sorted(map(str, flavors)) if isinstance(flavors, dict) else flavors
        raise BadFileError(file, f"names the flavors {named}, not {FLAVOR} alone", UNSAFE)
    flavor = flavors[FLAVOR] if isinstance(flavors[FLAVOR], dict) else {}
    if (loader := flavor.get("loader_module")) != LOADER:
        raise BadFileError(file, f"names {loader!r} as its loader, not {LOADER}", UNSAFE)
    odd = [key for key in flavor if key not in KEYS or (key == "code" and flavor[key])]
    if odd:
        raise BadFileError(file, f"has {odd[0]!r}, by which it brings code", UNSAFE)
    return flavor

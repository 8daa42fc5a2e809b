"""What MLflow is told of a model's input: names and numbers as tensors.

One entry per column, as MLflow would infer it, costs seconds per request with thousands of columns.
"""

import numpy as np
from mlflow.models import ModelSignature
from mlflow.types.schema import ParamSchema, ParamSpec, Schema, TensorSpec

SAMPLES, COLUMNS, VALUES = "samples", "columns", "values"
GENES, SOURCES = "genes", "sources"


def table_signature() -> ModelSignature:
    """Return the signature of a labelled table of numbers, with optional genes and sources."""
    inputs = Schema(
        [
            TensorSpec(np.dtype(str), (-1,), SAMPLES),
            TensorSpec(np.dtype(str), (-1,), COLUMNS),
            TensorSpec(np.dtype(np.float64), (-1, -1), VALUES),
        ]
    )
    params = ParamSchema([ParamSpec(name, "string", [], (-1,)) for name in (GENES, SOURCES)])
    return ModelSignature(inputs, None, params)

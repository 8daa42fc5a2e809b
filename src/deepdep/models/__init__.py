"""Predictors, the networks and closed forms they are made of, and baselines.

Importing this package starts TensorFlow. It writes lines to standard error while it loads that no
setting turns off; they would stand beside the one line in which a command says what is wrong.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _standard_error_silenced() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


with _standard_error_silenced():
    import keras  # noqa: F401

from deepdep.models.artifacts import (  # noqa: E402
    TrainedEncoder,
    load_encoder,
    load_predictor,
    save_encoder,
    save_predictor,
)
from deepdep.models.predicted import Model, Predicted  # noqa: E402
from deepdep.models.predictor import TrainedPredictor  # noqa: E402
from deepdep.models.table import Progress  # noqa: E402

__all__ = [
    "Model",
    "Predicted",
    "Progress",
    "TrainedEncoder",
    "TrainedPredictor",
    "load_encoder",
    "load_predictor",
    "save_encoder",
    "save_predictor",
]

"""Predictors, the networks and closed forms they are made of, and baselines.

Names are imported when they are used, and TensorFlow where a network is: it takes seconds to load.
It then writes lines to standard error that no setting turns off; they would stand beside the one
line in which a command says what is wrong, and are let go.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepdep.models.artifacts import (
        TrainedEncoder,
        load_encoder,
        load_predictor,
        save_encoder,
        save_predictor,
    )
    from deepdep.models.predicted import Model, Predicted, Progress
    from deepdep.models.predictor import TrainedPredictor

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

_HOMES = {
    "Model": "predicted",
    "Predicted": "predicted",
    "Progress": "predicted",
    "TrainedEncoder": "artifacts",
    "TrainedPredictor": "predictor",
    "load_encoder": "artifacts",
    "load_predictor": "artifacts",
    "save_encoder": "artifacts",
    "save_predictor": "artifacts",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


class _QuietTensorFlow(MetaPathFinder, Loader):
    """Loads TensorFlow as it is found elsewhere, with standard error away meanwhile."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        with _standard_error_silenced():
            self._loader.exec_module(module)


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


sys.meta_path.insert(0, _QuietTensorFlow())

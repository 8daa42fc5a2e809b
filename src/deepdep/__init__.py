"""Predict which genes a tumour cannot live without.

What a notebook needs is here, and loaded when it is first used: ``read_settings``, ``read_cohort``
or ``simulate``, ``prepare``, then ``Predictor`` and ``Baseline``, which fit and predict alike, and
``evaluate``. The page docs/python.md goes through them. In their examples, ``cohort`` is a tiny
simulated one, ``prepared`` what ``prepare`` makes of it, and ``settings`` are those of params.yaml,
shortened.
"""

import logging
import os
import platform
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepdep.data.cohort import read_cohort
    from deepdep.data.prepare import prepare
    from deepdep.evaluation.judge import judge as evaluate
    from deepdep.evaluation.project import read_project_settings as read_settings
    from deepdep.models.baselines import Baseline
    from deepdep.simulation import TINY, simulate
    from deepdep.training.predictor import Predictor

# No tool of ours phones home, and no model is ever unpickled.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# A server that is away is known to be so after seconds; MLflow's own patience is four minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A thread of OpenBLAS waits for work by spinning. Of matrices as small as most here, two take twice
# the processor time of one, and longer. Where they are large, the closed form asks for more.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The same bits on every CPU of x86-64 that has AVX2: a product or an exponential is rounded as the
# instructions at hand do, and training carries the last bit into the fourth digit of a figure. So
# newer ones are left alone (benchmarks/processors.py says what that costs), and Eigen's products,
# which are cut as the caches are large. Set beforehand, these variables stay as they are.
_CPU = Path("/proc/cpuinfo")
if platform.machine() == "x86_64" and _CPU.exists() and " avx2 " in _CPU.read_text():
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
    os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4,AVX512_ICL,AVX512_SPR")
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Each network that predicts is compiled anew; TensorFlow would warn of every one.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

__version__ = "0.1.0"

__all__ = [
    "TINY",
    "Baseline",
    "Predictor",
    "evaluate",
    "prepare",
    "read_cohort",
    "read_settings",
    "simulate",
]

# Where each name is defined; importing these takes seconds, of which ``import deepdep`` has none.
_HOMES = {
    "TINY": "deepdep.simulation:TINY",
    "Baseline": "deepdep.models.baselines:Baseline",
    "Predictor": "deepdep.training.predictor:Predictor",
    "evaluate": "deepdep.evaluation.judge:judge",
    "prepare": "deepdep.data.prepare:prepare",
    "read_cohort": "deepdep.data.cohort:read_cohort",
    "read_settings": "deepdep.evaluation.project:read_project_settings",
    "simulate": "deepdep.simulation:simulate",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name].split(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

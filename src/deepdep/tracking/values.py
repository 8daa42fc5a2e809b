"""How values are told to MLflow."""

import json
import time
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import mlflow
from mlflow.entities import Param

PARAMS_PER_BATCH = 100  # MLflow takes no more


def flat_params(value: object, name: str) -> dict[str, str]:
    """Name every number of a settings object by its path, such as ``pretrain.learning_rate``."""
    if value is None:
        return {}
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if not isinstance(value, Mapping):
        return {name: shown(value)}
    parts = [flat_params(part, f"{name}.{key}") for key, part in value.items()]
    return {key: shown for part in parts for key, shown in part.items()}


def log_params(client: mlflow.MlflowClient, run_id: str, params: Mapping[str, str]) -> None:
    """Log parameters, in as many calls as MLflow wants."""
    named = [Param(name_of_param(key), value) for key, value in params.items()]
    for start in range(0, len(named), PARAMS_PER_BATCH):
        client.log_batch(run_id, params=named[start : start + PARAMS_PER_BATCH])


def name_of_param(setting: str) -> str:
    """Name a setting as stages and trials do in MLflow, which takes no star in a name.

    ``pretrain.*.widths``, which holds for every omic, is ``pretrain.widths``.
    """
    return setting.replace(".*", "")


def all_shown(values: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as they are shown."""
    return {name: shown(value) for name, value in values.items()}


def shown(value: object) -> str:
    """Return a value as a parameter shows it."""
    return json.dumps(list(value)) if isinstance(value, tuple | list) else str(value)


def one_line(error: BaseException) -> str:
    """Return an error as a tag holds it."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def milliseconds() -> int:
    """Return the time as MLflow wants it, since the epoch."""
    return int(time.time() * 1000)

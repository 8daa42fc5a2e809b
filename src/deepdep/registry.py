"""Registered models: what a pipeline execution made, with the figures it was measured with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from deepdep.candidates import AUTOENCODERS, PREDICTOR, Candidate
from deepdep.domain.errors import DeepDEPError
from deepdep.mlflow_store import mlflow_client
from deepdep.provenance import library_versions
from deepdep.tracking import Run

MODELS = (*AUTOENCODERS.values(), PREDICTOR)
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"

# Tags of a version. Figures are tags, not metrics of a run, because a model that is measured again
# keeps its version and changes its figures.
MANIFEST_SHA256 = "manifest_sha256"
MEASURED_ON = "measured_on_sha256"
METRIC = "metric."


class UnknownModelError(DeepDEPError):
    """No registered model, version or alias has this name."""


@dataclass(frozen=True)
class ModelVersion:
    """A version of a registered model."""

    name: str
    version: int
    aliases: tuple[str, ...]
    metrics: Mapping[str, float]
    manifest_sha256: str
    measured_on: str
    created: datetime


def register(candidate: Candidate, run: Run) -> int:
    """Make a model a version of its registered model, and the challenger.

    The same model is never a second version: only its figures are brought up to date. A champion
    does not become its own challenger.
    """
    with mlflow_client() as client:
        same = [v for v in _versions(client, candidate.name) if _is_same(v, candidate)]
        if not same:
            version = _add_version(candidate, run)
        else:
            version = same[-1].version
            for key, value in _tags(candidate).items():
                client.set_model_version_tag(candidate.name, str(version), key, value)
        if not (same and CHAMPION in same[-1].aliases):
            client.set_registered_model_alias(candidate.name, CHALLENGER, str(version))
        return version


def list_versions() -> list[ModelVersion]:
    """List every version of our registered models, by name and number."""
    with mlflow_client() as client:
        return [version for name in MODELS for version in _versions(client, name)]


def find_version(name: str, wanted: str | int) -> ModelVersion:
    """Find a version by its number or an alias."""
    if name not in MODELS:
        raise UnknownModelError(f"{name}: no such model; there are {', '.join(MODELS)}.")
    with mlflow_client() as client:
        versions = _versions(client, name)
    for version in versions:
        if str(wanted) == str(version.version) or wanted in version.aliases:
            return version
    have = ", ".join(f"{v.version} {' '.join(v.aliases)}".strip() for v in versions) or "none"
    raise UnknownModelError(
        f"{name}: has no version or alias {wanted!r}; it has {have}. `deepdep models` lists all."
    )


def resolve(reference: str) -> Path:
    """Return the model folder of ``NAME@alias`` or ``NAME/version``."""
    name, separator, wanted = reference.replace("/", "@").partition("@")
    if not separator:
        raise UnknownModelError(f"{reference}: names no version; say NAME@alias or NAME/version.")
    version = find_version(name, wanted)
    with mlflow_client() as client:
        location = client.get_model_version_download_uri(name, str(version.version))
    try:
        package = Path(mlflow.artifacts.download_artifacts(artifact_uri=location))
        return next((package / "data").iterdir())
    except (OSError, mlflow.MlflowException, StopIteration):
        raise UnknownModelError(
            f"{reference}: its files are not at {location}. Bring them back, or delete "
            "mlruns/mlflow.db and run `dvc repro --force --single-item register`."
        ) from None


def format_versions(versions: Sequence[ModelVersion]) -> str:
    """Lay versions out as a table for people."""
    if not versions:
        return "No model is registered yet; `dvc repro` registers some."
    table = pd.DataFrame(
        {
            "model": [version.name for version in versions],
            "version": [version.version for version in versions],
            "aliases": [", ".join(version.aliases) for version in versions],
            "figure": [_main_figure(version) for version in versions],
            "created": [f"{version.created:%Y-%m-%d %H:%M}" for version in versions],
        }
    )
    return table.to_string(index=False)


def _add_version(candidate: Candidate, run: Run) -> int:
    # A run of its own: MLflow copies a run's metrics to the models logged in it.
    with run.child(candidate.name) as child:
        child.metrics(candidate.metrics)
        logged = mlflow.pyfunc.log_model(
            name=candidate.name,
            loader_module="deepdep.serving",
            data_path=str(candidate.folder),
            # Without a list MLflow takes 15 s to find one.
            pip_requirements=[f"{name}=={number}" for name, number in library_versions().items()],
        )
        registered = mlflow.register_model(logged.model_uri, candidate.name, tags=_tags(candidate))
    return int(registered.version)


def _versions(client: mlflow.MlflowClient, name: str) -> list[ModelVersion]:
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
    if not found:
        return []
    alias_versions = client.get_registered_model(name).aliases  # a search does not bring them
    return [_from_mlflow(version, alias_versions) for version in found]


def _from_mlflow(version: Any, alias_versions: Mapping[str, Any]) -> ModelVersion:
    number, tags = int(version.version), version.tags
    return ModelVersion(
        name=version.name,
        version=number,
        aliases=tuple(sorted(a for a, v in alias_versions.items() if int(v) == number)),
        metrics={
            tag.removeprefix(METRIC): float(value)
            for tag, value in tags.items()
            if tag.startswith(METRIC)
        },
        manifest_sha256=tags.get(MANIFEST_SHA256, ""),
        measured_on=tags.get(MEASURED_ON, ""),
        created=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
    )


def _is_same(version: ModelVersion, candidate: Candidate) -> bool:
    return version.manifest_sha256 == candidate.manifest_sha256


def _tags(candidate: Candidate) -> dict[str, str]:
    known = {MANIFEST_SHA256: candidate.manifest_sha256, MEASURED_ON: candidate.measured_on}
    return known | {f"{METRIC}{name}": repr(x) for name, x in candidate.metrics.items()}


def _main_figure(version: ModelVersion) -> str:
    name = "test_mean_gene_r" if version.name == PREDICTOR else "val_loss"
    return f"{name} {version.metrics[name]:.4f}" if name in version.metrics else ""

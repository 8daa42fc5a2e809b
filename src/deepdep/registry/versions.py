"""Registered models: what a pipeline execution made, with the figures it was measured with."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types.schema import ParamSchema, ParamSpec, Schema, TensorSpec

from deepdep.errors import DeepDEPError
from deepdep.registry.answers import write_reference
from deepdep.registry.candidates import AUTOENCODERS, PREDICTOR, Candidate
from deepdep.registry.packages import LOADER, model_folder
from deepdep.tracking.experiments import PIPELINE
from deepdep.tracking.provenance import library_versions
from deepdep.tracking.run import MADE, Run
from deepdep.tracking.store import mlflow_client

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


MODELS = (*AUTOENCODERS.values(), PREDICTOR)
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"

# Tags of a version. Figures are tags, not metrics of a run, because a model that is measured again
# keeps its version and changes its figures.
MANIFEST_SHA256 = "manifest_sha256"
MEASURED_ON = "measured_on_sha256"
METRIC = "metric."
TRAINED_BY, MEASURED_BY = "trained_by_run", "measured_by_run"  # ids; the first may be unknown

# Beside a version, in its run: what it was judged by, what a person should know, what it answers.
EVIDENCE, CARD, REFERENCE = "evidence", "model_card.md", "reference"
LONGEST_DESCRIPTION = 5000  # MLflow's databases take no more


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
    run_id: str  # holds the model and its evidence
    trained_by: str | None  # run that trained it
    measured_by: str | None  # run that last brought its figures


def register(candidate: Candidate, run: Run) -> int:
    """Make a model a version of its registered model, and the challenger.

    The same model is never a second version: only its figures and what they come from are brought
    up to date. A champion does not become its own challenger.
    """
    with mlflow_client() as client:
        same = [v for v in _versions(client, candidate.name) if _is_same(v, candidate)]
        version = same[-1].version if same else _add_version(candidate, run)
        run_id = client.get_model_version(candidate.name, str(version)).run_id
        _store_evidence(client, run_id, candidate)
        client.update_model_version(candidate.name, str(version), _description(candidate.card))
        for key, value in _tags(client, candidate, run).items():
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


def version_of(reference: str) -> ModelVersion:
    """Find the version of ``NAME@alias`` or ``NAME/version``."""
    name, separator, wanted = reference.replace("/", "@").partition("@")
    if not separator:
        raise UnknownModelError(f"{reference}: names no version; say NAME@alias or NAME/version.")
    return find_version(name, wanted)


def resolve(reference: str) -> Path:
    """Return the model folder of ``NAME@alias`` or ``NAME/version``."""
    version = version_of(reference)
    with mlflow_client() as client:
        location = client.get_model_version_download_uri(version.name, str(version.version))
    try:
        package = Path(mlflow.artifacts.download_artifacts(artifact_uri=location))
        return model_folder(package)
    except (OSError, mlflow.MlflowException):
        raise UnknownModelError(
            f"{reference}: its files are not at {location}. Bring them back, or delete "
            "mlruns/mlflow.db and run `dvc repro --force --single-item register`."
        ) from None


@contextmanager
def evidence_of(version: ModelVersion) -> Iterator[Path]:
    """Lend a folder with what a version is judged by; empty where nothing was stored."""
    with TemporaryDirectory(prefix="deepdep-") as scratch, mlflow_client() as client:
        stored = [artifact.path for artifact in client.list_artifacts(version.run_id)]
        if EVIDENCE in stored:
            client.download_artifacts(version.run_id, EVIDENCE, scratch)
        folder = Path(scratch) / EVIDENCE
        folder.mkdir(exist_ok=True)
        yield folder


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
            loader_module=LOADER,
            data_path=str(candidate.folder),
            signature=table_signature(),
            # Without a list MLflow takes 15 s to find one.
            pip_requirements=[f"{name}=={number}" for name, number in library_versions().items()],
        )
        # The hash at once: a version without it would be added again.
        tags = {MANIFEST_SHA256: candidate.manifest_sha256}
        registered = mlflow.register_model(logged.model_uri, candidate.name, tags=tags)
    return int(registered.version)


def _store_evidence(client: mlflow.MlflowClient, run_id: str, candidate: Candidate) -> None:
    with TemporaryDirectory(prefix="deepdep-") as scratch:
        folder = Path(scratch) / EVIDENCE
        folder.mkdir()
        for file in candidate.evidence:
            shutil.copy(file, folder)
        (folder / CARD).write_text(candidate.card, encoding="utf-8")
        if candidate.reference is not None:
            write_reference(candidate.reference, folder / REFERENCE)
        client.log_artifact(run_id, str(folder))


def _description(card: str) -> str:
    """Return the card, cut after a line where it is longer than MLflow takes."""
    more = f"\n\nThe rest is in the artifact {EVIDENCE}/{CARD} of its run."
    if len(card) <= LONGEST_DESCRIPTION:
        return card
    return card[: LONGEST_DESCRIPTION - len(more)].rpartition("\n")[0] + more


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
        run_id=version.run_id,
        trained_by=tags.get(TRAINED_BY),
        measured_by=tags.get(MEASURED_BY),
    )


def _is_same(version: ModelVersion, candidate: Candidate) -> bool:
    return version.manifest_sha256 == candidate.manifest_sha256


def _tags(client: mlflow.MlflowClient, candidate: Candidate, run: Run) -> dict[str, str]:
    known = {MEASURED_ON: candidate.measured_on, MEASURED_BY: run.run_id}
    if trained_by := _training_run(client, candidate.manifest_sha256):
        known[TRAINED_BY] = trained_by
    return known | {f"{METRIC}{name}": repr(x) for name, x in candidate.metrics.items()}


def _training_run(client: mlflow.MlflowClient, manifest_sha256: str) -> str | None:
    """Find the last run that made a model of this content."""
    experiment = client.get_experiment_by_name(PIPELINE)
    if experiment is None:
        return None
    wanted, newest = f"tags.`{MADE}` = '{manifest_sha256}'", ["attributes.start_time DESC"]
    found = client.search_runs([experiment.experiment_id], wanted, order_by=newest, max_results=1)
    return str(found[0].info.run_id) if found else None


def _main_figure(version: ModelVersion) -> str:
    name = "test_mean_gene_r" if version.name == PREDICTOR else "val_loss"
    return f"{name} {version.metrics[name]:.4f}" if name in version.metrics else ""

"""Versions of registered models: their names, aliases and figures, their files and evidence."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import pandas as pd

from deepdep.domain.omics import Omic, table_omic
from deepdep.errors import DeepDEPError
from deepdep.registry.packages import model_folder
from deepdep.tracking.store import NoStoreError, PatientClient, mlflow_client

PREDICTOR = "deepdep-predictor"
AUTOENCODER = "deepdep-autoencoder-{}"  # of a table of an omic
MODELS = (*(AUTOENCODER.format(omic) for omic in Omic), PREDICTOR)  # and those of further tables
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"

# Tags of a version. Figures are tags, not metrics of a run, because a model that is measured again
# keeps its version and changes its figures.
MANIFEST_SHA256 = "manifest_sha256"
MEASURED_ON = "measured_on_sha256"
METRICS_TAG = "metrics"  # all of them, as JSON
METRIC = "metric."  # a tag for each, in versions of earlier releases
TRAINED_BY, MEASURED_BY = "trained_by_run", "measured_by_run"  # ids; the first may be unknown

# Beside a version, in its run: what it was judged by, what a person should know, what it answers.
EVIDENCE, CARD, REFERENCE = "evidence", "model_card.md", "reference"
METRICS, PER_GENE = "metrics.json", "per_gene.csv"
REGISTRATION = Path("reports", "registration.json")  # what ``register`` writes: hashes by model
TEST_PREDICTIONS, VALIDATION = "test_predictions.h5ad", "validation.json"


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

    @classmethod
    def from_mlflow(cls, version: Any, alias_versions: Mapping[str, Any]) -> "ModelVersion":
        """Read MLflow's version; ``alias_versions`` are those of its model."""
        number, tags = int(version.version), version.tags
        return cls(
            name=version.name,
            version=number,
            aliases=tuple(sorted(a for a, v in alias_versions.items() if int(v) == number)),
            metrics=json.loads(tags[METRICS_TAG])
            if METRICS_TAG in tags
            else {
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

    @property
    def main_figure(self) -> str:
        """What a list shows of its figures; empty where it was not measured."""
        name = main_metric(self.name)
        return f"{name} {self.metrics[name]:.4f}" if name in self.metrics else ""

    @property
    def reproduced_run(self) -> str:
        """The run whose figures tell whether it comes out again: its own, or what trained it."""
        return self.run_id if self.metrics or self.trained_by is None else self.trained_by

    def why_incomparable(self, champion: "ModelVersion") -> str:
        """Say why its figures do not compare with a champion's; empty where they do."""
        if champion.measured_on == self.measured_on:
            return ""
        return (
            f"version {champion.version} was measured on other data, so they do not compare; "
            f"evaluate both on one split, or remove its alias {CHAMPION} to start anew"
        )

    def folder(self) -> Path:
        """Return the folder of its model, which may have to be downloaded."""
        with mlflow_client() as client:
            location = client.get_model_version_download_uri(self.name, str(self.version))
        try:
            return model_folder(Path(mlflow.artifacts.download_artifacts(artifact_uri=location)))
        except (OSError, mlflow.MlflowException):
            raise UnknownModelError(
                f"{self.name}/{self.version}: its files are not at {location}. Bring them back, or "
                "delete mlruns/mlflow.db and run `dvc repro --force --single-item register`."
            ) from None

    @contextmanager
    def evidence(self) -> Iterator[Path]:
        """Lend a folder with what it is judged by; empty where nothing was stored."""
        with TemporaryDirectory(prefix="deepdep-") as scratch, mlflow_client() as client:
            stored = [artifact.path for artifact in client.list_artifacts(self.run_id)]
            if EVIDENCE in stored:
                client.download_artifacts(self.run_id, EVIDENCE, scratch)
            folder = Path(scratch) / EVIDENCE
            folder.mkdir(exist_ok=True)
            yield folder


def autoencoder_table(name: str) -> str | None:
    """Name the table that a registered autoencoder reads; None for any other name."""
    table = name.removeprefix(AUTOENCODER.format(""))
    return table if AUTOENCODER.format(table) == name and table_omic(table) else None


def is_model(name: str) -> bool:
    """Whether this is a name that we register models by."""
    return name == PREDICTOR or autoencoder_table(name) is not None


def page_text(name: str) -> str:
    """Return what MLflow's page of a registered model says."""
    if name != PREDICTOR:
        return (
            f"Autoencoders of {autoencoder_table(name)}: each turns standardised profiles into "
            "codes, from which a predictor starts. `champion` is the one in use."
        )
    return (
        "Predictors of gene effects of tumours and cell lines; negative means dependent. "
        "`champion` is the one in use, `challenger` the newest, `previous` the champion before. "
        "Each version's card says what it learned from, how good it is and what it is not for."
    )


def main_metric(name: str) -> str:
    """Name the figure that a registered model is known by."""
    return "test_mean_gene_r" if name == PREDICTOR else "val_loss"


def versions_of(client: PatientClient, name: str) -> list[ModelVersion]:
    """List the versions of a registered model, the oldest first."""
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
    if not found:
        return []
    alias_versions = client.get_registered_model(name).aliases  # a search does not bring them
    return [ModelVersion.from_mlflow(version, alias_versions) for version in found]


def list_versions() -> list[ModelVersion]:
    """List every version of our registered models, by name and number."""
    try:
        with mlflow_client() as client:
            found = [m.name for m in client.search_registered_models() if is_model(m.name)]
            names = [*(n for n in MODELS if n in found), *sorted({*found} - {*MODELS})]
            return [version for name in names for version in versions_of(client, name)]
    except NoStoreError:
        return []


def find_version(name: str, wanted: str | int) -> ModelVersion:
    """Find a version by its number, an alias, or ``latest``."""
    if not is_model(name):
        raise UnknownModelError(f"{name}: no such model; there are {', '.join(MODELS)}.")
    with mlflow_client() as client:
        versions = versions_of(client, name)
    if wanted == "latest" and versions:
        return versions[-1]
    for version in versions:
        if str(wanted) == str(version.version) or wanted in version.aliases:
            return version
    have = ", ".join(f"{v.version} {' '.join(v.aliases)}".strip() for v in versions) or "none"
    raise UnknownModelError(
        f"{name}: has no version or alias {wanted!r}; it has {have}. `deepdep models` lists all."
    )


def is_reference(model: str) -> bool:
    """Tell whether a text may name a version of a registered model, as MLflow does or shorter."""
    return "@" in model or "/" in model


def version_named(reference: str) -> ModelVersion:
    """Find the version of ``NAME@alias`` or ``NAME/version``; MLflow puts ``models:/`` before."""
    plain = re.sub(r"^models:/+", "", reference)
    name, separator, wanted = plain.replace("/", "@").partition("@")
    if not separator or not wanted:
        raise UnknownModelError(f"{reference}: names no version; say NAME@alias or NAME/version.")
    if not is_model(name):
        raise UnknownModelError(
            f"{reference}: no such model, by a folder or by name; registered may be "
            f"{', '.join(MODELS)}."
        )
    return find_version(name, wanted)


def champion_or_named(reference: str) -> ModelVersion:
    """Find the version of a reference, or the champion of a name alone."""
    plain = re.sub(r"^models:/+", "", reference)
    if is_model(plain):
        return find_version(plain, CHAMPION)
    if reference == plain and "@" not in plain and not is_model(plain.split("/")[0]):
        raise UnknownModelError(
            f"{reference}: there is no such folder, nor a registered model of that name; those are "
            f"{', '.join(MODELS)}."
        )
    return version_named(reference)


def format_versions(versions: Sequence[ModelVersion]) -> str:
    """Lay versions out as a table for people."""
    if not versions:
        return "No model is registered yet; `dvc repro` registers some."
    table = pd.DataFrame(
        {
            "model": [version.name for version in versions],
            "version": [version.version for version in versions],
            "aliases": [", ".join(version.aliases) for version in versions],
            "figure": [version.main_figure for version in versions],
            "created": [f"{version.created:%Y-%m-%d %H:%M}" for version in versions],
        }
    )
    return table.to_string(index=False)

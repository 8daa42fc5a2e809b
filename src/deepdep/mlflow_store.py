"""Where MLflow keeps runs and models: one database and one folder of artifacts per project."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow

from deepdep.domain.errors import DeepDEPError
from deepdep.provenance import project_root

PIPELINE = "deepdep-pipeline"  # `deepdep-benchmark` is reserved; see decision 0003
DESCRIPTION = "One parent run per `dvc repro`; its stages below it, tuning trials below `tune`."
SQLITE = "sqlite:///"


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI, or the address of the project's own database."""
    own = f"{SQLITE}{project_root() / 'mlruns' / 'mlflow.db'}"
    return os.environ.get("MLFLOW_TRACKING_URI") or own


@contextmanager
def mlflow_client() -> Iterator[mlflow.MlflowClient]:
    """Yield a client; while it is used, MLflow's own functions go to the same place."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    uri = tracking_uri()
    if database := _database(uri):
        database.parent.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(uri)
    try:
        yield mlflow.MlflowClient(uri, uri)
    finally:
        # MLflow leaves the address in the environment, where the next call would find it.
        mlflow.set_tracking_uri(before)


def pipeline_experiment(client: mlflow.MlflowClient) -> str:
    """Find or create the pipeline's experiment; its artifacts are beside a local database."""
    database = _database(client.tracking_uri)
    artifacts = (database.parent / "artifacts" / PIPELINE).as_uri() if database else None
    found = client.get_experiment_by_name(PIPELINE)
    if found is None:
        tags = {"mlflow.note.content": DESCRIPTION}
        return str(client.create_experiment(PIPELINE, artifact_location=artifacts, tags=tags))
    # MLflow stores absolute paths: a copied project would write to the one it was copied from.
    if artifacts and found.artifact_location.startswith("file:"):
        _check_not_moved(found.artifact_location, artifacts, database)
    return str(found.experiment_id)


def _check_not_moved(stored: str, expected: str, database: Path | None) -> None:
    if stored != expected:
        raise DeepDEPError(
            f"{database}: was made in another folder, its artifacts are in {stored}. "
            "Move the project back there, or delete mlflow.db and artifacts beside it."
        )


def _database(uri: str) -> Path | None:
    return Path(uri.removeprefix(SQLITE)).resolve() if uri.startswith(SQLITE) else None

"""Whether it is known, and can be had again, how a version came about."""

from collections.abc import Iterator

import mlflow

from deepdep.candidates import PREDICTOR
from deepdep.mlflow_store import mlflow_client
from deepdep.registry import ModelVersion

PREFIX = "deepdep."
FACTS = ("git_commit", "git_dirty", "split_sha256", "lock_sha256", "process", "cpu", "python")


def origin_problems(version: ModelVersion) -> list[str]:
    """Name what is missing or unclean in the runs that trained and measured a version."""
    with mlflow_client() as client:
        return list(_problems(client, version))


def _problems(client: mlflow.MlflowClient, version: ModelVersion) -> Iterator[str]:
    training = _facts(client, version.trained_by)
    if training is None:
        yield "no run here trained it: dvc repro --force --single-item the stage that did"
    else:
        yield from _missing("training", training, (*FACTS, "seed"))
        split = training.get("split_sha256", version.measured_on)
        if version.name == PREDICTOR and split != version.measured_on:
            yield "it was trained on another split than it was measured on"
    measuring = _facts(client, version.measured_by)
    if measuring is None:
        yield "no run here measured it: dvc repro --force --single-item register"
    else:
        yield from _missing("measuring", measuring, FACTS)


def _facts(client: mlflow.MlflowClient, run_id: str | None) -> dict[str, str] | None:
    try:
        tags = client.get_run(run_id).data.tags if run_id else None
    except mlflow.MlflowException:  # deleted for good
        return None
    return None if tags is None else {tag.removeprefix(PREFIX): tags[tag] for tag in tags}


def _missing(which: str, facts: dict[str, str], wanted: tuple[str, ...]) -> Iterator[str]:
    yield from (f"its {which} run has no {fact}" for fact in wanted if fact not in facts)
    if not any(fact.startswith("dvc.") for fact in facts):
        yield f"its {which} run has no DVC hash of an input"
    if facts.get("git_dirty", "false") != "false":
        commit = facts.get("git_commit", "")[:8]
        yield f"its {which} run had changes that are not in commit {commit}: commit them, run again"

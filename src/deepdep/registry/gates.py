"""What a version must meet before it may be champion."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import mlflow
import numpy as np
import pandas as pd

import deepdep
from deepdep.errors import DeepDEPError
from deepdep.io.documents import read_json
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.registry.candidates import PREDICTOR, TEST_PREDICTIONS, VALIDATION
from deepdep.registry.versions import (
    CHAMPION,
    REFERENCE,
    ModelVersion,
    evidence_of,
    resolve,
)
from deepdep.settings import Settings
from deepdep.statistics.resampling import mean_r, resample_counts
from deepdep.tracking.store import mlflow_client

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


KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")  # what a process needs to start at all


def deviation_in_fresh_process(model: Path, reference: Path) -> float:
    """Have a new Python load a model and answer again.

    Returns
    -------
    The largest absolute difference from the stored answers.

    Raises
    ------
    DeepDEPError
        When it cannot be loaded, with the last line that the process said.
    """
    code = str(Path(deepdep.__file__).parents[1])
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "deepdep.registry.answers",
            str(model.resolve()),
            str(reference.resolve()),
        ],
        cwd=reference,
        env=environment | {"PYTHONPATH": code},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise DeepDEPError(f"it does not load: {said[-1]}")
    return float(done.stdout.split()[-1])


@dataclass(frozen=True)
class JudgedLines:
    """Measured and predicted effects (cell line, gene) of unseen patients, with the same labels."""

    measured: pd.DataFrame  # NaN where not screened
    predicted: pd.DataFrame
    patient_id: pd.Series


@dataclass(frozen=True)
class Lead:
    """A difference in mean per-gene r, its 95 % interval over patients, and over what it is."""

    difference: float
    low: float
    high: float
    n_lines: int
    n_genes: int


def read_judged_lines(source: Path) -> JudgedLines:
    """Read the predictor's part of what ``evaluate`` wrote."""
    matrix = read_anndata(source)
    patient_id = pd.DataFrame(matrix.obs)["patient_id"].astype(str)
    return JudgedLines(to_frame(matrix), to_frame(matrix, "predictor"), patient_id)


def resampled_lead(one: JudgedLines, other: JudgedLines, *, n_bootstrap: int, seed: int) -> Lead:
    """Compare two models on the same resampled patients, over the genes that both predict.

    Raises
    ------
    DeepDEPError
        When they were not judged on the same lines and labels.
    """
    genes = one.measured.columns.intersection(other.measured.columns)
    lines = one.measured.index
    measured = one.measured[genes]
    same_lines = lines.symmetric_difference(other.measured.index).empty
    if not same_lines or not measured.equals(other.measured.loc[lines, genes]):
        raise DeepDEPError("they were judged by other labels; evaluate both on the same ones")
    counts = resample_counts(
        one.patient_id[lines], n_boot=n_bootstrap, rng=np.random.default_rng(seed)
    )
    r = mean_r(measured, {"one": one.predicted, "other": other.predicted}, counts)
    lead = r["one"].lead(r["other"])
    return Lead(lead.difference, lead.low, lead.high, len(lines), len(genes))


Relation = Literal[">", "<="]

GAIN = "test_r_above_gene_mean"  # with _low and _high, the 95 % interval over patients
LOSS = "val_loss"
REGISTER_AGAIN = "register it again: dvc repro --force --single-item register"


@dataclass(frozen=True)
class PromoteSettings(Settings):
    """The ``promote`` group of params.yaml.

    Attributes
    ----------
    min_r_above_gene_mean, min_r_above_champion
        What the lower end of the 95 % interval of the difference must exceed.
    max_loss_above_champion
        How much higher an autoencoder's held-out loss may be.
    max_deviation
        How far an answer of the loaded model may be from the one stored.
    """

    min_r_above_gene_mean: float
    min_r_above_champion: float
    max_loss_above_champion: float
    max_deviation: float
    n_bootstrap: int
    seed: int


@dataclass(frozen=True)
class Gate:
    """One condition of a promotion; a figure or threshold is None where there is none."""

    name: str
    met: bool
    figure: float | None
    relation: Relation
    threshold: float | None
    reason: str = ""

    def __str__(self) -> str:
        figures = f"{_number(self.figure)} {self.relation} {_number(self.threshold)}"
        reason = f" ({self.reason})" if self.reason else ""
        return f"{'met' if self.met else 'not met'}: {self.name}: {figures}{reason}"


def gates(
    wanted: ModelVersion, champion: ModelVersion | None, settings: PromoteSettings
) -> Iterator[Gate]:
    """Look at one gate after the other, the slowest last."""
    with evidence_of(wanted) as evidence:
        yield _validation(evidence)
        yield _origin(wanted)
        if wanted.name == PREDICTOR:
            yield _above_gene_mean(wanted, settings)
            yield _above_champion(wanted, champion, evidence, settings)
        else:
            yield _loss(wanted, champion, settings)
        yield _loads(wanted, evidence, settings)


def _validation(evidence: Path) -> Gate:
    name = "checks of the cohort that failed"
    try:
        result = read_json(evidence / VALIDATION)
    except DeepDEPError:
        return Gate(name, False, None, "<=", 0, f"no validation is stored; {REGISTER_AGAIN}")
    messages = [c["message"] for c in result["checks"] if c["severity"] == "error" and c["message"]]
    return _gate(name, result["n_failed"], "<=", 0, next(iter(messages), ""))


def _origin(wanted: ModelVersion) -> Gate:
    problems = origin_problems(wanted)
    return _gate("problems of its origin", len(problems), "<=", 0, "; ".join(problems))


def _above_gene_mean(wanted: ModelVersion, settings: PromoteSettings) -> Gate:
    low, high = (wanted.metrics.get(f"{GAIN}_{end}") for end in ("low", "high"))
    difference = wanted.metrics.get(GAIN)
    reason = _interval(difference, low, high) if difference is not None else "was not measured"
    name = "r above the gene mean (lower end)"
    return _gate(name, low, ">", settings.min_r_above_gene_mean, reason)


def _above_champion(
    wanted: ModelVersion,
    champion: ModelVersion | None,
    evidence: Path,
    settings: PromoteSettings,
) -> Gate:
    name, limit = "r above the champion (lower end)", settings.min_r_above_champion
    if champion is None:
        return Gate(name, True, None, ">", limit, "there is no champion yet")
    if problem := _incomparable(wanted, champion):
        return Gate(name, False, None, ">", limit, problem)
    with evidence_of(champion) as of_champion:
        try:
            lead = resampled_lead(
                read_judged_lines(evidence / TEST_PREDICTIONS),
                read_judged_lines(of_champion / TEST_PREDICTIONS),
                n_bootstrap=settings.n_bootstrap,
                seed=settings.seed,
            )
        except DeepDEPError as error:
            return Gate(name, False, None, ">", limit, str(error))
    reason = (
        f"{_interval(lead.difference, lead.low, lead.high)}, version {champion.version}, "
        f"{lead.n_genes} genes, {lead.n_lines} lines"
    )
    return _gate(name, lead.low, ">", limit, reason)


def _loss(wanted: ModelVersion, champion: ModelVersion | None, settings: PromoteSettings) -> Gate:
    name, figure = f"{LOSS} against the champion", wanted.metrics.get(LOSS)
    if champion is None or figure is None:
        reason = "there is no champion yet" if champion is None else ""
        reason = reason if figure is not None else "was not measured; was it trained?"
        return Gate(name, figure is not None, figure, "<=", None, reason)
    if problem := _incomparable(wanted, champion):
        return Gate(name, False, figure, "<=", None, problem)
    limit = champion.metrics.get(LOSS)
    limit = None if limit is None else limit + settings.max_loss_above_champion
    return _gate(name, figure, "<=", limit)


def _incomparable(wanted: ModelVersion, champion: ModelVersion) -> str:
    if champion.measured_on == wanted.measured_on:
        return ""
    return (
        f"version {champion.version} was measured on other data, so they do not compare; "
        f"evaluate both on one split, or remove its alias {CHAMPION} to start anew"
    )


def _loads(wanted: ModelVersion, evidence: Path, settings: PromoteSettings) -> Gate:
    name, limit = "deviation of its answers in a fresh process", settings.max_deviation
    if not (evidence / REFERENCE).is_dir():
        return Gate(name, False, None, "<=", limit, f"no answers are stored; {REGISTER_AGAIN}")
    try:
        model = resolve(f"{wanted.name}/{wanted.version}")
        return _gate(name, deviation_in_fresh_process(model, evidence / REFERENCE), "<=", limit)
    except DeepDEPError as error:
        return Gate(name, False, None, "<=", limit, str(error))


def _gate(
    name: str, figure: float | None, relation: Relation, threshold: float | None, reason: str = ""
) -> Gate:
    if figure is None or threshold is None:
        return Gate(name, False, figure, relation, threshold, reason or "was not measured")
    met = {">": figure > threshold, "<=": figure <= threshold}[relation]
    return Gate(name, met, figure, relation, threshold, reason)


def _interval(difference: float | None, low: float | None, high: float | None) -> str:
    ends = f"{_number(low)} to {_number(high)}"
    return f"difference {_number(difference)}, 95 % interval {ends}"


def _number(figure: float | None) -> str:
    if figure is None:
        return "-"
    if float(figure).is_integer():
        return str(int(figure))
    return f"{figure:.4f}" if abs(figure) >= 0.0005 else f"{figure:.1e}"

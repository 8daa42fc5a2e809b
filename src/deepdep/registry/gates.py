"""What a version must meet before it may be champion."""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import mlflow
import numpy as np
import pandas as pd

from deepdep.errors import DeepDEPError, shown, written
from deepdep.io.documents import read_json
from deepdep.io.files import file_sha256
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.registry.answers import deviation_in_fresh_process
from deepdep.registry.versions import (
    PREDICTOR,
    REFERENCE,
    REGISTRATION,
    TEST_PREDICTIONS,
    VALIDATION,
    ModelVersion,
)
from deepdep.settings import Settings
from deepdep.statistics.resampling import mean_r, resample_counts
from deepdep.tracking.provenance import project_root, uncommitted_changes
from deepdep.tracking.store import PatientClient, mlflow_client

Relation = Literal[">", "<="]

GAIN = "test_r_above_gene_mean"  # with _low and _high, the 95 % interval over patients
LOSS = "val_loss"
REGISTER_AGAIN = "register it again: dvc repro --force --single-item register"
JUDGE_IT = (
    "it has none, as no lines were kept to judge by; set prepare.split.test of params.yaml above "
    "0, and dvc repro"
)

PREFIX = "deepdep."  # of tags
FACTS = ("git_commit", "git_dirty", "split_sha256", "lock_sha256", "process", "cpu", "python")


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
        word = "met" if self.met else "not met"
        if self.figure is None:
            return f"{word}: {self.name}: {self.reason}"
        figure, threshold = _number(self.figure), _number(self.threshold)
        if self.threshold is not None:
            rounded = Gate.compare("", float(figure), self.relation, float(threshold))
            if rounded.met != self.met:
                figure, threshold = (
                    written(x, self.threshold) for x in (self.figure, self.threshold)
                )
        figures = figure if self.threshold is None else f"{figure} {self.relation} {threshold}"
        reason = f" ({self.reason})" if self.reason else ""
        return f"{word}: {self.name}: {figures}{reason}"

    @classmethod
    def compare(
        cls,
        name: str,
        figure: float | None,
        relation: Relation,
        threshold: float | None,
        reason: str = "",
    ) -> "Gate":
        """Hold a figure against a threshold; a gate without one of them is not met."""
        if figure is None or threshold is None:
            return cls(name, False, figure, relation, threshold, reason or "was not measured")
        met = {">": figure > threshold, "<=": figure <= threshold}[relation]
        return cls(name, met, figure, relation, threshold, reason)


def check_gates(
    version: ModelVersion, champion: ModelVersion | None, settings: PromoteSettings
) -> Iterator[Gate]:
    """Look at one gate after the other, the slowest last."""
    with version.evidence() as evidence:
        yield _validation(evidence)
        origin = Origin.of(version)
        yield Gate.compare("problems of its origin", len(origin.problems), "<=", 0, str(origin))
        if version.name != PREDICTOR:
            yield _loss(version, champion, settings)
        elif not version.metrics:
            yield Gate("figures on unseen patients", False, None, ">", None, JUDGE_IT)
        else:
            yield _above_gene_mean(version, settings)
            yield _above_champion(version, champion, evidence, settings)
        yield _same_answers(version, evidence, settings)


@dataclass(frozen=True)
class Origin:
    """What is missing or unclean in the runs that trained and measured a version."""

    problems: tuple[str, ...]
    note: str = ""  # what a person should know where there is no problem

    def __str__(self) -> str:
        return "; ".join(self.problems) or self.note

    @classmethod
    def of(cls, version: ModelVersion) -> "Origin":
        """Look at the runs, and where they had changes, at whether these are committed since."""
        problems = []
        with mlflow_client() as client:
            training = _facts(client, version.trained_by)
            measuring = _facts(client, version.measured_by)
        if training is None:
            problems.append(
                "no run here trained it: dvc repro --force --single-item the stage that did"
            )
        else:
            problems += _missing("training", training, (*FACTS, "seed"))
            split = training.get("split_sha256", version.measured_on)
            if version.name == PREDICTOR and split != version.measured_on:
                problems.append("it was trained on another split than it was measured on")
        if measuring is None:
            problems.append("no run here measured it: dvc repro --force --single-item register")
        else:
            problems += _missing("measuring", measuring, FACTS)
        changed = {
            which: facts
            for which, facts in (("training", training), ("measuring", measuring))
            if facts is not None and facts.get("git_dirty", "false") != "false"
        }
        if not changed:
            return cls(tuple(problems))
        if why := why_not_committed(version, {f.get("lock_sha256", "") for f in changed.values()}):
            problems += [
                f"its {which} run had changes that are not in commit "
                f"{facts.get('git_commit', '')[:8]}, and {why}"
                for which, facts in changed.items()
            ]
        return cls(
            tuple(problems), "it was made before the commit that holds the same inputs and code"
        )


def why_not_committed(version: ModelVersion, locks: Collection[str]) -> str:
    """Say why a version does not follow from what is committed; empty where it does.

    It does where nothing differs from the commit, ``dvc.lock`` included, where DVC finds every
    stage up to ``register`` up to date with its inputs, params and code, and where the model
    that this registered is the version. So what ``dvc exp run`` made need not be trained again.

    Parameters
    ----------
    locks
        sha256 of requirements.lock when the version was made.
    """
    root = project_root()
    changes = uncommitted_changes(root)
    if changes is None or changes:
        files = shown([line.split()[-1] for line in (changes or "").splitlines()])
        return f"{files or 'everything'} is not committed now: commit, with dvc.lock"
    lock = root / "requirements.lock"
    if set(locks) != {file_sha256(lock) if lock.is_file() else ""}:
        return "requirements.lock is another one now: dvc repro --force"
    try:
        registered = read_json(root / REGISTRATION).get(version.name)
    except DeepDEPError:
        registered = None
    if registered != version.manifest_sha256:
        return f"{REGISTRATION} is of another model: `dvc exp apply` it, or dvc repro"
    command = [sys.executable, "-m", "dvc", "status", "--json", "--with-deps", "register"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode or done.stdout.strip() != "{}":
        found = (
            " ".join(done.stderr.split())
            if done.returncode
            else shown(list(json.loads(done.stdout)))
        )
        return f"`dvc status` finds them changed since ({found}): dvc repro, and commit dvc.lock"
    return ""


def _facts(client: PatientClient, run_id: str | None) -> dict[str, str] | None:
    try:
        tags = client.get_run(run_id).data.tags if run_id else None
    except mlflow.MlflowException:  # deleted for good
        return None
    return None if tags is None else {tag.removeprefix(PREFIX): tags[tag] for tag in tags}


def _missing(which: str, facts: Mapping[str, str], wanted: Sequence[str]) -> Iterator[str]:
    yield from (f"its {which} run has no {fact}" for fact in wanted if fact not in facts)
    if not any(fact.startswith("dvc.") for fact in facts):
        yield f"its {which} run has no DVC hash of an input"


@dataclass(frozen=True)
class Lead:
    """A difference in mean per-gene r, its 95 % interval over patients, and over what it is."""

    difference: float
    low: float | None
    high: float | None
    n_lines: int = 0
    n_genes: int = 0

    def __str__(self) -> str:
        difference = f"difference {_number(self.difference)}"
        if self.low is None or self.high is None:
            return f"{difference}, without an interval"
        return f"{difference}, 95 % interval {_number(self.low)} to {_number(self.high)}"


@dataclass(frozen=True)
class JudgedLines:
    """Measured and predicted effects (cell line, gene) of unseen patients, with the same labels."""

    measured: pd.DataFrame  # NaN where not screened
    predicted: pd.DataFrame
    patient_id: pd.Series

    @classmethod
    def read(cls, source: Path) -> "JudgedLines":
        """Read the predictor's part of what ``evaluate`` wrote."""
        matrix = read_anndata(source)
        patient_id = pd.DataFrame(matrix.obs)["patient_id"].astype(str)
        return cls(to_frame(matrix), to_frame(matrix, "predictor"), patient_id)

    def lead_over(self, other: "JudgedLines", *, n_bootstrap: int, seed: int) -> Lead:
        """Compare two models on the same resampled patients, over the genes that both predict.

        Raises
        ------
        DeepDEPError
            When they were not judged on the same lines and labels.
        """
        genes = self.measured.columns.intersection(other.measured.columns)
        lines = self.measured.index
        measured = self.measured[genes]
        same_lines = lines.symmetric_difference(other.measured.index).empty
        if not same_lines or not measured.equals(other.measured.loc[lines, genes]):
            raise DeepDEPError("they were judged by other labels; evaluate both on the same ones")
        counts = resample_counts(
            self.patient_id[lines], n_boot=n_bootstrap, rng=np.random.default_rng(seed)
        )
        r = mean_r(measured, {"one": self.predicted, "other": other.predicted}, counts)
        lead = r["one"].lead(r["other"])
        return Lead(lead.difference, lead.low, lead.high, len(lines), len(genes))


def _validation(evidence: Path) -> Gate:
    name = "checks of the cohort that failed"
    try:
        result = read_json(evidence / VALIDATION)
    except DeepDEPError:
        return Gate(name, False, None, "<=", 0, f"no validation is stored; {REGISTER_AGAIN}")
    messages = [c["message"] for c in result["checks"] if c["severity"] == "error" and c["message"]]
    return Gate.compare(name, result["n_failed"], "<=", 0, next(iter(messages), ""))


def _above_gene_mean(version: ModelVersion, settings: PromoteSettings) -> Gate:
    low, high = (version.metrics.get(f"{GAIN}_{end}") for end in ("low", "high"))
    difference = version.metrics.get(GAIN)
    reason = "was not measured" if difference is None else str(Lead(difference, low, high))
    name = "r above the gene mean (lower end)"
    return Gate.compare(name, low, ">", settings.min_r_above_gene_mean, reason)


def _above_champion(
    version: ModelVersion,
    champion: ModelVersion | None,
    evidence: Path,
    settings: PromoteSettings,
) -> Gate:
    name, limit = "r above the champion (lower end)", settings.min_r_above_champion
    if champion is None:
        return Gate(name, True, None, ">", limit, "there is no champion yet")
    if problem := version.why_incomparable(champion):
        return Gate(name, False, None, ">", limit, problem)
    with champion.evidence() as champion_evidence:
        try:
            judged = JudgedLines.read(evidence / TEST_PREDICTIONS)
            lead = judged.lead_over(
                JudgedLines.read(champion_evidence / TEST_PREDICTIONS),
                n_bootstrap=settings.n_bootstrap,
                seed=settings.seed,
            )
        except DeepDEPError as error:
            return Gate(name, False, None, ">", limit, str(error))
    reason = f"{lead}, version {champion.version}, {lead.n_genes} genes, {lead.n_lines} lines"
    return Gate.compare(name, lead.low, ">", limit, reason)


def _loss(version: ModelVersion, champion: ModelVersion | None, settings: PromoteSettings) -> Gate:
    name, figure = f"{LOSS} against the champion", version.metrics.get(LOSS)
    if champion is None or figure is None:
        reason = "there is no champion yet" if champion is None else ""
        reason = reason if figure is not None else "was not measured; was it trained?"
        return Gate(name, figure is not None, figure, "<=", None, reason)
    if problem := version.why_incomparable(champion):
        return Gate(name, False, figure, "<=", None, problem)
    limit = champion.metrics.get(LOSS)
    limit = None if limit is None else limit + settings.max_loss_above_champion
    return Gate.compare(name, figure, "<=", limit)


def _same_answers(version: ModelVersion, evidence: Path, settings: PromoteSettings) -> Gate:
    name, limit = "deviation of its answers in a fresh process", settings.max_deviation
    if not (evidence / REFERENCE).is_dir():
        return Gate(name, False, None, "<=", limit, f"no answers are stored; {REGISTER_AGAIN}")
    try:
        deviation = deviation_in_fresh_process(version.folder(), evidence / REFERENCE)
        return Gate.compare(name, deviation, "<=", limit)
    except DeepDEPError as error:
        return Gate(name, False, None, "<=", limit, str(error))


def _number(figure: float | None) -> str:
    if figure is None:
        return "-"
    if float(figure).is_integer():
        return str(int(figure))
    return f"{figure:.4f}" if abs(figure) >= 0.0005 else f"{figure:.1e}"

import json
import subprocess
import sys

import mlflow
import numpy as np
import pandas as pd
import pytest

from deepdep.errors import DeepDEPError
from deepdep.io.matrices import read_anndata, read_matrix, write_anndata, write_matrix
from deepdep.registry import PREDICTOR
from deepdep.registry.gates import (
    FACTS,
    Gate,
    JudgedLines,
    Lead,
    Origin,
    check_gates,
)
from deepdep.registry.versions import find_version, version_named
from deepdep.tracking.store import mlflow_client

pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def unmet(registry, promote_settings):
    """Gates that a version does not meet, by the start of their name."""

    def look(version, champion=None):
        of = find_version(PREDICTOR, version)
        before = find_version(PREDICTOR, champion) if champion else None
        return {
            g.name.split()[0]: g for g in check_gates(of, before, promote_settings) if not g.met
        }

    return look


def test_a_version_with_all_it_needs_meets_every_gate(registry, unmet):
    registry.add_predictor(0.4)
    assert unmet(1) == {}


def test_a_cohort_that_failed_its_validation_is_refused_with_the_first_reason(registry, unmet):
    check = {"severity": "error", "message": "cell_lines.h5mu/expression: has 3 samples."}
    registry.add_predictor(0.4, validation={"success": False, "n_failed": 1, "checks": [check]})
    (gate,) = unmet(1).values()
    assert (gate.figure, gate.threshold) == (1, 0)
    assert gate.reason == "cell_lines.h5mu/expression: has 3 samples."


def test_a_version_made_from_changed_code_is_refused(registry, unmet):
    (registry.folder / "half-done.py").touch()
    registry.add_predictor(0.4)
    (gate,) = unmet(1).values()
    assert gate.figure == 2
    assert "its training run had changes that are not in commit" in gate.reason
    assert "its measuring run had changes" in gate.reason


def test_stored_answers_that_were_changed_are_refused(registry, unmet):
    registry.add_predictor(0.4)
    file = registry.evidence(find_version(PREDICTOR, 1)) / "reference" / "answers.h5ad"
    answers = read_matrix(file)
    answers.iloc[2, 3] += 0.01
    write_matrix(answers, file)
    (gate,) = unmet(1).values()
    assert gate.figure == pytest.approx(0.01, rel=0.05)


def test_a_version_without_evidence_is_told_how_to_get_some(registry, unmet):
    registry.add_predictor(0.4)
    evidence = registry.evidence(find_version(PREDICTOR, 1))
    evidence.rename(evidence.with_name("elsewhere"))
    found = unmet(1)
    assert list(found) == ["checks", "deviation"]
    assert all("dvc repro --force --single-item register" in g.reason for g in found.values())


def test_figures_from_different_splits_do_not_compare(registry, unmet):
    registry.add_predictor(0.4)
    registry.add_predictor(0.9, measured_on="another split")
    found = unmet(2, champion=1)
    assert "version 1 was measured on other data" in found["r"].reason
    assert "trained on another split" in found["problems"].reason


def test_predictions_judged_by_other_labels_do_not_compare(registry, unmet):
    registry.add_predictor(0.4)
    registry.add_predictor(0.9)
    file = registry.evidence(find_version(PREDICTOR, 1)) / "test_predictions.h5ad"
    stored = read_anndata(file)
    stored.X = stored.X + 1
    write_anndata(stored, file)
    assert "judged by other labels" in unmet(2, champion=1)["r"].reason


def test_a_gain_that_is_too_small_or_was_not_measured_meets_no_gate(registry, unmet):
    registry.add_predictor(0.14)
    registry.add_predictor(0.4, metrics={"test_mean_gene_r": 0.4})
    assert unmet(1)["r"].figure == pytest.approx(0.04)
    assert unmet(2)["r"].reason == "was not measured"


def test_a_version_that_was_judged_on_no_line_is_told_how_to_be(registry, unmet):
    registry.add_predictor(0.4)
    registry.add_predictor(0.4, metrics={})
    found = unmet(2, champion=1)
    assert list(found) == ["figures"]
    assert "set prepare.split.test of params.yaml above 0, and dvc repro" in str(found["figures"])


def test_a_model_that_no_run_is_known_to_have_trained_is_refused(registry, unmet):
    registry.add_predictor(0.4, trained=False)
    assert "no run here trained it" in unmet(1)["problems"].reason


def test_a_project_without_git_or_lock_cannot_promote(registry, unmet):
    (registry.folder / ".git").rename(registry.folder / "mlruns" / "git")
    (registry.folder / "requirements.lock").unlink()
    registry.add_predictor(0.4)
    reason = unmet(1)["problems"].reason
    assert "its training run has no git_commit" in reason
    assert "its measuring run has no lock_sha256" in reason


def test_a_model_whose_files_were_changed_is_refused(registry, unmet):
    registry.add_predictor(0.4)
    history = version_named(f"{PREDICTOR}/1").folder() / "history.csv"
    history.write_text("epoch,loss\n")
    assert "history.csv is not the file that was saved" in unmet(1)["deviation"].reason


LINES, GENES = [f"L{i}" for i in range(40)], [f"G{i}" for i in range(10)]


def judged(noise, *, lines=LINES, genes=GENES, patients=None):
    """Predictions that differ from what was measured by this much noise."""
    rng = np.random.default_rng(0)
    measured = pd.DataFrame(rng.normal(size=(len(LINES), len(GENES))), LINES, GENES)
    added = noise * np.random.default_rng(1).normal(size=measured.shape)
    patient_id = pd.Series(patients or LINES, index=LINES)
    return JudgedLines(
        measured.loc[lines, genes], (measured + added).loc[lines, genes], patient_id[lines]
    )


def lead(one, other):
    return one.lead_over(other, n_bootstrap=200, seed=1)


def test_a_model_has_no_lead_over_itself():
    of_itself = lead(judged(1.0), judged(1.0))
    assert (of_itself.difference, of_itself.low, of_itself.high) == (0, 0, 0)


def test_the_lead_is_the_difference_of_mean_r_and_changes_sign_with_the_order():
    ahead, behind = lead(judged(0.5), judged(2.0)), lead(judged(2.0), judged(0.5))
    r = {noise: mean_r(judged(noise)) for noise in (0.5, 2.0)}
    assert ahead.difference == pytest.approx(r[0.5] - r[2.0])
    assert 0 < ahead.low < ahead.difference < ahead.high
    assert behind.high < 0


def test_lines_and_genes_are_aligned_by_name():
    turned = judged(2.0, lines=LINES[::-1], genes=GENES[::-1])
    assert lead(judged(0.5), turned).difference == pytest.approx(
        lead(judged(0.5), judged(2.0)).difference
    )


def test_models_are_compared_over_the_genes_that_both_predict():
    assert lead(judged(0.5), judged(2.0, genes=GENES[3:])).n_genes == 7


def test_lines_of_one_patient_are_drawn_together():
    paired = [f"P{i // 4}" for i in range(len(LINES))]
    alone, together = (lead(judged(0.5, patients=p), judged(2.0)) for p in (None, paired))
    assert together.high - together.low != alone.high - alone.low


def test_other_lines_or_other_labels_do_not_compare():
    with pytest.raises(DeepDEPError, match="other labels"):
        lead(judged(0.5), judged(0.5, lines=LINES[1:]))
    other = judged(0.5)
    with pytest.raises(DeepDEPError, match="other labels"):
        lead(judged(0.5), JudgedLines(other.measured + 1, other.predicted, other.patient_id))


def mean_r(of):
    return np.mean([np.corrcoef(of.measured[g], of.predicted[g])[0, 1] for g in GENES])


def test_a_version_of_a_clean_project_has_no_problems(registry):
    registry.add_predictor(0.3)
    assert Origin.of(find_version(PREDICTOR, 1)) == Origin(())


def test_each_missing_fact_is_a_problem(registry):
    registry.add_predictor(0.3)
    version = find_version(PREDICTOR, 1)
    with mlflow_client():
        for fact in (*FACTS, "seed", "dvc.prepared"):
            mlflow.MlflowClient().delete_tag(version.trained_by, f"deepdep.{fact}")
    problems = Origin.of(version).problems
    assert len(problems) == len(FACTS) + 2
    assert "its training run has no DVC hash of an input" in problems
    assert not [problem for problem in problems if "measuring" in problem]


@pytest.mark.parametrize(
    ("figure", "relation", "threshold", "text"),
    [
        (0.05004, ">", 0.05, "met: x: 0.05004 > 0.05"),
        (0.04996, ">", 0.05, "not met: x: 0.0500 > 0.0500"),
        (0.123456, ">", 0.05, "met: x: 0.1235 > 0.0500"),
        (1.00000049, "<=", 1.0, "not met: x: 1.00000049 <= 1"),
        (0.00005, "<=", 0.0001, "met: x: 5.0e-05 <= 1.0e-04"),
    ],
)
def test_a_gate_shows_the_digits_that_decided(figure, relation, threshold, text):
    assert str(Gate.compare("x", figure, relation, threshold)) == text


def test_a_gate_without_a_figure_or_a_limit_says_its_reason_and_no_dashes():
    first = Gate("r above the champion", True, None, ">", -0.01, "there is no champion yet")
    assert str(first) == "met: r above the champion: there is no champion yet"
    alone = Gate("loss", True, 0.31, "<=", None, "there is no champion yet")
    assert str(alone) == "met: loss: 0.3100 (there is no champion yet)"
    assert str(Gate.compare("loss", None, "<=", 1.0)) == "not met: loss: was not measured"
    assert str(Lead(0.3, None, None)) == "difference 0.3000, without an interval"


REGISTER = """
stages:
  finetune: {cmd: x, deps: [prepared], frozen: true}
  register: {cmd: cp made.json reports/registration.json, deps: [made.json, prepared],
    params: [rate],
    outs: [reports/registration.json]}
"""
LOCK = """
schema: '2.0'
stages: {prepare: {cmd: x, outs: [{path: prepared, md5: 11aa.dir}]}}
"""


@pytest.mark.slow
def test_what_was_made_with_changes_can_be_promoted_when_they_are_committed(registry, unmet):
    def dvc(*words):
        subprocess.run([sys.executable, "-m", "dvc", *words], cwd=registry.folder, check=True)

    def reason():
        found = unmet(1)
        return found["problems"].reason if found else ""

    params = registry.folder / "params.yaml"
    (registry.folder / "dvc.yaml").write_text(REGISTER)
    (registry.folder / "dvc.lock").write_text(LOCK)
    params.write_text("rate: 1\n")
    dvc("init", "--quiet")
    registry.git("add", "--all")
    registry.git("commit", "--quiet", "--message", "stages")
    params.write_text("rate: 2\n")  # as `dvc exp run --set-param rate=2` does
    registry.add_predictor(0.4)
    version = find_version(PREDICTOR, 1)
    made = registry.folder / "made.json"
    made.write_text(json.dumps({PREDICTOR: version.manifest_sha256}))
    dvc("repro", "--quiet", "register")
    assert "params.yaml" in reason()
    assert "is not committed now" in reason()
    registry.git("add", "--all")
    registry.git("commit", "--quiet", "--message", "the better rate")
    assert reason() == ""
    assert "made before the commit" in str(Origin.of(version))
    params.write_text("rate: 3\n")  # and committed without a run
    registry.git("commit", "--quiet", "--all", "--message", "a rate that was not tried")
    assert "`dvc status` finds them changed since ('register')" in reason()
    params.write_text("rate: 2\n")
    made.write_text("{}")
    dvc("repro", "--quiet", "register")
    registry.git("commit", "--quiet", "--all", "--message", "another model")
    assert "is of another model" in reason()
    (registry.folder / "requirements.lock").write_text("numpy 2\n")
    registry.git("commit", "--quiet", "--all", "--message", "other libraries")
    assert "requirements.lock is another one now" in reason()

"""The pipeline on a small cohort: to a champion, and onwards in copies of the project.

That it gives the same bytes elsewhere, killed or not: chaos/test_killed_pipeline.py.
"""

import json
from typing import Any

import mlflow
import pandas as pd
import pytest

from deepdep.data.splits import NOT_JUDGED
from deepdep.io.matrices import read_anndata
from deepdep.registry.gates import FACTS

pytestmark = pytest.mark.slow

STAGES = (
    "validate",
    "prepare",
    "tune",
    "pretrain@mutation",
    "pretrain@expression",
    "finetune",
    "evaluate",
    "release",
    "register",
    "predict",
    "screen",
    "explain",
    "report",
    "explorer",
)
STUDY = ("learning_curve", "tuning_gain", "study_report")


@pytest.fixture(scope="module")
def runs(small) -> dict[str, Any]:
    """Runs by name."""
    client = mlflow.MlflowClient(f"sqlite:///{small.folder / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("deepdep-pipeline")
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


def test_one_command_runs_every_stage(small_run):
    project, stages = small_run
    assert stages == list(STAGES)
    assert len(project.outputs()) >= len(STAGES)
    assert [path for path in project.outputs() if not path.exists()] == []


@pytest.mark.parametrize("stage", STAGES)
def test_the_run_of_every_stage_says_where_it_comes_from(runs, stage):
    run = runs[stage]
    facts = {tag.removeprefix("deepdep.") for tag in run.data.tags}
    # The split is there from the stage on that draws it.
    before_split = {"split_sha256"} if stage in ("validate", "prepare") else set()
    assert set(FACTS) - facts - before_split == set()
    assert run.data.tags["deepdep.git_dirty"] == "false"
    assert any(fact.startswith("version.tensorflow") for fact in facts)
    digests = {used.dataset.name: used.dataset.digest for used in run.inputs.dataset_inputs}
    of_tags = {fact.removeprefix("dvc.") for fact in facts if fact.startswith("dvc.")}
    assert digests.keys() == of_tags != set()


@pytest.mark.parametrize("stage", ["prepare", "pretrain@expression", "finetune", "evaluate"])
def test_the_settings_of_every_stage_are_its_parameters(runs, stage):
    assert any(name.startswith(stage.partition("@")[0]) for name in runs[stage].data.params)


def test_the_metrics_of_dvc_are_few(small):
    shown = json.loads(small.must("dvc", "metrics", "show", "--json"))
    figures = pd.json_normalize(shown[""]["data"]["reports/headline.json"]["data"]).iloc[0]
    assert shown[""]["data"].keys() == {"reports/headline.json"}
    assert 10 <= len(figures) <= 40
    metrics = json.loads((small.folder / "reports" / "metrics.json").read_text())
    of_predictor = metrics["models"]["predictor"]["all"]
    assert figures["predictor.mean_gene_r"] == of_predictor["mean_gene_r"]


def test_a_champion_is_made_and_its_figures_come_out_again(small):
    promoted = small.run("deepdep", "promote")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    assert [line.split(":")[0] for line in promoted.stdout.splitlines()[:5]] == ["met"] * 5
    again = small.run("deepdep", "reproduce", "deepdep-predictor@champion")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "test_mean_gene_r" in again.stdout
    assert again.stderr.endswith("identical\n")


def test_a_changed_parameter_changes_the_stages_that_read_it(small, tmp_path):
    """Those that read their outputs follow, by the graph that DVC has of them."""
    project = small.copy_to(tmp_path / "changed")
    assert changed_stages(project) == set()
    project.override_params({"pretrain": {"expression": {"epochs": 3}}})
    trained_anew = {"pretrain@mutation", "pretrain@expression"}
    assert changed_stages(project) == trained_anew | {"report"}  # which shows all settings
    project.override_params({"finetune": {"epochs": 3}})
    assert changed_stages(project) == trained_anew | {"finetune", "release", "report"}


def changed_stages(project):
    return set(json.loads(project.must("dvc", "status", "--json", "dvc.yaml")))


def test_studies_run_when_asked_for_and_their_report_shows_them(small, tmp_path):
    project = small.copy_to(tmp_path / "asked")
    assert stages_run_by(project) == []
    assert stages_run_by(project, "study/dvc.yaml") == [f"study/dvc.yaml:{name}" for name in STUDY]
    assert stages_run_by(project, "study/dvc.yaml") == []
    pages = [
        (project.folder / folder / "report.html").read_text(encoding="utf-8")
        for folder in ("reports", "study")
    ]
    assert ["Learning curve" in page for page in pages] == [False, True]
    assert "learning_curve.png" in [f.name for f in (project.folder / "study" / "plots").iterdir()]


def test_without_lines_to_judge_by_the_road_leads_to_a_report_without_their_figures(
    small, tmp_path
):
    project = small.copy_to(tmp_path / "unjudged")
    project.override_params(
        {
            "prepare": {"split": {"test": 0}},
            "tune": {"n_trials": 0},
            "finetune": {"n_members": 0},
        }
    )
    not_needed = {"screen", "explain", "explorer"}  # by the report
    ran = stages_run_by(project, "report")
    assert ran == [stage for stage in STAGES[1:] if stage not in not_needed]
    shown = json.loads(project.must("dvc", "metrics", "show", "--json"))
    assert shown[""]["data"] == {"reports/headline.json": {"data": {}}}
    genes = read_anndata(project.folder / "predictions" / "tumors.h5ad").var
    assert genes["test_r"].isna().all()
    assert genes[["cv_r", "half_width"]].notna().all(axis=None)
    page = (project.folder / "reports" / "report.html").read_text(encoding="utf-8")
    assert NOT_JUDGED in page
    client = mlflow.MlflowClient(f"sqlite:///{project.folder / 'mlruns' / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'deepdep-pipeline'")
    figures = {name for run in client.search_runs([experiment.experiment_id])
               for name in run.data.metrics}  # fmt: skip
    assert "cv_mean_gene_r" in figures
    assert not [name for name in figures if name.startswith("test_")]


def stages_run_by(project, *targets):
    reproduction = project.repro(*targets)
    assert reproduction.returncode == 0, reproduction.output
    return list(reproduction.stage_seconds)


def test_an_autoencoder_is_promoted_likewise(small):
    promoted = small.run("deepdep", "promote", "deepdep-autoencoder-expression")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    (version,) = (
        version
        for version in json.loads(small.must("deepdep", "models", "--json"))
        if version["name"] == "deepdep-autoencoder-expression"
    )
    assert version["aliases"] == ["champion"]

"""From a small cohort to a champion, and the champion's figures once more from its commit."""

import json
import shutil
from typing import Any

import mlflow
import pytest

from deepdep.data.cohort import write_cohort
from deepdep.registry.gates import FACTS
from roads.project import IDENTITY, Project, copy_project

pytestmark = pytest.mark.slow

# One omic and short trainings; any gain over the gene mean will do.
SMALL = {
    "omics": ["expression"],
    "tune": {"n_trials": 0, "space": {"omics": {"choices": [["expression"]]}}},
    "pretrain": {"expression": {"epochs": 2}},
    "finetune": {"epochs": 2},
    "tuning_gain": {"seeds": [1]},
    "learning_curve": {"n_lines": [20], "seeds": [1]},
    "evaluate": {"protocol": {"n_bootstrap": 50}, "baselines": {"models": ["gene_mean", "ridge"]}},
    "promote": {"min_r_above_gene_mean": -1.0},
}
STAGES = ("validate", "prepare", "tune", "pretrain@expression", "finetune", "evaluate", "register")


@pytest.fixture(scope="module")
def road(tmp_path_factory, cohort) -> Project:
    """A project with a small cohort of its own, committed, after ``dvc repro register``."""
    project = copy_project(tmp_path_factory.mktemp("registry") / "deepdep")
    project.override_params(SMALL)
    write_cohort(cohort, project.folder / "data")
    (project.folder / "data.dvc").unlink()
    shutil.rmtree(project.folder / "demo-store")
    project.must("dvc", "add", "--quiet", "data")
    project.must("git", "add", "--all")
    project.must("git", *IDENTITY, "commit", "--quiet", "--message", "A small cohort")
    project.must("dvc", "repro", "register")
    return project


@pytest.fixture(scope="module")
def runs(road) -> dict[str, Any]:
    """Runs by name."""
    client = mlflow.MlflowClient(f"sqlite:///{road.folder / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("deepdep-pipeline")
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


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


def test_a_champion_is_made_and_its_figures_come_out_again(road):
    promoted = road.run("deepdep", "promote")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    assert [line.split(":")[0] for line in promoted.stdout.splitlines()[:5]] == ["met"] * 5
    again = road.run("deepdep", "reproduce", "deepdep-predictor@champion")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "test_mean_gene_r" in again.stdout
    assert again.stderr.endswith("identical\n")


def test_a_changed_parameter_runs_its_stage_and_what_follows(road, tmp_path):
    project = road.copy_to(tmp_path / "changed")
    project.must("dvc", "repro")
    after = ["finetune", "evaluate", "learning_curve", "register", "predict", "report"]
    project.override_params({"finetune": {"epochs": 3}})
    assert list(stages_run_by(project)) == after
    project.override_params({"pretrain": {"expression": {"epochs": 3}}})
    assert list(stages_run_by(project)) == ["pretrain@expression", *after]


def stages_run_by(project):
    reproduction = project.repro()
    assert reproduction.returncode == 0, reproduction.output
    return reproduction.stage_seconds


def test_an_autoencoder_is_promoted_likewise(road):
    promoted = road.run("deepdep", "promote", "deepdep-autoencoder-expression")
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    (version,) = (
        version
        for version in json.loads(road.must("deepdep", "models", "--json"))
        if version["name"] == "deepdep-autoencoder-expression"
    )
    assert version["aliases"] == ["champion"]

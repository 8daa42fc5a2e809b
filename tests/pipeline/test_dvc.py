"""What users of DVC do: experiments, plots, and sharing through remotes."""

import shutil
from dataclasses import replace

import mlflow
import pytest
import yaml
from selenium.webdriver.support.wait import WebDriverWait

from pipeline_runs.browser import CHROMIUM, DRIVER, browser
from pipeline_runs.project import IDENTITY, ROOT, Project, copy_project

pytestmark = pytest.mark.slow

# A study of one trial has no importances to draw.
N_PLOTS = len(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["plots"]) - 1

STAGE = """
import sys
from pathlib import Path

import yaml
from deepdep.tracking import tracked_run

rate = yaml.safe_load(Path("params.yaml").read_text())["finetune"]["rate"]
with tracked_run("finetune", None) as run:
    Path("rate.txt").write_text(str(rate))
"""
DVC_YAML = """
stages:
  finetune:
    cmd: python stage.py
    deps: [stage.py, src/deepdep]
    params: [finetune.rate]
    outs: [rate.txt]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The code, and one stage that does next to nothing, committed after ``dvc repro``."""
    project = Project(tmp_path_factory.mktemp("experiments") / "deepdep")
    shutil.copytree(
        ROOT / "src", project.folder / "src", ignore=shutil.ignore_patterns("__pycache__")
    )
    texts = {"stage.py": STAGE, "dvc.yaml": DVC_YAML, "params.yaml": "finetune:\n  rate: 1\n"}
    texts[".gitignore"] = "mlruns\n__pycache__\n"
    texts[".dvcignore"] = "__pycache__\n"
    for name, text in texts.items():
        (project.folder / name).write_text(text)
    project.must("git", "init", "--quiet")
    for name, value in (("name", "copy"), ("email", "copy@localhost")):
        project.must("git", "config", f"user.{name}", value)
    project.must("dvc", "init", "--quiet")
    project.must("dvc", "repro", "--quiet")
    commit(project)
    return project


def commit(project):
    project.must("git", "add", "--all")
    project.must("git", *IDENTITY, "commit", "--quiet", "--message", "a commit")


def runs(project):
    """The tags of the stage's runs, by the experiment's name."""
    client = mlflow.MlflowClient(f"sqlite:///{project.folder / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("deepdep-pipeline")
    found = client.search_runs([experiment.experiment_id], "tags.stage = 'finetune'")
    assert all(run.info.status == "FINISHED" for run in found)
    return {run.data.tags.get("deepdep.experiment"): run.data.tags for run in found}


def test_the_run_of_an_experiment_in_a_copy_is_in_the_workspace(project):
    project.must("dvc", "exp", "run", "--temp", "-n", "changed", "-S", "finetune.rate=2")
    project.must("dvc", "exp", "run", "--temp", "-n", "same", "--force")
    tags = runs(project)
    head = project.must("git", "rev-parse", "HEAD").strip()
    for name, is_dirty in {"changed": "true", "same": "false"}.items():
        assert tags[name]["deepdep.git_commit"] == head
        assert tags[name]["deepdep.git_dirty"] == is_dirty
    assert (project.folder / "rate.txt").read_text() == "1"


def test_the_run_of_a_queued_experiment_is_in_the_workspace(project):
    project.must("dvc", "exp", "run", "--queue", "-n", "queued", "-S", "finetune.rate=3")
    project.must("dvc", "queue", "start")
    project.must("dvc", "queue", "logs", "--follow", "queued")
    assert runs(project)["queued"]["deepdep.git_dirty"] == "true"


def test_a_copy_does_not_run_code_that_is_not_its_own(project):
    code = project.folder / "src" / "deepdep" / "errors.py"
    project.must("dvc", "exp", "run", "--queue", "-n", "before", "-S", "finetune.rate=4")
    text = code.read_text()
    code.write_text(text + "\n# edited while it waited\n")
    refused = project.run("dvc", "exp", "run", "--run-all")
    code.write_text(text)
    assert "is not the code that runs" in refused.stdout + refused.stderr
    assert "before" not in runs(project)


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Project:
    return copy_project(tmp_path_factory.mktemp("clone") / "deepdep")


def test_a_clone_brings_the_demo_cohort_and_nothing_is_pushed_into_git(clone):
    clone.must("dvc", "pull", "--quiet", "data.dvc")
    assert (clone.folder / "data" / "gene_effect.h5ad").exists()
    pushed = clone.run("dvc", "push")
    assert "no remote specified" in pushed.stderr
    (clone.folder / "demo-store" / "files" / "md5" / "0f" / "pushed").touch()
    assert clone.must("git", "status", "--porcelain") == ""


def test_a_team_shares_its_own_cohort_through_its_own_remote(clone, tmp_path):
    team = replace(clone, folder=tmp_path / "team")
    shutil.copytree(clone.folder, team.folder)
    team.must("dvc", "remote", "add", "--default", "team", str(tmp_path / "remote"))
    team.must("dvc", "remove", "data.dvc")
    (team.folder / "data" / "gene_sets.gmt").write_text("S\t\tBRAF\n")
    team.must("dvc", "add", "data")
    team.must("dvc", "push", "data.dvc")
    commit(team)
    other = replace(clone, folder=tmp_path / "other")
    team.must("git", "clone", "--quiet", str(team.folder), str(other.folder))
    other.must("dvc", "pull", "--quiet", "data.dvc")
    assert (other.folder / "data" / "gene_sets.gmt").read_text() == "S\t\tBRAF\n"


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver")
def test_every_plot_is_drawn_on_a_page_that_loads_nothing(small, tmp_path):
    small.must("python", ".dvc/plots/page.py", ".dvc/tmp/page.html")
    small.must("dvc", "config", "--local", "plots.html_template", "tmp/page.html")
    small.must("dvc", "plots", "show", "--out", str(tmp_path / "plots"))
    drawn = "return document.querySelectorAll('canvas, svg.marks').length"
    with browser(tmp_path / "profile") as driver:
        driver.get((tmp_path / "plots" / "index.html").as_uri())
        WebDriverWait(driver, 60).until(lambda d: d.execute_script(drawn) >= N_PLOTS)
        assert driver.execute_script("return performance.getEntriesByType('resource')") == []


def test_the_artifacts_of_dvc_are_outputs(small):
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["artifacts"]
    outputs = {str(path.relative_to(small.folder)) for path in small.outputs()}
    paths = {artifact["path"] for artifact in declared.values()}
    assert {path for path in outputs if path.startswith("models/")} <= paths


def test_stages_read_and_write_right_where_files_are_links_into_a_cache_elsewhere(small, tmp_path):
    project = small.copy_to(tmp_path / "linked")
    cache = tmp_path / "disk" / "cache"
    shutil.move(project.folder / ".dvc" / "cache", cache)
    project.must("dvc", "cache", "dir", "--local", str(cache))
    project.must("dvc", "config", "--local", "cache.type", "symlink")
    project.must("dvc", "checkout", "--relink")
    assert (project.folder / "data" / "tumors.h5mu").is_symlink()
    assert (project.folder / "models" / "predictor" / "manifest.json").is_symlink()
    cached = {file: file.read_bytes() for file in cache.rglob("*") if file.is_file()}
    for stage in ("prepare", "finetune", "predict"):
        project.must("dvc", "repro", "--force", "--single-item", stage)
    before, after = small.files(), project.files()
    made = [name for name in after if name.startswith(("prepared/", "models/"))]
    assert [name for name in made if after[name] != before[name]] == []
    assert [file for file, content in cached.items() if file.read_bytes() != content] == []

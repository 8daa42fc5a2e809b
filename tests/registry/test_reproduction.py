"""A project of two small stages, run by DVC under git, and run again from its commit."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest

from deepdep.registry.reproduction import (
    NotReproducibleError,
    RecordedRun,
    ReproductionFailedError,
)
from deepdep.tracking.experiments import PIPELINE
from deepdep.tracking.store import mlflow_client

STAGE = """
import sys
from pathlib import Path
from deepdep.tracking import tracked_run

number = int(Path("data.txt").read_text())
with tracked_run("evaluate", None) as run:
    run.compare({"predictor": {"r": number / 3}, "ridge": {"r": FIGURE}}, "predictor")
    Path("figures.txt").write_text(str(number))
"""
DVC_YAML = """
stages:
  evaluate:
    cmd: python evaluate.py
    deps: [data.txt, evaluate.py]
    outs: [figures.txt]
"""


@dataclass(frozen=True)
class Project:
    folder: Path

    def git(self, *arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True)

    def dvc(self, *arguments):
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": programs},
            check=True,
        )

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a commit")


def run_named(name):
    with mlflow_client() as client:
        experiment = client.get_experiment_by_name(PIPELINE)
        newest = ["attributes.start_time DESC"]
        found = client.search_runs([experiment.experiment_id], order_by=newest)
    return next(run.info.run_id for run in found if run.info.run_name == name)


def make_project(folder, figure):
    """The stage of ``STAGE`` after ``dvc repro``; ``figure`` is what it says of ridge.

    Its data name a remote of their own, to which nothing was pushed.
    """
    project = Project(folder)
    (folder / "evaluate.py").write_text(STAGE.replace("FIGURE", figure))
    (folder / "data.txt").write_text("7")
    (folder / "dvc.yaml").write_text(DVC_YAML)
    (folder / "requirements.lock").write_text("numpy\n")
    (folder / ".gitignore").write_text("mlruns\n")
    project.git("init", "--quiet")
    project.dvc("init", "--quiet")
    project.dvc("add", "--quiet", "data.txt")
    project.dvc("remote", "add", "--quiet", "own", str(folder / "mlruns" / "nothing-pushed"))
    with (folder / "data.txt.dvc").open("a") as pointer:
        pointer.write("  remote: own\n")
    project.commit()
    project.dvc("repro", "--quiet")
    return project


@pytest.fixture
def project(mlflow_project):
    return make_project(mlflow_project, "0.5")


@pytest.mark.slow
def test_a_run_is_made_again_from_its_commit_and_its_data_with_identical_figures(project):
    (project.folder / "evaluate.py").write_text("raise SystemExit(1)")  # a later state
    (project.folder / "data.txt").unlink()
    execution = f"{RecordedRun.find(run_named('ridge')).commit[:7]} dvc repro --quiet"
    for name in ("evaluate", "predictor", "ridge", execution):
        recorded = RecordedRun.find(run_named(name))
        assert recorded.stage == "evaluate"
    again = RecordedRun.find(run_named(execution)).reproduce()
    assert again.is_identical
    assert again.figures.loc["r", "again"] == 7 / 3
    assert not (project.folder / ".dvc" / "config.local").exists()  # the project is as it was


@pytest.mark.slow
def test_a_figure_that_differs_is_told(mlflow_project):
    make_project(mlflow_project, "__import__('time').time_ns()")
    command = "from deepdep.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "reproduce", run_named("ridge")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    header, line = (line.split() for line in done.stdout.splitlines())
    assert header == ["recorded", "again", "difference"]
    assert line[0] == "r"
    assert float(line[3]) > 0
    assert done.stderr.endswith("some figures differ\n")


@pytest.mark.slow
def test_a_pipeline_that_stops_is_our_fault_and_says_so(mlflow_project):
    stops = "1 if Path('.git/first').exists() else sys.exit(3)"
    (mlflow_project / ".git").mkdir()
    (mlflow_project / ".git" / "first").touch()
    make_project(mlflow_project, stops)
    with pytest.raises(ReproductionFailedError, match="dvc repro --force evaluate") as failed:
        RecordedRun.find(run_named("ridge")).reproduce()
    assert failed.value.exit_code == 1


@pytest.mark.slow
def test_a_run_that_nobody_can_make_again_is_refused_in_one_line(project):
    run_id = run_named("evaluate")
    with pytest.raises(NotReproducibleError, match="is no run of the pipeline"):
        RecordedRun.find("0" * 32)
    assert not RecordedRun.find(run_id).lock_differs
    (project.folder / "requirements.lock").write_text("numpy 2\n")
    assert RecordedRun.find(run_id).lock_differs
    with mlflow_client() as client:
        client.set_tag(run_id, "deepdep.git_dirty", "true")
        with pytest.raises(NotReproducibleError, match="made with changes that are not in commit"):
            RecordedRun.find(run_id)
        client.set_tag(run_id, "deepdep.git_dirty", "false")
        client.set_tag(run_id, "deepdep.git_commit", "0" * 40)
        with pytest.raises(NotReproducibleError, match="commit 00000000 is not in this repository"):
            RecordedRun.find(run_id)
        mlflow.MlflowClient().delete_tag(run_id, "deepdep.git_commit")
        with pytest.raises(NotReproducibleError, match="was made outside git"):
            RecordedRun.find(run_id)

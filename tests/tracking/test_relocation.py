import shutil
import sqlite3
from pathlib import Path

import pytest

from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.relocation import COLUMNS, ArtifactsElsewhereError, relocate
from deepdep.tracking.store import mlflow_client

REPRO = PipelineExecution("host:1:100", "dvc repro")


@pytest.fixture
def run_with_file(mlflow_project):
    """A run of a project, with an artifact that says ``first``."""
    (mlflow_project / "note.txt").write_text("first")
    with tracked_run("prepare", None, execution=REPRO) as run:
        run.artifact(mlflow_project / "note.txt")
    return run.run_id


def note_of(run_id, to):
    with mlflow_client() as client:
        to.mkdir(exist_ok=True)
        return Path(client.download_artifacts(run_id, "note.txt", str(to))).read_text()


def places(database):
    """Every place of artifacts that a database names, but that of MLflow's own experiment."""
    with sqlite3.connect(database) as base:
        found = [
            place
            for table, column in COLUMNS.items()
            for (place,) in base.execute(f"SELECT {column} FROM {table}")
        ]
    base.close()
    return [place for place in found if place and place.startswith("file:")]


def test_a_project_that_was_moved_keeps_its_runs_and_says_so(
    mlflow_project, run_with_file, tmp_path_factory, monkeypatch, capsys
):
    moved = tmp_path_factory.mktemp("moved") / "our lab's project 100%"
    shutil.move(mlflow_project, moved)
    monkeypatch.chdir(moved)
    assert note_of(run_with_file, moved / "got") == "first"
    said = capsys.readouterr().err
    assert f"{moved / 'mlruns' / 'mlflow.db'}: was made in {mlflow_project / 'mlruns'}" in said
    here = (moved / "mlruns").as_uri()
    assert all(place.startswith(f"{here}/") for place in places(moved / "mlruns" / "mlflow.db"))
    with tracked_run("finetune", None, execution=REPRO) as run:
        run.artifact(moved / "note.txt")
    assert note_of(run.run_id, moved / "again") == "first"
    assert "was made in" not in capsys.readouterr().err  # once is enough


def test_a_copied_project_keeps_its_runs_and_does_not_write_into_the_first(
    mlflow_project, run_with_file, tmp_path_factory, monkeypatch
):
    copy = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(mlflow_project, copy)
    before = places(mlflow_project / "mlruns" / "mlflow.db")
    (artifact,) = (copy / "mlruns" / "artifacts").rglob("note.txt")
    artifact.write_text("copied")
    monkeypatch.chdir(copy)
    assert note_of(run_with_file, copy / "got") == "copied"
    with tracked_run("finetune", None, execution=REPRO) as run:
        run.artifact(copy / "note.txt")
    assert list((copy / "mlruns").rglob(f"{run.run_id}/artifacts/note.txt"))
    assert not list((mlflow_project / "mlruns").rglob(f"{run.run_id}/**/note.txt"))
    assert places(mlflow_project / "mlruns" / "mlflow.db") == before


def test_a_folder_that_begins_alike_is_not_taken_for_the_one_before(
    mlflow_project, run_with_file, tmp_path_factory, monkeypatch
):
    """An experiment of somebody else's stays where its artifacts are."""
    elsewhere = f"{(mlflow_project / 'mlruns').as_uri()}-others/1"
    with mlflow_client() as client:
        theirs = client.create_experiment("theirs", artifact_location=elsewhere)
    moved = tmp_path_factory.mktemp("moved") / "project"
    shutil.move(mlflow_project, moved)
    monkeypatch.chdir(moved)
    with mlflow_client() as client:
        assert client.get_experiment(theirs).artifact_location == elsewhere


def test_a_project_seen_through_a_link_was_not_moved(mlflow_project, run_with_file, monkeypatch):
    link = mlflow_project.with_name(f"{mlflow_project.name}-link")
    link.symlink_to(mlflow_project)
    assert relocate(link / "mlruns" / "mlflow.db") == (0, None)
    monkeypatch.chdir(link)
    assert note_of(run_with_file, mlflow_project / "got") == "first"


def test_a_database_without_its_artifacts_is_told_where_they_are(
    mlflow_project, run_with_file, tmp_path_factory, monkeypatch
):
    alone = tmp_path_factory.mktemp("alone")
    (alone / "mlruns").mkdir()
    shutil.copy(mlflow_project / "mlruns" / "mlflow.db", alone / "mlruns")
    monkeypatch.chdir(alone)
    (alone / "dvc.yaml").touch()
    before = places(alone / "mlruns" / "mlflow.db")
    with pytest.raises(ArtifactsElsewhereError, match="Move or copy") as refused, mlflow_client():
        pytest.fail("its artifacts are elsewhere")
    assert refused.value.exit_code == 2
    assert places(alone / "mlruns" / "mlflow.db") == before
    assert [file.name for file in (alone / "mlruns").iterdir()] == ["mlflow.db"]

import shutil
from pathlib import Path

import pytest

from deepdep.data.cohort import read_cohort
from deepdep.simulation.settings import DEMO, TINY


def test_a_project_with_a_cohort_is_laid_out(deepdep, tmp_path, monkeypatch):
    monkeypatch.setattr("deepdep.simulation.SimulationSettings.of_size", lambda *_, **__: TINY)
    done = deepdep("init", tmp_path / "study", "--demo")
    assert (done.code, done.stdout) == (0, "")
    assert "a Git repository of its own" in done.stderr
    assert f"next: cd {tmp_path / 'study'} && dvc repro\n" in done.stderr
    assert len(read_cohort(tmp_path / "study" / "data").tumors.obs) == TINY.n_tumors
    assert "path: data" in (tmp_path / "study" / "data.dvc").read_text(encoding="utf-8")
    assert DEMO.n_tumors > TINY.n_tumors


@pytest.mark.parametrize("name", ["dvc.yaml", "pipelines", "data"])
def test_what_is_there_already_is_refused_in_one_line(deepdep, tmp_path, name):
    (tmp_path / name).touch()
    refusal = deepdep("init", tmp_path, "--demo").refusal
    assert refusal.startswith(f"error: {tmp_path / name}: is there already.")
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_a_folder_that_cannot_be_made_is_refused(deepdep, tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be made" in deepdep("init", tmp_path / "file" / "study").refusal


def test_without_git_installed_the_way_without_it_is_named(deepdep, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(shutil.which("true")).parent / "nowhere"))
    assert "--no-git" in deepdep("init", tmp_path / "study").refusal
    assert not (tmp_path / "study").exists()


def test_an_update_goes_with_nothing_else(deepdep, tmp_path):
    assert "--update" in deepdep("init", tmp_path, "--update", "--demo").refusal

"""A project of one's own, as the package lays it out."""

import subprocess
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from deepdep.errors import BadFileError
from deepdep.project import lay_out, project_files, update
from deepdep.tracking.execution import require_code_of
from deepdep.tracking.provenance import PACKAGE_PIN, PIPELINES, paths_of_pipeline

ROOT = Path(__file__).parents[2]
IDENTITY = ("-c", "user.name=user", "-c", "user.email=user@localhost")


def git(folder, *arguments):
    command = ["git", *IDENTITY, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def files_in(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder): p.read_bytes() for p in files if ".git" not in p.parts}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project in a folder that was in no Git repository; nothing is committed."""
    folder = tmp_path_factory.mktemp("user") / "study"
    assert lay_out(folder) == "a Git repository of its own"
    return folder


def test_a_project_has_the_files_of_the_repository(project):
    for path in ("params.yaml", "genes.txt", "pipelines/prepare.py", ".dvc/plots/trials.json"):
        assert (project / path).read_bytes() == (ROOT / path).read_bytes()
    scripts = {file.name for file in (project / "pipelines").glob("*.py")}
    assert scripts == {file.name for file in (ROOT / "pipelines").glob("*.py")}
    assert not (project / "src").exists()


def test_every_stage_depends_on_the_package_where_the_repository_has_its_code(project):
    for file in PIPELINES:
        stages = yaml.safe_load((project / file).read_text(encoding="utf-8"))["stages"]
        of_repository = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"]
        assert list(stages) == list(of_repository)
        for name, stage in of_repository.items():
            kept = [dep for dep in stage["deps"] if not dep.startswith("src/")]
            assert sorted(stages[name]["deps"]) == sorted([*kept, PACKAGE_PIN])
            assert {**stages[name], "deps": []} == {**stage, "deps": []}
    assert PACKAGE_PIN in paths_of_pipeline(project)


def test_dvc_reads_the_pipeline_and_finds_what_it_starts_from(project):
    with Repo(str(project)) as repo:
        stages = {getattr(stage, "name", stage.addressing) for stage in repo.index.stages}
        assert {"prepare", "pretrain@expression", "explorer"} <= stages
        read = {dep.fs_path for stage in repo.index.stages for dep in stage.deps}
        made = {out.fs_path for stage in repo.index.stages for out in stage.outs}
    absent = {Path(path) for path in read if not Path(path).exists()}
    made_paths = {Path(path) for path in made}
    related = {p for p in absent for m in made_paths if p.is_relative_to(m) or m.is_relative_to(p)}
    assert absent - related == {project / "data"}


def test_git_ignores_what_runs_make_and_nothing_that_belongs_to_the_repository_alone(project):
    ignored = (project / ".gitignore").read_text(encoding="utf-8")
    assert "/data\n" in ignored
    assert "demo-store" not in ignored
    added = git(project, "add", "--all", "--dry-run")
    assert {"add 'params.yaml'", "add 'mlruns/README.md'"} <= set(added.splitlines())


def test_nothing_is_written_where_something_is_there_already(tmp_path):
    (tmp_path / "params.yaml").write_text("mine: 1\n", encoding="utf-8")
    with pytest.raises(BadFileError, match=r"params\.yaml: is there already"):
        lay_out(tmp_path)
    assert files_in(tmp_path) == {Path("params.yaml"): b"mine: 1\n"}
    assert not (tmp_path / ".git").exists()


def test_without_git_dvc_keeps_versions_alone(tmp_path):
    assert lay_out(tmp_path / "study", with_git=False) == "without Git"
    assert not (tmp_path / "study" / ".git").exists()
    with Repo(str(tmp_path / "study")) as repo:
        assert repo.config["core"]["no_scm"]
        assert repo.config["core"]["autostage"]


def test_a_folder_of_a_repository_becomes_a_part_of_it(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert lay_out(tmp_path / "study") == ""
    assert not (tmp_path / "study" / ".git").exists()
    assert "study/.dvc/config" in git(tmp_path, "status", "--porcelain", "--untracked-files=all")


def test_stages_refuse_another_package_until_the_project_is_brought_to_it(project, tmp_path):
    require_code_of(project)
    pin, script = project / PACKAGE_PIN, project / "pipelines" / "predict.py"
    former = pin.read_text(encoding="utf-8").replace("sha256: ", "sha256: 0")
    pin.write_text(former, encoding="utf-8")
    script.write_text("old = 1\n", encoding="utf-8")
    (project / "params.yaml").write_text("mine: 1\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"package\.yaml: names deepdep .* --update"):
        require_code_of(project)

    with pytest.raises(BadFileError, match="not committed"):
        update(project)
    assert script.read_text(encoding="utf-8") == "old = 1\n"
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Mine")
    update(project)
    require_code_of(project)
    assert script.read_bytes() == (ROOT / "pipelines" / "predict.py").read_bytes()
    assert (project / "params.yaml").read_text(encoding="utf-8") == "mine: 1\n"
    changed = git(project, "status", "--porcelain").split()
    assert changed == ["M", PACKAGE_PIN, "M", "pipelines/predict.py"]


def test_only_a_project_is_brought_to_another_package(tmp_path):
    with pytest.raises(BadFileError, match=r"package\.yaml: there is no such file"):
        update(tmp_path)
    assert files_in(tmp_path) == {}


def test_the_lock_lists_what_is_installed():
    lines = project_files()["requirements.lock"].splitlines()
    assert any(line.startswith("tensorflow==2.") for line in lines)
    assert lines[1:] == sorted(lines[1:], key=lambda line: line.partition("==")[0])

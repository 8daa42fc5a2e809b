import hashlib
import os
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from deepdep.errors import DeepDEPError
from deepdep.io.code import PACKAGE
from deepdep.tracking.provenance import (
    commit_of_pipeline,
    current_execution,
    process_name,
    project_root,
    provenance,
    require_code_of,
    stage_inputs,
    workspace_root,
)

DVC_YAML = """
stages:
  prepare:
    cmd: python pipelines/prepare.py
    deps: [src/deepdep/data, data/tumors.h5mu, data/cell_lines.h5mu]
    outs: [prepared]
  pretrain:
    matrix: {omic: [expression, mutation]}
    cmd: python pipelines/pretrain.py ${item.omic}
    deps: ["prepared/${item.omic}", tuning/best.yaml]
    outs: ["models/autoencoders/${item.omic}"]
  finetune:
    cmd: python pipelines/finetune.py
    deps: [models/autoencoders]
"""

DVC_LOCK = """
schema: '2.0'
stages:
  prepare:
    outs: [{path: prepared, md5: 11aa.dir}]
  tune:
    outs: [{path: tuning/best.yaml, md5: 22bb}, {path: tuning/trials.csv, md5: 33cc}]
  pretrain@expression:
    deps: [{path: prepared/expression, md5: stale}]
    outs: [{path: models/autoencoders/expression, md5: 44dd.dir}]
  pretrain@mutation:
    outs: [{path: models/autoencoders/mutation, md5: 55ee.dir}]
"""


@pytest.fixture
def project(tmp_path):
    """A project with a lock file: 11aa is prepared/, 22bb best.yaml, 66ff data/, and so on."""
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / "dvc.lock").write_text(DVC_LOCK)
    (tmp_path / "data.dvc").write_text("outs: [{path: data, md5: 66ff.dir}]")
    return tmp_path


def test_the_project_is_the_nearest_folder_with_a_dvc_yaml(tmp_path, monkeypatch):
    deep = tmp_path / "docs" / "decisions"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert project_root() == deep
    (tmp_path / "dvc.yaml").touch()
    assert project_root() == tmp_path


@pytest.mark.parametrize("copy", ["tmp1a", "standalone/tmp1a", "tmp1a/below/the/git/root"])
def test_the_workspace_of_a_copy_for_an_experiment_is_where_dvc_made_it(
    copy, tmp_path, monkeypatch
):
    folder = tmp_path / ".dvc" / "tmp" / "exps" / copy
    folder.mkdir(parents=True)
    (folder / "dvc.yaml").touch()
    monkeypatch.chdir(folder)
    assert project_root() == folder
    assert workspace_root() == tmp_path
    monkeypatch.chdir(tmp_path)
    assert workspace_root() == tmp_path


def test_code_of_a_project_that_is_not_what_runs_is_refused(tmp_path):
    require_code_of(tmp_path)  # it has none
    own = tmp_path / "src" / "deepdep"
    shutil.copytree(PACKAGE, own)
    require_code_of(tmp_path)
    (own / "__pycache__" / "old.pyc").parent.mkdir(exist_ok=True)
    (own / "__pycache__" / "old.pyc").touch()
    require_code_of(tmp_path)
    (own / "new.py").touch()
    with pytest.raises(DeepDEPError, match=r"is not the code that runs.*PYTHONPATH=src"):
        require_code_of(tmp_path)


def test_an_input_inside_a_tracked_folder_has_the_folders_hash(project):
    assert stage_inputs(project, "prepare") == {"deepdep.dvc.data": "66ff.dir"}


def test_a_matrix_stage_reads_the_inputs_of_its_own_omic_as_they_are_now(project):
    assert stage_inputs(project, "pretrain@expression") == {
        "deepdep.dvc.prepared": "11aa.dir",
        "deepdep.dvc.tuning/best.yaml": "22bb",
    }


def test_a_folder_of_tracked_folders_has_all_their_hashes(project):
    assert stage_inputs(project, "finetune") == {
        "deepdep.dvc.models/autoencoders/expression": "44dd.dir",
        "deepdep.dvc.models/autoencoders/mutation": "55ee.dir",
    }


def test_a_stage_that_is_asked_for_reads_what_the_pipeline_wrote(project):
    (project / "study").mkdir()
    stages = "stages: {curve: {wdir: .., deps: [models/autoencoders, tuning/best.yaml]}}\n"
    (project / "study" / "dvc.yaml").write_text(stages)
    assert stage_inputs(project, "curve") == {
        "deepdep.dvc.models/autoencoders/expression": "44dd.dir",
        "deepdep.dvc.models/autoencoders/mutation": "55ee.dir",
        "deepdep.dvc.tuning/best.yaml": "22bb",
    }


def test_a_folder_without_dvc_has_no_inputs(tmp_path):
    assert stage_inputs(tmp_path, "prepare") == {}


def test_split_and_lock_are_hashed_when_they_are_there(tmp_path):
    assert "deepdep.split_sha256" not in provenance(tmp_path)
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "splits.csv").write_text("cell_line,split\n")
    (tmp_path / "requirements.lock").write_text("numpy\n")
    tags = provenance(tmp_path)
    assert tags["deepdep.split_sha256"] == hashlib.sha256(b"cell_line,split\n").hexdigest()
    assert tags["deepdep.lock_sha256"] == hashlib.sha256(b"numpy\n").hexdigest()


def test_machine_and_versions_are_recorded(tmp_path):
    tags = provenance(tmp_path)
    assert tags["deepdep.python"] == ".".join(map(str, sys.version_info[:3]))
    assert tags["deepdep.version.numpy"].startswith("2.")
    assert int(tags["deepdep.n_cpus"]) == os.cpu_count()
    assert float(tags["deepdep.memory_gib"]) > 0
    assert tags["deepdep.cpu"]


def test_a_folder_without_git_has_no_commit(tmp_path, monkeypatch):
    assert "deepdep.git_commit" not in provenance(tmp_path)
    monkeypatch.setenv("PATH", "")  # nor is there a git program
    assert "deepdep.git_commit" not in provenance(tmp_path)


def test_a_commit_is_dirty_when_anything_but_what_dvc_writes_changed(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init")
    stages = (
        "{evaluate: {metrics: [metrics.json: {cache: false}]}, pretrain: {outs: ['w/${item}']}}"
    )
    (tmp_path / "dvc.yaml").write_text(f"stages: {stages}\n")
    (tmp_path / "dvc.lock").write_text("stages: {}\n")  # no stage has run yet
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "expression").write_text("1")
    git("add", "--all")
    git("commit", "-m", "start")
    (tmp_path / "dvc.lock").write_text("stages: {pretrain: {}}\n")
    (tmp_path / "metrics.json").unlink()  # as DVC does before the stage runs
    (tmp_path / "w" / "expression").write_text("2")
    tags = provenance(tmp_path)
    assert tags["deepdep.git_commit"] == git("rev-parse", "HEAD")
    assert tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")
    assert tags["deepdep.git_dirty"] == "false"
    (tmp_path / "model.py").touch()
    assert provenance(tmp_path)["deepdep.git_dirty"] == "true"


def test_a_file_that_was_written_anew_in_no_time_and_is_as_long_is_a_change(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout

    params = tmp_path / "params.yaml"
    params.write_text("rate: 1")
    an_hour_ago = time.time() - 3600
    os.utime(params, (an_hour_ago, an_hour_ago))
    git("init")
    git("config", "core.trustctime", "false")
    git("add", "--all")
    git("commit", "-m", "start")
    assert provenance(tmp_path)["deepdep.git_dirty"] == "false"
    params.write_text("rate: 2")
    os.utime(params, (an_hour_ago, an_hour_ago))
    assert git("status", "--porcelain") == b""  # to git itself, it is the same file
    assert provenance(tmp_path)["deepdep.git_dirty"] == "true"


def test_the_commit_of_the_pipeline_is_the_last_that_changed_code_settings_or_data(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(*files):
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text((tmp_path / file).name + git("rev-list", "--all"))
        git("add", "--all")
        git("commit", "-m", "change")
        return git("rev-parse", "HEAD")

    assert commit_of_pipeline(tmp_path) is None
    git("init")
    (tmp_path / "dvc.yaml").write_text("stages: {a: {deps: [data, src/a, pipelines/a.py]}}\n")
    first = commit("src/a/b.py", "pipelines/a.py", "params.yaml", "data.dvc", "README.md")
    date = git("log", "-1", "--format=%cs")
    assert commit_of_pipeline(tmp_path) == f"commit {first[:12]} of {date}"
    commit("README.md", "dvc.lock", "src/cli.py")
    assert commit_of_pipeline(tmp_path) == f"commit {first[:12]} of {date}"
    for file in ("src/a/b.py", "pipelines/a.py", "params.yaml", "data.dvc"):
        assert commit(file)[:12] in commit_of_pipeline(tmp_path)
    (tmp_path / "params.yaml").write_text("changed")
    assert commit_of_pipeline(tmp_path).endswith("with changes that are not committed")


def test_a_lone_script_is_its_own_execution():
    execution = current_execution()
    assert execution.process == process_name(psutil.Process())
    assert execution.command.startswith("by hand: ")


def test_stages_of_one_dvc_process_belong_to_one_execution(tmp_path):
    stage = (
        "from deepdep.tracking.provenance import current_execution as e; "
        "print(e().process, e().command)"
    )
    script = tmp_path / "dvc"  # stands in for the program of that name
    script.write_text(
        "import os, subprocess, sys\n"
        "print(os.getpid(), flush=True)\n"
        "for _ in range(2):\n"
        f'    subprocess.run([sys.executable, "-c", "{stage}"], check=True)\n'
    )
    command = [sys.executable, str(script), "repro", "finetune"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pid, first, second = printed.splitlines()
    assert first == second
    name, what = first.split(" ", 1)
    assert name.split(":")[1] == pid
    assert what == "dvc repro finetune"

"""What DVC takes for a change."""

import shutil
import subprocess
import sys

import pytest
import yaml
from dvc.utils.serialize import modify_yaml

from deepdep.io.code import PACKAGE, code_reached
from deepdep.tracking.provenance import PIPELINES
from pipeline_runs.project import ROOT

STAGES = {
    name: stage
    for file in PIPELINES
    for name, stage in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"].items()
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_all_code_that_its_script_reaches(stage):
    deps = {ROOT / dep for dep in STAGES[stage]["deps"] if "$" not in dep}
    (script,) = (dep for dep in deps if dep.parent == ROOT / "pipelines")
    reached = [
        ROOT / "src" / PACKAGE.name / file.relative_to(PACKAGE) for file in code_reached(script)
    ]
    missing = [str(file) for file in reached if not deps & {file, *file.parents}]
    assert missing == []


def test_imports_are_followed_into_functions_and_through_packages():
    names = {file.relative_to(PACKAGE).as_posix() for file in code_reached("deepdep.cli")}
    assert {"cli/tune.py", "tuning/workers.py", "models/baselines/__init__.py"} <= names
    assert "registry/candidates.py" in {  # through a face that loads names when asked for them
        file.relative_to(PACKAGE).as_posix()
        for file in code_reached(ROOT / "pipelines/register.py")
    }
    assert "simulation/biology.py" not in {
        file.relative_to(PACKAGE).as_posix() for file in code_reached("deepdep.training.finetune")
    }


def test_dvc_finds_what_is_asked_for_beside_the_pipeline():
    """It does not look into a folder that git ignores, whatever is excepted there."""
    command = [sys.executable, "-m", "dvc", "dag", "--md", "study/dvc.yaml"]
    graph = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert graph.returncode == 0, graph.stderr
    assert "study/dvc.yaml:study_report" in graph.stdout
    assert "finetune" in graph.stdout


def test_bytecode_of_an_import_is_no_change_of_the_code():
    bytecode = "src/deepdep/models/__pycache__/network.cpython-311.pyc"
    command = [sys.executable, "-m", "dvc", "check-ignore", bytecode]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ignored.stdout.split() == [bytecode]


def test_a_parameter_that_dvc_sets_changes_its_line_alone(tmp_path):
    """As ``dvc exp run -S finetune.n_members=7`` does."""
    file = tmp_path / "params.yaml"
    shutil.copy(ROOT / "params.yaml", file)
    with modify_yaml(file) as params:
        params["finetune"]["n_members"] = 7
    before, after = ((ROOT / "params.yaml").read_text().splitlines(), file.read_text().splitlines())
    changed = [line for old, line in zip(before, after, strict=True) if old != line]
    assert [line.split()[:2] for line in changed] == [["n_members:", "7"]]

"""Two of a kind at once: one waits for the other, or ends with exit code 4 and names it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from chaos_tools import DEEPDEP
from deepdep.data.prepared import write_prepared
from deepdep.settings import merged, read_yaml

ROOT = Path(__file__).parents[2]
BUSY = 4
TIME_LIMIT = 1800


def start(place, *command, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True, **options
    )


def wait_for(there, process):
    for _ in range(1200):
        assert process.poll() is None, process.stderr.read()
        if there():
            return
        time.sleep(0.2)
    raise AssertionError("waited in vain")


def write_params(place, epochs):
    short = {"pretrain": {"epochs": 1}, "finetune": {"epochs": epochs, "patience": epochs}}
    params = merged(read_yaml(ROOT / "params.yaml"), {"tune": {"n_trials": 1, **short}})
    (place / "params.yaml").write_text(yaml.safe_dump(params))


@pytest.mark.slow
def test_a_second_tune_names_the_first_and_takes_over_when_it_is_dead(
    mlflow_project, prepared_cohort, print_figures
):
    write_prepared(prepared_cohort, mlflow_project / "prepared")
    write_params(mlflow_project, epochs=10**6)
    database = mlflow_project / ".checkpoints" / "tune.db"
    first = start(mlflow_project, *DEEPDEP, "tune")
    try:
        wait_for(database.exists, first)
        second = start(mlflow_project, *DEEPDEP, "tune")
        error = second.communicate(timeout=TIME_LIMIT)[1]
        assert second.returncode == BUSY, error
        assert f"It is process {first.pid}: " in error
        assert first.poll() is None
        first.send_signal(signal.SIGKILL)
        first.communicate()
        write_params(mlflow_project, epochs=1)
        third = start(mlflow_project, *DEEPDEP, "tune")
        error = third.communicate(timeout=TIME_LIMIT)[1]
        assert third.returncode == 0, error
    finally:
        first.kill()
    print_figures("two tunes at once", code=BUSY, taken_over=True)


@pytest.mark.slow
def test_two_imports_into_one_folder_lose_nothing(mlflow_project, print_figures):
    (mlflow_project / "sets.gmt").write_text("A\tx\tTP53\tMDM2\nB\tx\tBRAF\tNRAS\n")
    tables = mlflow_project / "tables" / "cell_lines"
    tables.mkdir(parents=True)
    rows = "".join(f"ACH-00000{k},{k % 2},{(k + 1) % 2},0\n" for k in range(1, 9))
    (tables / "mutation.csv").write_text(f"cell_line,TP53,MDM2,BRAF\n{rows}")
    both = [
        start(mlflow_project, *DEEPDEP, "import", "gmt", "sets.gmt", "--to", "cohort"),
        start(mlflow_project, *DEEPDEP, "import", "tables", "tables", "--to", "cohort"),
    ]
    errors = [process.communicate(timeout=TIME_LIMIT)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    names = sorted(path.name for path in (mlflow_project / "cohort").iterdir())
    print_figures("two imports at once", codes=[0, 0], files=names)
    assert names == ["cell_lines.h5mu", "gene_sets.gmt"]


@pytest.mark.chaos
def test_two_pipelines_in_one_project_end_and_nothing_is_half_made(
    make_small_project, print_figures
):
    project = make_small_project()
    command = ["dvc", "repro"]
    both = [
        subprocess.Popen(command, cwd=project.folder, env=project.environment) for _ in range(2)
    ]
    codes = [process.wait(TIME_LIMIT) for process in both]
    assert 0 in codes
    assert project.repro().returncode == 0
    print_figures("two pipelines at once", codes=codes)


@pytest.mark.chaos
def test_a_stage_whose_dvc_was_killed_keeps_the_next_one_out(mlflow_project, print_figures):
    stage = """
import time
from pathlib import Path
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run

def main() -> None:
    with tracked_run("prepare", None):
        Path("begun").touch()
        while not Path("go").exists():
            time.sleep(0.1)
        Path("made").write_text("whole")

run_stage(main)
"""
    (mlflow_project / "stage.py").write_text(stage)
    cmd = f"{sys.executable} stage.py"
    stages = {"stages": {"prepare": {"cmd": cmd, "outs": ["made"]}}}
    (mlflow_project / "dvc.yaml").write_text(yaml.safe_dump(stages))
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--no-scm", "--quiet"], check=True)
    first = start(mlflow_project, *dvc, "repro")
    wait_for((mlflow_project / "begun").exists, first)
    first.kill()
    first.wait()
    second = start(mlflow_project, *dvc, "repro")
    error = second.communicate(timeout=TIME_LIMIT)[1]
    assert second.returncode != 0
    assert "prepare: another process runs this stage" in error
    assert "exited with 4" in error
    orphan = psutil.Process(int(re.search(r"It is process (\d+)", error)[1]))
    (mlflow_project / "go").touch()
    psutil.wait_procs([orphan], TIME_LIMIT)
    third = start(mlflow_project, *dvc, "repro")
    error = third.communicate(timeout=TIME_LIMIT)[1]
    assert third.returncode == 0, error
    print_figures("a stage whose DVC was killed", code=BUSY, taken_over=True)

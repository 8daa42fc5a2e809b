"""SIGINT and SIGTERM end what takes long within seconds, with its run closed and its work kept."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest

from chaos_tools import DEEPDEP, disturbance
from deepdep.data.prepared import write_prepared

ROOT = Path(__file__).parents[2]
STAGE = (sys.executable, str(ROOT / "pipelines" / "pretrain.py"))
SECONDS_TO_END = 10  # asked for; a figure
LOADED = 3  # times that, a guard, as other work may use the cores
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
ENDLESS = """
omics: [mutation, expression]
pretrain: {common: {epochs: 1000000, patience: 1000000}}
tune: {n_trials: 1000000, space: {omics: {choices: [[mutation, expression]]}}}
"""


@dataclass(frozen=True)
class Long:
    """What takes long, and the file that shows that it is at it."""

    command: tuple[str, ...]
    begun: str
    has_run: bool = True


COMMANDS = {
    "pretrain": Long(
        (*STAGE, "expression", "prepared", "best.yaml", "encoder"),
        ".checkpoints/pretrain/expression/state.npz",
    ),
    "tune": Long((*DEEPDEP, "tune"), ".checkpoints/tune.db"),
    "simulate": Long((*DEEPDEP, "simulate", "--to", "c", "--size", "depmap"), "", has_run=False),
}
QUICK = {("pretrain", signal.SIGTERM), ("simulate", signal.SIGINT)}
CASES = [
    disturbance(name, number, name=f"{name} and {number.name}", is_quick=(name, number) in QUICK)
    for name in COMMANDS
    for number in CODES
]


@pytest.fixture
def place(mlflow_project, prepared_cohort) -> Path:
    """A project's folder in which trainings do not end."""
    from deepdep.settings import merged, read_yaml

    write_prepared(prepared_cohort, mlflow_project / "prepared")
    (mlflow_project / "endless.yaml").write_text(ENDLESS)
    (mlflow_project / "best.yaml").write_text("{}\n")
    import yaml

    whole = merged(read_yaml(ROOT / "params.yaml"), read_yaml(mlflow_project / "endless.yaml"))
    (mlflow_project / "params.yaml").write_text(yaml.safe_dump(whole))
    shutil.copy(ROOT / "genes.txt", mlflow_project)
    return mlflow_project


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_signal_ends_it_with_its_work_kept(place, name, number, print_figures):
    long = COMMANDS[name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        long.command,
        cwd=place,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # where nohup ignores it
    ) as process:
        try:
            wait_until_begun(place / long.begun if long.begun else None, process)
            sent = time.monotonic()
            process.send_signal(number)
            said = process.communicate(timeout=120)[1]
            seconds = time.monotonic() - sent
        finally:
            process.kill()
    print_figures("signal", command=name, signal=number.name, code=process.returncode,
                  seconds=round(seconds, 1), within_10_s=seconds < SECONDS_TO_END)  # fmt: skip
    assert process.returncode == CODES[number], said
    assert "Traceback" not in said
    assert seconds < SECONDS_TO_END * LOADED
    if long.begun:
        assert (place / long.begun).exists()
    if long.has_run:
        assert statuses(place) == {"KILLED"}
    assert not list(place.glob(".*.writing-*"))


def wait_until_begun(file, process):
    for _ in range(1200):
        assert process.poll() is None, process.stderr.read()
        if file is not None and file.exists():
            break
        if file is None and cpu_seconds(process.pid) > 2:
            break
        time.sleep(0.2)
    else:
        raise AssertionError("it did not begin")
    time.sleep(2)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def statuses(place):
    uri = f"sqlite:///{place / 'mlruns' / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri, uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return {run.info.status for run in client.search_runs(ids)}

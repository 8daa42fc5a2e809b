"""Dask clusters, here and elsewhere, as a study sees them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dask
import optuna
import psutil
import pytest
from distributed import Client, LocalCluster
from optuna.trial import TrialState

from deepdep.errors import DeepDEPError
from deepdep.tuning import workers
from deepdep.tuning.trial import retry_of
from deepdep.tuning.workers import DaskWorkers
from postgres_server import ESCAPED, PASSWORD
from tuning_project import wait_for

DASK = (sys.executable, "-c", "from distributed.cli.dask_scheduler import main; main()")


def workers_at(scheduler, *, gpus=False):
    return DaskWorkers(Path("prepared"), Path("params.yaml"), None, scheduler, gpus, None)


def test_a_scheduler_that_does_not_answer_is_named():
    named = r"--scheduler tcp://127\.0\.0\.1:1: no Dask scheduler answers there"
    with (
        pytest.raises(DeepDEPError, match=named),
        workers_at("tcp://127.0.0.1:1")("joint-0", print),
    ):
        pass


def test_a_scheduler_without_what_is_asked_for_is_refused():
    options = {"processes": False, "dashboard_address": None}
    with LocalCluster(n_workers=1, **options) as cluster:
        address = cluster.scheduler_address
        with (
            pytest.raises(DeepDEPError, match="no worker has a GPU"),
            workers_at(address, gpus=True)("x", print),
        ):
            pass
    with LocalCluster(n_workers=0, **options) as cluster:
        address = cluster.scheduler_address
        with pytest.raises(DeepDEPError, match="has no workers"), workers_at(address)("x", print):
            pass


def begin(client, monkeypatch):
    """Have one worker be at something that does not end."""
    monkeypatch.setattr(workers, "SECONDS_WITHOUT_WORKERS", 0.5)
    monkeypatch.setattr(workers, "work_as_task", lambda *_: time.sleep(60))
    attendance = workers.Attendance(client, "--scheduler tcp://host:1", "and call again")
    tasks = workers._Tasks(client, ("joint-0", "prepared", "params.yaml"), {}, attendance)
    tasks.submit(1)
    tasks.check()
    return tasks


def check_for(tasks, seconds=60):
    for _ in range(5 * seconds):
        tasks.check()
        time.sleep(0.2)


def test_a_study_whose_workers_have_all_left_ends_with_an_error(monkeypatch):
    options = {"processes": False, "dashboard_address": None}
    with LocalCluster(n_workers=1, **options) as cluster, Client(cluster) as client:
        tasks = begin(client, monkeypatch)
        cluster.scale(0)
        with pytest.raises(DeepDEPError, match="host:1: all workers have left"):
            check_for(tasks)


def test_a_study_whose_scheduler_is_lost_ends_with_an_error(monkeypatch, tmp_path):
    file = tmp_path / "scheduler.json"
    command = [*DASK, "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as scheduler:
        try:
            wait_for(lambda: file.exists() and file.read_text().endswith("}"))
            address = json.loads(file.read_text())["address"]
            quick = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
            with quick, Client(address) as client:
                tasks = begin(client, monkeypatch)
                monkeypatch.setattr(workers, "SECONDS_WITHOUT_WORKERS", 600)
                scheduler.kill()
                with pytest.raises(DeepDEPError, match="host:1: the scheduler was lost"):
                    check_for(tasks)
        finally:
            scheduler.kill()


def dask_workers(driver):
    """Processes of the Dask workers; each is the child of its nanny, which lives in the driver."""
    found = [
        process
        for process in psutil.Process(driver.pid).children(recursive=True)
        if "spawn_main" in " ".join(process.cmdline())
    ]
    return sorted(found, key=lambda process: process.create_time())


def running(study):
    return [trial for trial in study.trials if trial.state is TrialState.RUNNING]


@pytest.mark.postgres
@pytest.mark.slow
def test_workers_of_a_scheduler_take_the_address_from_their_own_environment(
    shared_project, monkeypatch
):
    for name, value in shared_project.environment.items():
        monkeypatch.setenv(name, value)
    shared_project.set(n_trials=3, min_epochs=1000)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        done = shared_project.run("tune", "--scheduler", cluster.scheduler_address)
        with Client(cluster) as client:
            tasks = str(client.run_on_scheduler(_all_that_it_knows))
    assert done.returncode == 0, done.stderr
    assert "3 of 3 trials complete" in done.stderr
    assert "work_as_task" in tasks
    assert ESCAPED not in tasks
    assert PASSWORD not in tasks


def _all_that_it_knows(dask_scheduler):
    return [*dask_scheduler.transition_log, dict(dask_scheduler._broker._topics)]


@pytest.mark.postgres
@pytest.mark.slow
def test_a_study_on_two_workers_with_a_gpu_each_survives_a_kill(shared_project, database, tmp_path):
    n_trials = 12
    shared_project.set(n_trials=n_trials, min_epochs=1000)
    log = tmp_path / "driver"
    driver = shared_project.start("tune", "--workers", "2", "--gpus", log=log)
    try:
        study = _begun(database, log)
        wait_for(lambda: sum(t.state is TrialState.COMPLETE for t in study.trials) >= 3)
        wait_for(lambda: len(running(study)) == 2)  # one trial per GPU, on both
        os.kill(dask_workers(driver)[0].pid, signal.SIGKILL)
        most = 0
        while driver.poll() is None:
            most = max(most, len(running(study)))
            time.sleep(0.3)
    finally:
        if driver.poll() is None:
            driver.kill()
    assert driver.returncode == 0, log.read_text()
    trials = study.trials
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    failed = [trial.number for trial in trials if trial.state is TrialState.FAIL]
    assert len(complete) == n_trials
    assert failed
    assert sorted(retry_of(t) for t in trials if retry_of(t) is not None) == failed
    assert len(complete) + len(failed) == len(trials)
    assert (shared_project.folder / "tuning" / "best.yaml").exists()


def _begun(database, log):
    wait_for(lambda: log.exists() and "study " in log.read_text())
    name = log.read_text().partition("study ")[2].split()[0]
    storage = optuna.storages.RDBStorage(database)
    wait_for(lambda: name in optuna.get_all_study_names(storage))
    study = optuna.load_study(study_name=name, storage=storage)
    wait_for(lambda: study.trials)
    return study

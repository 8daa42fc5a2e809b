import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from deepdep.data.cohort import read_cohort
from deepdep.errors import BadFileError
from deepdep.experiments.cells import ModeFolder
from deepdep.experiments.run import run_folds_in_processes
from small_benchmark import CLOSED_FORM, NETWORK

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
SECONDS_TO_BEGIN, SECONDS_TO_END = 400, 60  # as the machine may be shared
MODELS = {
    "closed_form": {"set": CLOSED_FORM},
    "network": {"set": NETWORK},
    "gene_mean": {"baseline": "gene_mean"},
}


def tables_of(cell):
    ends = () if cell.interval is None else (cell.interval.low, cell.interval.high)
    return [cell.predicted, *ends, cell.genes]


def test_two_workers_make_the_bytes_that_one_makes(plan_of, tmp_path, monkeypatch):
    plan = plan_of(MODELS)
    cells = []
    for n_workers in (1, 2):
        to = tmp_path / str(n_workers)
        folds = plan.folds(read_cohort(plan.data), to)
        monkeypatch.setattr(os, "cpu_count", lambda n=n_workers: n)  # a thread for each worker
        done = list(run_folds_in_processes(plan, folds, to, n_workers))
        assert len({(d.model, d.fold) for d in done if d.mean_gene_r is not None}) == 6
        cells.append(ModeFolder(to / "patient").cells())
    assert len(cells[0]) == 6
    for one, two in zip(*cells, strict=True):
        assert (one.model, one.fold) == (two.model, two.fold)
        for a, b in zip(tables_of(one), tables_of(two), strict=True):
            assert a.to_numpy().tobytes() == b.to_numpy().tobytes()
            assert a.index.equals(b.index)


def test_the_environment_is_as_before(plan_of, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert list(run_folds_in_processes(plan_of(MODELS), [], tmp_path, 2)) == []
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_an_error_of_a_worker_is_the_one_that_it_would_be_here(plan_of, tmp_path):
    plan, to = plan_of(MODELS), tmp_path / "cells"
    folds = plan.folds(read_cohort(plan.data), to)
    absent = replace(plan, data=tmp_path / "absent")
    with pytest.raises(BadFileError, match=r"absent/cell_lines\.h5mu: there is no such file"):
        list(run_folds_in_processes(absent, folds, to, 2))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="tells a process's end by /proc")
def test_workers_end_when_their_parent_is_killed(plan_of, cohort_folder, tmp_path):
    plan_of(MODELS, seeds=list(range(1, 30)))
    command = [sys.executable, "-m", "small_benchmark", str(cohort_folder), str(tmp_path)]
    path = os.pathsep.join([str(TESTS), *sys.path])
    parent = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})
    workers = []
    try:
        limit = time.monotonic() + SECONDS_TO_BEGIN
        while not list(tmp_path.glob("cells/patient/cells/*/[!.]*.h5ad")):
            assert parent.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.2)
        workers = [
            child
            for child in psutil.Process(parent.pid).children()
            if "spawn_main" in " ".join(child.cmdline())
        ]
        assert workers
        parent.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=SECONDS_TO_END)
        assert alive == []
    finally:
        for process in (parent, *workers):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        parent.wait()

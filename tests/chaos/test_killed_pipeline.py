"""``dvc repro``, killed again and again, ends with the bytes of one that nothing disturbed."""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import mlflow
import pytest

from chaos_tools import disturbed

SEED = 20261130
TIME_LIMIT = 1800  # seconds, of one ``dvc repro``
OURS = re.compile(r"\..+\.writing-\w{8}|.+\.old|.+\.tmp")
IN_CACHE = re.compile(r"[0-9a-f]{30}(\.dir)?")
# Another user's machine: what no byte of an output may hang on.
ELSEWHERE = {"PYTHONHASHSEED": "7", "TZ": "Asia/Seoul", "LC_ALL": "C", "COLUMNS": "60"}


def start(project, *targets, **how):
    """Start ``dvc repro`` as the leader of a process group."""
    log = (project.folder.parent / f"{project.folder.name}.log").open("a")
    return subprocess.Popen(
        ["dvc", "repro", *targets],
        cwd=project.folder,
        env=disturbed(project.environment, **how) if how else project.environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # What it started is told to end by the same signal, but the last of it may still do so.
    time.sleep(0.2)


def finish(project, *targets, **how):
    process = start(project, *targets, **how)
    assert process.wait(TIME_LIMIT) == 0, log_of(project)


def log_of(project):
    return (project.folder.parent / f"{project.folder.name}.log").read_text()[-3000:]


def forget(project):
    """Be as before the first ``dvc repro``."""
    for path in project.outputs():
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for folder in (".dvc/tmp", ".dvc/cache/runs", ".checkpoints", "mlruns"):
        shutil.rmtree(project.folder / folder, ignore_errors=True)
    project.must("git", "checkout", "--quiet", "HEAD", "--", ".")  # DVC stages its lock


def require_same(project, undisturbed):
    """Nothing differs from what an undisturbed run made, and nothing is left beside it."""
    files, expected = project.files(), undisturbed.files()
    assert files
    assert [name for name in files if sha256(files[name]) != sha256(expected[name])] == []
    assert leftovers(project.folder) == []
    uri = f"sqlite:///{project.folder / 'mlruns' / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri, uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    assert client.search_runs(ids, "attributes.status = 'RUNNING'", max_results=1) == []


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def leftovers(folder: Path) -> list[str]:
    """Temporary files, ours and DVC's; git's and DVC's own ``tmp`` are theirs."""
    cache, found = folder / ".dvc" / "cache" / "files", []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if relative.parts[0] == ".git" or relative.parts[:2] == (".dvc", "tmp"):
            continue
        odd = cache in path.parents and path.is_file() and not IN_CACHE.fullmatch(path.name)
        if odd or OURS.fullmatch(path.name):
            found.append(str(relative))
    return found


@pytest.fixture(scope="module")
def project(small, tmp_path_factory):
    """A copy of the undisturbed project, which has the same commit."""
    return small.copy_to(tmp_path_factory.mktemp("disturbed") / "deepdep")


@pytest.fixture(scope="module")
def undisturbed(extent, request, tmp_path_factory):
    """The small project or, where there is time, one with the demo cohort, after ``dvc repro``."""
    if not extent.has_demo:
        return request.getfixturevalue("small")
    from pipeline_runs.project import copy_with_demo_cohort

    whole = copy_with_demo_cohort(tmp_path_factory.mktemp("demo") / "deepdep")
    whole.must("dvc", "repro")
    return whole


def test_killed_at_every_write_point_it_ends_as_if_nothing_had_been(
    project, small, extent, tmp_path, print_figures
):
    forget(project)
    killed = tmp_path / "killed"
    killed.touch()
    started, n_kills = time.monotonic(), 0
    while True:
        process = start(project, *extent.targets, CHAOS_KILLED=killed, CHAOS_SHARE=extent.share)
        code = process.wait(TIME_LIMIT)
        if code == 0:
            break
        points = killed.read_text().splitlines()
        assert code == -signal.SIGKILL, log_of(project)
        assert len(points) > n_kills, log_of(project)
        n_kills = len(points)
    finish(project, *extent.targets)
    require_same(project, small)
    assert n_kills >= 3
    print_figures(
        "kills at write points",
        extent=extent.name,
        n_kills=n_kills,
        points=sorted({point.partition(" ")[0] for point in points}),
        n_targets=len({point.rpartition(" ")[2] for point in points}),
        seconds=round(time.monotonic() - started),
    )


def test_killed_at_random_and_elsewhere_it_ends_as_if_nothing_had_been(
    undisturbed, extent, tmp_path, print_figures
):
    """In another folder, with another seed of hashes, time zone and locale."""
    rng = random.Random(SEED)
    project = undisturbed.copy_to(tmp_path / "deepdep")
    forget(project)
    started, n_kills, n_ends = time.monotonic(), 0, 0
    while n_kills < extent.n_random_kills:
        process = start(project, **ELSEWHERE)
        try:
            code = process.wait(rng.uniform(1, extent.longest_pause))
        except subprocess.TimeoutExpired:
            kill(process)
            n_kills += 1
            continue
        assert code == 0, log_of(project)
        require_same(project, undisturbed)
        n_ends += 1
        forget(project)
    finish(project, **ELSEWHERE)
    require_same(project, undisturbed)
    print_figures(
        "kills at random",
        extent=extent.name,
        cohort="demo" if extent.has_demo else "small",
        n_kills=n_kills,
        n_ends=n_ends + 1,
        seconds=round(time.monotonic() - started),
    )

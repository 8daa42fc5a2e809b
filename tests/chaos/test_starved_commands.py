"""Commands without disk, memory, files, time or home: one line, and what was there stays."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chaos_tools import DEEPDEP, disturbance, disturbed
from deepdep.data.cohort import write_cohort
from deepdep.io.containers import write_samples
from deepdep.registry import PREDICTOR, Candidate
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution

ROOT = Path(__file__).parents[2]
SMALL = ("--tumors", "40", "--cell-lines", "40", "--genes", "40", "--features", "120")
TIME_LIMIT = 300  # seconds
FULL = 96 << 20  # bytes of the disk
LEFT = 40 << 10  # bytes free of a disk that is full

COMMANDS = {
    "simulate": (*DEEPDEP, "simulate", "--to", "disk/cohort", *SMALL),
    "import": (*DEEPDEP, "import", "gmt", "sets.gmt", "--to", "disk/cohort"),
    "predict": (*DEEPDEP, "predict", "--model", "model", "--samples", "mine.h5mu",
                "--to", "disk/effects.h5ad"),
    "prepare": (sys.executable, str(ROOT / "pipelines" / "prepare.py"), "data", "disk/prepared"),
    "promote": (*DEEPDEP, "promote"),
}  # fmt: skip
MADE = {  # what each leaves on the disk; what was there is to stay
    "simulate": "cohort/cell_lines.h5mu",
    "import": "cohort/gene_sets.gmt",
    "predict": "effects.h5ad",
    "prepare": "prepared/splits.csv",
    "promote": "mlruns/mlflow.db",
}


@dataclass(frozen=True)
class Lack:
    """What a command lacks, and how it may end then."""

    limits: dict[int, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    codes: tuple[int, ...] = (1, 2)
    disk: str = "free"

    def limit(self) -> None:
        for which, value in self.limits.items():
            resource.setrlimit(which, (value, value))


LACKS = {
    "a full disk": Lack(disk="full"),
    "a read-only disk": Lack(disk="read-only"),
    "no memory": Lack({resource.RLIMIT_AS: 700 << 20}),
    "no file descriptor": Lack({resource.RLIMIT_NOFILE: 5}),
    "a clock set back": Lack(environment={"CHAOS_CLOCK": "86400"}, codes=(0,)),
    "no home": Lack(environment={"HOME": ""}, codes=(0,)),
}
# Libraries fail, end the process or wait, as they begin where they get no memory or no file; who
# has enough to begin makes this cohort.
OF_LIBRARIES = {
    (command, lack)
    for command in ("predict", "prepare", "promote")
    for lack in ("no memory", "no file descriptor")
} | {("simulate", "no file descriptor"), ("simulate", "no memory"), ("import", "no memory")}
FITS = {("import", "a full disk")}  # a few bytes, into what is left of it
NOT_MET = 3  # a gate: what these versions lack
QUICK = {
    ("simulate", "a full disk"),
    ("predict", "a full disk"),
    ("prepare", "a read-only disk"),
    ("promote", "a full disk"),
    ("import", "no file descriptor"),
    ("import", "no home"),
    ("prepare", "a clock set back"),
}
CASES = [
    disturbance(command, lack, name=f"{command} with {lack}", is_quick=(command, lack) in QUICK)
    for command in COMMANDS
    for lack in LACKS
    if (command, lack) not in OF_LIBRARIES | FITS
]


@pytest.fixture
def place(mlflow_project, cohort, predictor_folder, monkeypatch) -> Path:
    """A project's folder with what the commands read."""
    shutil.copytree(predictor_folder, mlflow_project / "model")
    for name in ("params.yaml", "genes.txt"):
        shutil.copy(ROOT / name, mlflow_project)
    write_cohort(cohort, mlflow_project / "data")
    write_samples(cohort.cell_lines, mlflow_project / "mine.h5mu")
    (mlflow_project / "sets.gmt").write_text("A\tx\tTP53\tMDM2\nB\tx\tBRAF\tNRAS\n")
    return mlflow_project


@pytest.fixture
def disk(place) -> Path:
    """A disk of its own, for which one must be root."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a disk")
    disk = place / "disk"
    disk.mkdir()
    options = f"size={FULL}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this container cannot mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def old_artifact(command: str, disk: Path, place: Path) -> Path:
    """Put something where the command writes; return what is to stay as it is."""
    target = disk / MADE[command]
    target.parent.mkdir(parents=True, exist_ok=True)
    if command == "promote":
        execution = PipelineExecution("host:1:1", "dvc repro")
        with tracked_run("register", None, execution=execution) as run:
            figures = {"test_mean_gene_r": 0.25}
            Candidate(place / "model", PREDICTOR, figures, "split").register(run)
        shutil.rmtree(target.parent)
        shutil.move(place / "mlruns", target.parent)
        (place / "mlruns").symlink_to(target.parent)
    else:
        target.write_bytes(b"old")
    return target


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb") as file:
        free = shutil.disk_usage(disk).free - LEFT
        file.write(b"\0" * max(0, free))


def content(folder: Path) -> dict[str, bytes]:
    """Every file, but the locks, which stay."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.mark.parametrize(("command", "lack"), CASES)
def test_it_ends_in_one_line_and_what_was_there_stays(
    place, disk, command, lack, print_figures: Callable[..., None]
):
    given = LACKS[lack]
    if command == "promote" or given.codes != (0,):  # what is no cohort would be refused
        old_artifact(command, disk, place)
    before = content(disk)
    if given.disk == "full":
        fill(disk)
    elif given.disk == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    environment = disturbed(environment, **given.environment)
    if "HOME" in given.environment:
        del environment["HOME"]
    done = subprocess.run(
        COMMANDS[command],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT,
        preexec_fn=given.limit,
    )
    if given.disk == "full":
        (disk / "ballast").unlink()
    print_figures("starved", command=command, lack=lack, code=done.returncode)
    shown = done.stdout[-500:] + done.stderr[-3000:]
    codes = (*given.codes, NOT_MET) if command == "promote" else given.codes
    assert done.returncode in codes, shown
    assert "Traceback" not in done.stderr, shown
    if given.codes != (0,):
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, shown
        assert content(disk) == before

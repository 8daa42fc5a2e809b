"""Fresh copies of this project, as a newcomer's clone would be, and what runs in them."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from deepdep.settings import merged
from deepdep.tracking.provenance import LOCKS

ROOT = Path(__file__).parents[2]
COMMITTED = "1767225600 +0000"
IDENTITY = ("-c", "user.name=copy", "-c", "user.email=copy@localhost")
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
NOT_A_NEWCOMERS = {"MLFLOW_TRACKING_URI", "PYTHONDONTWRITEBYTECODE", *THREADS}
STAGE_STARTS = re.compile(r"Running stage '(.+)':")


@dataclass(frozen=True)
class Reproduction:
    """One ``dvc repro``: what it printed, and how long each stage that ran took.

    A stage's time lasts until the next one starts: what DVC does around it counts.
    """

    returncode: int
    output: str
    seconds: float
    stage_seconds: dict[str, float]


@dataclass(frozen=True)
class Project:
    """A copy of the project; its commands see its own code, and nothing of the original's state."""

    folder: Path
    n_threads: int | None = None  # of its commands; without it, as many as a user's

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, with the interpreter's programs first on the path."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, *command: str) -> str:
        """Run a command that must not fail, and return what it printed."""
        done = self.run(*command)
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def repro(
        self, *arguments: str, on_stage: Callable[[str], None] = lambda _: None
    ) -> Reproduction:
        """Run ``dvc repro`` and take the time of its stages; tell of each that starts."""
        started, lines = time.monotonic(), []
        starts: dict[str, float] = {}
        with subprocess.Popen(
            ["dvc", "repro", *arguments],
            cwd=self.folder,
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout or ():
                lines.append(line)
                if found := STAGE_STARTS.match(line):
                    starts[found[1]] = time.monotonic()
                    on_stage(found[1])
        ended = time.monotonic()
        times = pairwise([*starts.values(), ended])
        return Reproduction(
            returncode=process.returncode,
            output="".join(lines),
            seconds=ended - started,
            stage_seconds={
                stage: end - start for stage, (start, end) in zip(starts, times, strict=True)
            },
        )

    def outputs(self) -> list[Path]:
        """List what the stages that ran wrote, metrics included; a matrix spelled out."""
        entries = [
            entry
            for lock in LOCKS
            if (self.folder / lock).exists()
            for stage in _read_yaml(self.folder / lock)["stages"].values()
            for entry in stage["outs"]
        ]
        return [self.folder / entry["path"] for entry in entries]

    def files(self) -> dict[str, bytes]:
        """Read every file that the stages wrote, by its path in the folder."""
        files = [
            file
            for output in self.outputs()
            for file in (output.rglob("*") if output.is_dir() else [output])
            if file.is_file()
        ]
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in files}

    def copy_to(self, folder: Path) -> "Project":
        """Copy the folder with its DVC cache, but not MLflow's state, which cannot move."""
        shutil.copytree(self.folder, folder, ignore=_mlflow_state)
        return replace(self, folder=folder)

    def override_params(self, values: Mapping[str, Any]) -> None:
        """Lay nested values over params.yaml."""
        file = self.folder / "params.yaml"
        tree = merged(_read_yaml(file), values)
        file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in NOT_A_NEWCOMERS and not name.startswith("GIT_")
        }
        programs = str(Path(sys.executable).parent)
        if self.n_threads is not None:
            kept |= dict.fromkeys(THREADS, str(self.n_threads))
        return kept | {
            "PATH": os.pathsep.join([programs, os.environ["PATH"]]),
            "PYTHONPATH": str(self.folder / "src"),  # an editable install leads to the original
            "DVC_NO_ANALYTICS": "1",
            # Two copies have the same commit, which pages and predictions name.
            "GIT_AUTHOR_DATE": COMMITTED,
            "GIT_COMMITTER_DATE": COMMITTED,
        }


def copy_project(folder: Path) -> Project:
    """Copy what git would publish into a new folder, as a repository with one commit."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    project = Project(folder)
    project.must("git", "init", "--quiet")
    project.must("git", "add", "--all", "--force")  # of demo-store, git ignores what is new
    project.must("git", *IDENTITY, "commit", "--quiet", "--message", "A fresh copy")
    return project


def copy_with_demo_cohort(folder: Path) -> Project:
    """Copy the project and pull the demo cohort from the copy's own store."""
    project = copy_project(folder)
    project.must("dvc", "pull", "--quiet", "data.dvc")
    return project


def _mlflow_state(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name != "README.md"] if Path(folder).name == "mlruns" else []


def _read_yaml(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))

"""Run again what a run did, from its commit, and compare the figures."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from deepdep.errors import DeepDEPError
from deepdep.io.files import file_sha256
from deepdep.settings import read_yaml
from deepdep.tracking import PIPELINE, mlflow_client
from deepdep.tracking.provenance import COMMIT, DIRTY, project_root
from deepdep.tracking.store import SQLITE

LAST_STAGE = "evaluate"  # what brings the figures of a whole execution
LOCK = "deepdep.lock_sha256"


class NotReproducibleError(DeepDEPError):
    """A run cannot be run again: it is unknown, or nobody knows from what it was made."""


class ReproductionFailedError(DeepDEPError):
    """The pipeline of the run's commit stopped."""

    exit_code = 1


@dataclass(frozen=True)
class RecordedRun:
    """A run of MLflow that can be run again.

    Attributes
    ----------
    path
        Names of the runs from its execution's down to it, the execution's left out.
    """

    run_id: str
    path: tuple[str, ...]
    commit: str
    lock_sha256: str | None
    figures: dict[str, float]

    @property
    def stage(self) -> str:
        """The stage to run, with all that it needs."""
        return self.path[0] if self.path else LAST_STAGE

    @classmethod
    def find(cls, run_id: str) -> "RecordedRun":
        """Look a run up, and refuse one that cannot be run again."""
        with mlflow_client() as client:
            experiment = client.get_experiment_by_name(PIPELINE)
            try:
                run = client.get_run(run_id)
            except mlflow.MlflowException:
                run = None
            ours = experiment and experiment.experiment_id
            if run is None or run.info.experiment_id != ours:
                raise NotReproducibleError(
                    f"{run_id}: is no run of the pipeline; `make ui` shows their ids, under "
                    f"{PIPELINE}."
                )
            path: list[str] = []
            above = run
            while parent := above.data.tags.get(MLFLOW_PARENT_RUN_ID):
                path.insert(0, above.info.run_name)
                above = client.get_run(parent)
        tags, commit = run.data.tags, run.data.tags.get(COMMIT)
        if commit is None:
            raise NotReproducibleError(
                f"{run_id}: was made outside git; nobody knows from what code."
            )
        if tags.get(DIRTY) != "false":
            raise NotReproducibleError(
                f"{run_id}: was made with changes that are not in commit {commit[:8]}; "
                "commit them, run `dvc repro`, and reproduce that run."
            )
        if not _figures(run):
            others = "its execution or a stage of it" if path else "a stage of it"
            raise NotReproducibleError(f"{run_id}: has no figures; take {others}.")
        command = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
        if subprocess.run(command, cwd=project_root(), capture_output=True, check=False).returncode:
            raise NotReproducibleError(
                f"{run_id}: its commit {commit[:8]} is not in this repository; fetch it."
            )
        return cls(run_id, tuple(path), commit, tags.get(LOCK), _figures(run))

    @property
    def lock_differs(self) -> bool:
        """Whether the project's lock of libraries is another one than the run's."""
        lock = project_root() / "requirements.lock"
        return (file_sha256(lock) if lock.is_file() else None) != self.lock_sha256

    def reproduce(self) -> "Reproduction":
        """Check out the commit, pull its data, run its stage and compare.

        Everything happens in a temporary folder with a DVC cache and an MLflow of its own, so that
        nothing is taken from an earlier run. What DVC and the stages print goes to standard error.
        """
        with Checkout.of(project_root(), self.commit) as checkout:
            checkout.pull_data()
            checkout.run_python("-m", "dvc", "repro", "--force", self.stage)
            again = checkout.figures(self.path)
        columns = {"recorded": self.figures, "again": again}
        return Reproduction(pd.DataFrame(columns).sort_index())


@dataclass(frozen=True)
class Reproduction:
    """Figures of a run, by name: ``recorded`` and ``again``, NaN where one side has none."""

    figures: pd.DataFrame

    @property
    def is_identical(self) -> bool:
        """Whether every figure came out the same, to the last digit."""
        return bool(self.figures["recorded"].eq(self.figures["again"]).all())

    def __str__(self) -> str:
        table = self.figures.assign(difference=self.figures["again"] - self.figures["recorded"])
        return table.to_string(float_format=lambda x: f"{x:.8g}", na_rep="-")


@dataclass(frozen=True)
class Checkout:
    """The project as it was at a commit, in a folder of its own, with nothing of this process."""

    folder: Path
    root: Path  # the project itself, whose cache of DVC is read

    @classmethod
    @contextmanager
    def of(cls, root: Path, commit: str) -> Iterator["Checkout"]:
        """Lend a clone that reads the repository's objects."""
        command = ["git", "rev-parse", "--show-toplevel", "--show-prefix"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        top, prefix = done.stdout.split("\n")[:2]
        with tempfile.TemporaryDirectory(prefix="deepdep-reproduce-") as scratch:
            clone = Path(scratch) / "project"
            subprocess.run(
                ["git", "clone", "--quiet", "--shared", "--no-checkout", top, clone], check=True
            )
            subprocess.run(["git", "checkout", "--quiet", commit], cwd=clone, check=True)
            yield cls(clone / prefix, root)

    def pull_data(self) -> None:
        """Fetch what ``.dvc`` files name: from the project's own cache, else from DVC's remote."""
        targets = sorted(file.name for file in self.folder.glob("*.dvc") if file.is_file())
        if not targets:
            return
        dvc = [sys.executable, "-m", "dvc"]
        configured = subprocess.run(
            [*dvc, "cache", "dir"], cwd=self.root, capture_output=True, text=True, check=True
        )
        cache = configured.stdout.strip()
        # A target may name a remote of its own, which `--remote` would leave out.
        outs = [out for target in targets for out in read_yaml(self.folder / target)["outs"]]
        named = {out["remote"] for out in outs if "remote" in out}
        for options in ("--default", "here"), *(("--force", name) for name in sorted(named)):
            self.run_python("-m", "dvc", "remote", "add", "--quiet", "--local", *options, cache)
        from_cache = [*dvc, "pull", "--quiet", *targets]
        if subprocess.run(from_cache, cwd=self.folder, capture_output=True, check=False).returncode:
            (self.folder / ".dvc" / "config.local").unlink()
            self.run_python("-m", "dvc", "pull", "--quiet", *targets)

    def run_python(self, *arguments: str) -> None:
        """Run Python with the checkout's code."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID") and not name.startswith("GIT_")
        }
        first = {"PATH": Path(sys.executable).parent, "PYTHONPATH": self.folder / "src"}
        for name, path in first.items():
            kept[name] = os.pathsep.join([str(path), kept.get(name, "")]).rstrip(os.pathsep)
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=kept, stdout=sys.stderr, check=False)
        if done.returncode:
            raise ReproductionFailedError(
                f"`{' '.join(arguments[1:])}` of its commit ended with {done.returncode}; what it "
                "printed stands above."
            )

    def figures(self, path: tuple[str, ...]) -> dict[str, float]:
        """Read those of the run of these names in the checkout's own MLflow."""
        uri = f"{SQLITE}{self.folder / 'mlruns' / 'mlflow.db'}"
        client = mlflow.MlflowClient(uri, uri)
        experiment = client.get_experiment_by_name(PIPELINE)
        found = client.search_runs([experiment.experiment_id], max_results=10_000)
        parent = next(run for run in found if MLFLOW_PARENT_RUN_ID not in run.data.tags)
        for name in path:
            above = parent.info.run_id
            below = [run for run in found if run.data.tags.get(MLFLOW_PARENT_RUN_ID) == above]
            parent = next((run for run in below if run.info.run_name == name), None)
            if parent is None:
                return {}
        return _figures(parent)


def _figures(run: Any) -> dict[str, float]:
    """Return what a run measured, without the machine's load."""
    return {name: x for name, x in run.data.metrics.items() if not name.startswith("system/")}

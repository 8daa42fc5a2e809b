"""A project that is prepared and small, in which a trial takes a second."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
import yaml

from deepdep.data.prepared import write_prepared
from postgres_server import BINARIES, PostgresServer

REPOSITORY = Path(__file__).parents[1]
NUMBERS = itertools.count()
SPACE = {
    "pretrain.*.encoder.corruption": {"low": 0.1, "high": 0.5, "scale": "linear"},
    "finetune.network.embedding": {"choices": [4, 8]},
    "finetune.network.dropout": {"low": 0.0, "high": 0.5, "scale": "linear"},
    "finetune.learning_rate": {"low": 0.001, "high": 0.1, "scale": "log"},
}


def wait_for(there: Callable[[], object], seconds: int = 240) -> None:
    """Wait until something is there, which is looked for again and again."""
    for _ in range(5 * seconds):
        if there():
            return
        time.sleep(0.2)
    raise AssertionError("waited in vain")


@dataclass(frozen=True)
class Project:
    """A folder in which ``deepdep`` is run as users run it."""

    folder: Path
    environment: dict[str, str]

    def start(self, *arguments: str, log: Path | None = None) -> subprocess.Popen:
        """Start a command; its words are ``deepdep ...``. What it says goes to a file, if named."""
        output = subprocess.PIPE if log is None else log.open("a")
        return subprocess.Popen(
            [sys.executable, "-c", "from deepdep.cli import main; main()", *arguments],
            cwd=self.folder,
            env=os.environ | self.environment,
            stdout=output,
            stderr=output,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run a command to its end, with these variables over the project's."""
        process = replace(self, environment=self.environment | environment).start(*arguments)
        out, err = process.communicate(timeout=600)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def set(self, **tune: object) -> None:
        """Change settings of the group ``tune``."""
        file = self.folder / "params.yaml"
        params = yaml.safe_load(file.read_text(encoding="utf-8"))
        params["tune"] |= json.loads(json.dumps(tune))  # YAML has no tuples
        file.write_text(yaml.safe_dump(params), encoding="utf-8")


@pytest.fixture(scope="session")
def tune_settings(pretrain_settings, finetune_settings):
    """Three trials on the split, none of them pruned."""
    from deepdep.tuning.settings import (  # Keras, which most tests do without
        Group,
        Objective,
        Range,
        TuneSettings,
    )

    return TuneSettings(
        n_trials=3,
        max_hours=None,
        group=Group.JOINT,
        objective=Objective.ACCURACY,
        n_folds=1,
        n_startup=2,
        min_epochs=1000,
        seed=1,
        pretrain=pretrain_settings,
        finetune=finetune_settings,
        space={"finetune.network.dropout": Range(0.1, 0.5, "linear")},
    )


@pytest.fixture
def tuning_project(mlflow_project, prepared, pretrain_settings, finetune_settings):
    """One omic of 12 features, 8 genes; a trial trains for two epochs and takes a second."""
    write_prepared(prepared, mlflow_project / "prepared")
    encoder = replace(pretrain_settings.encoder, widths=(4,))
    pretrain = replace(pretrain_settings, encoder=encoder, epochs=1)
    tune = {
        "n_trials": 3,
        "max_hours": None,
        "group": "joint",
        "objective": "accuracy",
        "n_folds": 1,
        "n_startup": 2,
        "min_epochs": 1,
        "seed": 1,
        "pretrain": asdict(pretrain),
        "finetune": asdict(replace(finetune_settings, epochs=2)),
        "space": SPACE,
    }
    params = json.loads(json.dumps({"omics": ["expression"], "tune": tune}))
    (mlflow_project / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return Project(mlflow_project, {"PYTHONPATH": str(REPOSITORY / "src")})


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server; no test leaves it stopped."""
    if not (BINARIES / "postgres").exists():
        pytest.skip(f"no PostgreSQL server in {BINARIES}")
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def database(postgres):
    """Address of an empty database."""
    return postgres.create(f"study_{next(NUMBERS)}")


@pytest.fixture
def shared_project(tuning_project, postgres, database):
    """``tuning_project``, with a database for studies and one for MLflow runs."""
    tracking = postgres.create(database.rpartition("/")[2] + "_mlflow")
    environment = tuning_project.environment | {
        "DEEPDEP_TUNE_STORAGE": database,
        "MLFLOW_TRACKING_URI": tracking,
    }
    return replace(tuning_project, environment=environment)

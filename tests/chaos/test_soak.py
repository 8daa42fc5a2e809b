"""The same things again and again: memory and open files stay as they are.

Two minutes in the slow suite; `make soak` says how long.
"""

import gc
import http.client
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import psutil
import pytest
import yaml

from chaos_tools import serving
from deepdep.cli.app import main

MINUTES = float(os.environ.get("DEEPDEP_SOAK_MINUTES", "2"))
N_REQUESTS = 50  # per round
# What a process may grow by from the middle third to the last, as allocators keep what they had.
MOST_GROWTH = 0.05
SPARE_FILES = 3
MOST_MB_PER_TRIAL = 10  # a guard: allocators keep some; tables and graphs that stay are more
FEWEST_ROUNDS = 6
MEGABYTE = 1 << 20
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Load:
    """What a process takes, and the project's databases, in bytes; and its open files."""

    memory: int
    study: int
    mlflow: int
    files: int

    NAMES: ClassVar = ("memory", "study", "mlflow")

    @classmethod
    def of(cls, process: psutil.Process, folder: Path) -> "Load":
        gc.unfreeze()  # trials freeze what is there when they begin
        gc.collect()  # what is garbage holds files open until then
        databases = (folder / ".checkpoints" / "tune.db", folder / "mlruns" / "mlflow.db")
        sizes = [file.stat().st_size if file.exists() else 0 for file in databases]
        return cls(process.memory_info().rss, *sizes, process.num_fds())


def column(loads, name):
    return [getattr(load, name) for load in loads]


def run(monkeypatch, *arguments):
    """Run a command in this process, as the shell would."""
    monkeypatch.setattr(sys, "argv", ["deepdep", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0


def body_of(predictor_folder):
    features = pd.read_csv(predictor_folder / "features_expression.csv")["feature"]
    columns = [f"expression:{name}" for name in features]
    values = np.random.default_rng(0).uniform(0, 8, (3, len(columns))).tolist()
    return json.dumps(
        {"inputs": {"samples": ["A", "B", "C"], "columns": columns, "values": values}}
    )


def ask(port, body):
    """Predict over connections of their own, as clients that come and go."""
    for _ in range(N_REQUESTS):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("POST", "/invocations", body, HEADERS)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 200


def write_tables(cohort, folder):
    for kind, samples in (("cell_lines", cohort.cell_lines), ("tumors", cohort.tumors)):
        (folder / kind).mkdir(parents=True)
        for omic, table in samples.omics.items():
            table.dropna().to_csv(folder / kind / f"{omic}.csv")
    (folder / "gene_effect").mkdir()
    cohort.gene_effect.table.to_csv(folder / "gene_effect" / "effects.csv")
    sets = ("\t".join((name, "", *genes)) for name, genes in cohort.gene_sets.items())
    (folder / "gene_sets").mkdir()
    (folder / "gene_sets" / "sets.gmt").write_text("\n".join(sets) + "\n")


def growth(values):
    """Compare the last third with the one before, by medians; the first third warms up."""
    third = len(values) // 3
    before, after = np.median(values[third : 2 * third]), np.median(values[2 * third :])
    return float(after / before - 1)


def per_trial(before, after):
    """Return what a trial adds, of a value before and after each round's trial, once warm."""
    warm = len(before) // 3
    return float(np.mean(np.subtract(after, before)[warm:]))


@pytest.mark.slow
def test_memory_and_open_files_stay_as_they_are(
    tuning_project, predictor_folder, cohort, validate_settings, monkeypatch, print_figures, capsys
):
    folder = tuning_project.folder
    tuning_project.set(min_epochs=1000)  # so that each round has one trial, which is complete
    write_tables(cohort, folder / "tables")
    limits = yaml.safe_dump({"validate": asdict(validate_settings)})
    (folder / "validate.yaml").write_text(limits)
    body, this, started = body_of(predictor_folder), psutil.Process(), time.monotonic()
    of_server, before, after = [], [], []
    with serving("--model", predictor_folder, place=folder) as (server, port):
        while time.monotonic() - started < 60 * MINUTES or len(after) < FEWEST_ROUNDS:
            ask(port, body)
            run(monkeypatch, "import", "tables", "tables", "--gene-effect", "effects", "--to", "c")
            run(monkeypatch, "validate", "c", "--params", "validate.yaml")
            before.append(Load.of(this, folder))
            run(monkeypatch, "tune", "--n-trials", len(after) + 1)
            capsys.readouterr()
            after.append(Load.of(this, folder))
            of_server.append(Load.of(psutil.Process(server.pid), folder))
    trial = {name: per_trial(column(before, name), column(after, name)) for name in Load.NAMES}
    added = np.subtract(column(before, "memory")[1:], column(after, "memory")[:-1])
    others = np.cumsum([before[0].memory, *added])  # what remains without the trials' part
    grown = {"server": growth(column(of_server, "memory")), "import and validate": growth(others)}
    warm = len(after) // 3
    files = {
        "server": of_server[-1].files - of_server[warm].files,
        "commands": after[-1].files - after[warm].files,
    }
    print_figures(
        "soak",
        minutes=round((time.monotonic() - started) / 60, 1),
        n_requests=len(after) * N_REQUESTS,
        n_rounds=len(after),
        memory_mb={"server": of_server[-1].memory >> 20, "commands": after[-1].memory >> 20},
        memory_growth={name: round(share, 3) for name, share in grown.items()},
        more_open_files=files,
        mb_per_trial=round(trial["memory"] / MEGABYTE, 1),
        study_bytes_per_trial=round(trial["study"]),
        mlflow_bytes_per_trial=round(trial["mlflow"]),
    )
    assert max(grown.values()) < MOST_GROWTH
    assert max(files.values()) <= SPARE_FILES
    assert trial["memory"] < MOST_MB_PER_TRIAL * MEGABYTE

"""``deepdep tune`` in one process; with several: tests/tuning/test_shared_workers.py."""

import re
from pathlib import Path

import pytest
import yaml

from deepdep.io.documents import read_numbered_csv
from deepdep.tuning.storage import STORAGE, STORAGE_FILE
from postgres_server import PASSWORD

FILES = ("best.yaml", "importances.csv", "trials.csv")


@pytest.fixture
def project(tuning_project, monkeypatch):
    for name in (STORAGE, STORAGE_FILE):
        monkeypatch.delenv(name, raising=False)
    tuning_project.set(n_trials=4, min_epochs=1000)
    return tuning_project


@pytest.mark.slow
def test_a_study_is_run_read_again_extended_and_replayed(deepdep, project):
    done = deepdep("tune")
    assert done.code == 0, done.stderr
    assert re.match(r"study joint-accuracy-[0-9a-f]{12}$", done.stderr.splitlines()[0])
    assert "trial 3: 4 of 4 trials complete, best r 0." in done.stderr
    written = {name: (project.folder / "tuning" / name).read_bytes() for name in FILES}
    trials = read_numbered_csv(project.folder / "tuning" / "trials.csv")
    assert trials["state"].tolist() == ["complete"] * 4
    assert trials["finetune.network.dropout"][0] == 0.0  # as the group tune itself sets it
    best = yaml.safe_load(written["best.yaml"])
    chosen = trials.loc[trials["value"].idxmax()]
    assert best["finetune"]["network"]["dropout"] == chosen["finetune.network.dropout"]

    again = deepdep("tune", "--to", "again")
    assert "trial 3" not in again.stderr
    assert {name: Path("again", name).read_bytes() for name in FILES} == written

    replayed = deepdep("tune", "--replay", chosen["number"])
    assert replayed.code == 0, replayed.stderr
    value = float(chosen["value"])
    assert replayed.stdout == (
        f"trial {chosen['number']}: stored r {value!r}, recomputed {value!r}\n"
    )

    more = deepdep("tune", "--n-trials", 5, "--to", "more")
    assert more.stderr.splitlines()[0] == done.stderr.splitlines()[0]  # the same study
    assert "trial 4: 5 of 5 trials complete" in more.stderr
    assert len(read_numbered_csv(Path("more", "trials.csv"))) == 5

    refused = deepdep("tune", "--replay", 5)
    assert "--replay 5: is no trial that came to its end. Those that did: 0, 1, 2, 3, 4" in (
        refused.refusal
    )


def test_a_replay_that_differs_is_our_fault(deepdep, project, monkeypatch):
    project.set(n_trials=1)
    assert deepdep("tune").code == 0
    monkeypatch.setattr("deepdep.training.session.start_session", lambda seed, precision: None)
    done = deepdep("tune", "--replay", 0)
    assert done.code == 1
    assert "Replay it with the libraries" in done.stderr


def test_a_group_is_a_study_of_its_own(deepdep, project):
    project.set(n_trials=1)
    done = deepdep("tune", "--group", "pretrain")
    assert done.stderr.startswith("study pretrain-")
    best = yaml.safe_load((project.folder / "tuning" / "best.yaml").read_text())
    assert best == {"pretrain": {"expression": {"encoder": {"corruption": 0.1}}}}


def test_a_group_that_the_space_has_nothing_of_is_refused(deepdep, project):
    project.set(space={"finetune.network.dropout": {"low": 0.0, "high": 0.5, "scale": "linear"}})
    assert "--group pretrain: the space has no setting" in (
        deepdep("tune", "--group", "pretrain").refusal
    )


def test_tuning_that_is_off_leaves_headers(deepdep, project):
    project.set(n_trials=0)
    assert deepdep("tune").code == 0
    assert (project.folder / "tuning" / "best.yaml").read_text() == "{}\n"


@pytest.mark.parametrize(
    "options", [("--workers", 2), ("--workers", 0), ("--scheduler", "tcp://x")]
)
def test_several_processes_on_sqlite_are_refused(deepdep, project, monkeypatch, options):
    assert "no database is named that workers could share" in deepdep("tune", *options).refusal
    monkeypatch.setenv(STORAGE, "sqlite:///tune.db")
    assert "SQLite is for one process" in deepdep("tune", *options).refusal
    assert not (project.folder / "tuning").exists()


def test_an_address_that_is_wrong_is_refused_without_its_password(deepdep, project, monkeypatch):
    monkeypatch.setenv(STORAGE, f"postgresql+psycopg://deepdep:{PASSWORD}@host:port/studies")
    done = deepdep("tune", "--workers", 0)
    assert done.code == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: {STORAGE}: is no address")
    assert PASSWORD not in done.stderr

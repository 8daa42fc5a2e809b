"""What ``deepdep worker`` refuses; what it does: tests/tuning/test_shared_workers.py."""

import pytest

from deepdep.tuning.storage import STORAGE, STORAGE_FILE


@pytest.fixture(autouse=True)
def no_address(monkeypatch):
    for name in (STORAGE, STORAGE_FILE):
        monkeypatch.delenv(name, raising=False)


def test_a_worker_without_a_database_is_refused(deepdep, monkeypatch):
    assert "no database is named" in deepdep("worker", "--study", "joint-0").refusal
    monkeypatch.setenv(STORAGE, "sqlite:///tune.db")
    assert "SQLite is for one process" in deepdep("worker", "--study", "joint-0").refusal


@pytest.mark.postgres
def test_a_worker_joins_no_study_that_is_not_there(deepdep, shared_project, database, monkeypatch):
    monkeypatch.setenv(STORAGE, database)
    assert "the database holds no study joint-0" in deepdep("worker", "--study", "joint-0").refusal


@pytest.mark.postgres
@pytest.mark.slow
def test_a_worker_with_other_settings_is_refused(deepdep, shared_project, database, monkeypatch):
    for name, value in shared_project.environment.items():
        monkeypatch.setenv(name, value)
    shared_project.set(n_trials=1, min_epochs=1000)
    done = deepdep("tune")
    study = done.stderr.splitlines()[0].removeprefix("study ")
    shared_project.set(seed=2)
    assert f"--study {study}: was begun with other settings" in (
        deepdep("worker", "--study", study).refusal
    )

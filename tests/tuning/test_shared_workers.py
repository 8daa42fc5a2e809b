"""Real workers on a real database: killed, told to go, cut off."""

import random
import signal
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace

import mlflow
import optuna
import pytest
from optuna.trial import TrialState

from deepdep.tuning.trial import retry_of
from postgres_server import ESCAPED, PASSWORD
from tuning_project import wait_for

pytestmark = pytest.mark.postgres

TINY = {"n_startup": 10, "min_epochs": 1000}  # no trial is pruned


@dataclass
class Study:
    """A study that others work on, watched from outside."""

    project: object
    database: str
    n_workers: int
    workers: list = field(default_factory=list)
    n_started: int = 0

    def __post_init__(self):
        self.logs = self.project.folder / "logs"
        self.logs.mkdir()
        self.driver = self.project.start("tune", "--workers", "0", log=self.logs / "driver")
        self.name = self._named()
        storage = optuna.storages.RDBStorage(self.database, {"pool_pre_ping": True})
        wait_for(lambda: self.name in optuna.get_all_study_names(storage))
        self.study = optuna.load_study(study_name=self.name, storage=storage)
        wait_for(lambda: self.study.trials)
        for _ in range(self.n_workers):
            self.start_worker()

    def start_worker(self):
        log = self.logs / f"worker{self.n_started}"
        self.n_started += 1
        process = self.project.start("worker", "--study", self.name, log=log)
        self.workers.append((process, log))

    def at_work(self):
        """Workers that have finished a trial."""
        alive = [(process, log) for process, log in self.workers if process.poll() is None]
        return [process for process, log in alive if "trial " in log.read_text()]

    def n_complete(self):
        return sum(trial.state is TrialState.COMPLETE for trial in self.study.trials)

    def kill(self, process, signal_number=signal.SIGKILL):
        process.send_signal(signal_number)
        process.wait(timeout=30)

    def wait_to_the_end(self, seconds):
        self.driver.wait(timeout=2 * seconds)
        for process, _ in self.workers:
            process.wait(timeout=180)

    def stop(self):
        for process in (self.driver, *(process for process, _ in self.workers)):
            if process.poll() is None:
                process.kill()
                process.wait()

    def _named(self):
        log = self.logs / "driver"
        wait_for(lambda: "study " in log.read_text())
        return log.read_text().partition("study ")[2].split()[0]


@pytest.fixture
def study_of(shared_project, database):
    """Begin a study of so many workers and settings; whatever is left of it ends."""
    begun = []

    def begin(n_workers, **settings):
        shared_project.set(**(TINY | settings))
        begun.append(Study(shared_project, database, n_workers))
        return begun[0]

    yield begin
    for study in begun:
        study.stop()


def runs_of(project, study):
    """Every MLflow run of a study's trials, by trial number."""
    client = mlflow.MlflowClient(project.environment["MLFLOW_TRACKING_URI"])
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found = client.search_runs(experiments, f"tags.`deepdep.study` = '{study}'", max_results=5000)
    return {run.info.run_id: run for run in found}


def assert_nothing_is_lost_or_doubled(study, n_trials):
    """What must hold whatever happened to the workers."""
    assert study.driver.returncode == 0, (study.logs / "driver").read_text()
    trials = study.study.trials
    states = Counter(trial.state for trial in trials)
    assert set(states) <= {TrialState.COMPLETE, TrialState.FAIL}, states
    assert states[TrialState.COMPLETE] >= n_trials
    assert [trial.number for trial in trials] == list(range(len(trials)))
    retried = Counter(retry_of(trial) for trial in trials if retry_of(trial) is not None)
    failed = [trial.number for trial in trials if trial.state is TrialState.FAIL]
    assert retried == dict.fromkeys(failed, 1)
    by_number = {trial.number: trial for trial in trials}
    for trial in trials:
        if retry_of(trial) is not None:  # one may die while its settings are written
            assert by_number[retry_of(trial)].params.items() <= trial.params.items()
    runs = runs_of(study.project, study.name)
    numbers = Counter(int(run.data.tags["deepdep.trial"]) for run in runs.values())
    assert numbers == dict.fromkeys(range(len(trials)), 1)
    for run in runs.values():
        number = int(run.data.tags["deepdep.trial"])
        is_complete = by_number[number].state is TrialState.COMPLETE
        assert run.info.status == ("FINISHED" if is_complete else "KILLED")
        if (failed_number := retry_of(by_number[number])) is not None:
            assert run.data.tags["deepdep.retry_of"] == str(failed_number)
            repeated = runs[run.data.tags["deepdep.retry_of_run"]]
            assert repeated.data.tags["deepdep.trial"] == str(failed_number)
    return failed


def assert_nowhere(project, server, *words):
    """See that no file of a project and no database holds a word."""
    files = [file for file in project.folder.rglob("*") if file.is_file()]
    texts = {str(file): file.read_bytes() for file in files}
    for variable in ("DEEPDEP_TUNE_STORAGE", "MLFLOW_TRACKING_URI"):
        database = project.environment[variable].rpartition("/")[2]
        texts[database] = server.dump(database).encode()
    assert any(b"finetune.network.dropout" in text for text in texts.values())
    for word in words:
        assert [name for name, text in texts.items() if word.encode() in text] == []


@pytest.mark.parametrize(
    ("n_workers", "n_kills", "n_trials"),
    [
        pytest.param(3, 3, 24, id="short", marks=pytest.mark.slow),
        pytest.param(8, 10, 120, id="whole", marks=pytest.mark.chaos),
    ],
)
def test_workers_are_killed_and_no_trial_is_lost(
    study_of, shared_project, postgres, n_workers, n_kills, n_trials
):
    study = study_of(n_workers, n_trials=n_trials)
    rng = random.Random(1)
    for at in sorted(rng.sample(range(n_workers, n_trials - 2 * n_workers), n_kills)):
        wait_for(lambda at=at: study.n_complete() >= at and study.at_work(), seconds=600)
        time.sleep(rng.random())
        study.kill(rng.choice(study.at_work()))
        study.start_worker()
    study.wait_to_the_end(900)
    failed = assert_nothing_is_lost_or_doubled(study, n_trials)
    assert failed  # the kills did hit trials
    assert study.n_complete() == n_trials  # and no trial more than asked for
    best = study.study.best_trial
    replayed = shared_project.run("tune", "--replay", str(best.number))
    assert replayed.returncode == 0, replayed.stderr
    assert f"stored r {best.value!r}, recomputed {best.value!r}" in replayed.stdout
    assert_nowhere(shared_project, postgres, PASSWORD, ESCAPED)


@pytest.mark.slow
def test_a_database_that_is_away_for_20_s_is_waited_for(study_of, shared_project, postgres):
    study = study_of(3, n_trials=10)
    wait_for(lambda: study.n_complete() >= 3)
    postgres.stop()
    try:
        time.sleep(20)
        died = [log.read_text() for process, log in study.workers if process.poll() is not None]
    finally:
        postgres.start()
    assert died == []
    study.wait_to_the_end(600)
    assert_nothing_is_lost_or_doubled(study, 10)
    assert_nowhere(shared_project, postgres, PASSWORD, ESCAPED)


@pytest.mark.slow
def test_a_worker_that_is_told_to_go_gives_its_trial_back_within_10_s(
    study_of, shared_project, finetune_settings
):
    endless = asdict(replace(finetune_settings, epochs=100_000, patience=100_000))
    study = study_of(1, n_trials=1, finetune=endless)
    wait_for(lambda: study.study.trials[0].intermediate_values)
    ((worker, log),) = study.workers
    study.kill(worker, signal.SIGTERM)
    told = time.time()
    assert worker.returncode == 143, log.read_text()
    first, second = study.study.trials
    assert first.state is TrialState.FAIL
    assert first.datetime_complete.timestamp() - told < 10
    assert second.state is TrialState.WAITING
    assert retry_of(second) == 0
    assert second.params == first.params
    (run,) = runs_of(shared_project, study.name).values()
    assert (run.info.status, run.data.tags["deepdep.outcome"]) == ("KILLED", "interrupted")

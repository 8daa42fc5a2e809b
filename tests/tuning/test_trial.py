from dataclasses import replace

import mlflow
import numpy as np
import optuna
import pytest

from deepdep.tracking import tracked_run
from deepdep.tracking.experiments import PIPELINE
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.store import mlflow_client
from deepdep.training.settings import VALIDATION_R
from deepdep.tuning.embedded import run_embedded
from deepdep.tuning.trial import Scored, Task, TrackedTrials, TrialInfo, TrialLostError


def tracked(client):
    experiment = client.get_experiment_by_name(PIPELINE).experiment_id
    found = client.search_runs([experiment], order_by=["start_time ASC"])
    return [run for run in found if "deepdep.trial" in run.data.tags]


def info_of(number, *repeats):
    values = {"finetune.network.dropout": 0.25, "pretrain.*.encoder.widths": [8, 2]}
    return TrialInfo(number, repeats, values)


@pytest.fixture
def settings(tune_settings):
    """Two trials of two epochs, of which a later one can be pruned after the first."""
    finetune = replace(tune_settings.finetune, epochs=2)
    return replace(tune_settings, n_trials=2, n_startup=1, min_epochs=1, finetune=finetune)


@pytest.fixture
def run(mlflow_project):
    with tracked_run("tune", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        yield run


def test_trials_are_tracked_and_a_pruned_one_is_no_failure(run, settings, tmp_path):
    def score(suggested, callbacks):
        """Each trial is worse than the one before; the network does not matter here."""
        scored.append(1.0 if len(scored) in (0, 3) else 0.5 / len(scored))
        for epoch in range(2):
            for callback in reversed(callbacks):
                callback.on_epoch_end(epoch, {VALIDATION_R: scored[-1]})
        return Scored(scored[-1], 7)

    scored = []
    task = Task(score, settings, {}, TrackedTrials(run, "joint-0"), lambda line: None)
    study = run_embedded(task, tmp_path / "tune.db", "joint-0")
    with mlflow_client() as client:
        trials = tracked(client)
        history = mlflow.MlflowClient().get_metric_history
        r = [
            [point.value for point in history(trial.info.run_id, VALIDATION_R)] for trial in trials
        ]
    states = [trial.state.name for trial in study.trials]
    assert states[0] == "COMPLETE"
    assert "PRUNED" in states
    assert {trial.info.status for trial in trials} == {"FINISHED"}
    outcomes = [trial.data.tags["deepdep.outcome"] for trial in trials]
    assert outcomes == [state.lower() for state in states]
    assert r == [
        [x] * (2 if x == 1.0 else len(values)) for x, values in zip(scored, r, strict=True)
    ]
    assert trials[0].data.metrics["objective"] == 1.0
    attributes = [trial.user_attrs for trial in study.trials]
    assert [of_trial["run_id"] for of_trial in attributes] == [t.info.run_id for t in trials]
    assert [of_trial["seed"] for of_trial in attributes] == [
        settings.seed + number for number in range(len(states))
    ]
    assert attributes[0]["n_weights"] == 7
    assert trials[0].data.metrics["n_weights"] == 7
    assert all(trial.data.tags["mlflow.parentRunId"] == run.run_id for trial in trials)
    assert [trial.data.tags["deepdep.trial"] for trial in trials] == [
        str(number) for number in range(len(states))
    ]
    dropout = [float(trial.data.params["finetune.network.dropout"]) for trial in trials]
    stored = [trial.params["finetune.network.dropout"] for trial in study.trials]
    np.testing.assert_allclose(dropout, stored)


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (RuntimeError("broke"), "FAILED", "fail"),
        (optuna.TrialPruned(), "FINISHED", "pruned"),
        (TrialLostError(), "KILLED", "fail"),
        (KeyboardInterrupt(), "KILLED", "interrupted"),
    ],
)
def test_a_run_tells_how_its_trial_ended(run, error, status, outcome):
    watch = TrackedTrials(run, "joint-0")
    with pytest.raises(type(error)), watch.trial(info_of(0)):
        raise error
    with mlflow_client() as client:
        (trial,) = tracked(client)
    assert (trial.info.status, trial.data.tags["deepdep.outcome"]) == (status, outcome)


def test_a_retry_points_to_the_run_that_it_repeats_and_ends_it(run):
    watch = TrackedTrials(run, "joint-0")
    died = watch.trial(info_of(0))
    died.__enter__()  # and its process is killed
    with watch.trial(info_of(1, 0)):
        pass
    with mlflow_client() as client:
        first, second = tracked(client)
    assert first.info.status == "KILLED"
    assert second.data.tags["deepdep.retry_of"] == "0"
    assert second.data.tags["deepdep.retry_of_run"] == first.info.run_id
    assert second.data.params == {
        "model": "trial",
        "finetune.network.dropout": "0.25",
        "pretrain.encoder.widths": "[8, 2]",
    }


def test_a_retry_of_a_trial_that_died_before_it_had_a_run_gives_it_one(run):
    watch = TrackedTrials(run, "joint-0")
    with watch.trial(info_of(1, 0)):
        pass
    watch.settle({0: "fail", 1: "complete"}, {0: [], 1: [0]})
    with mlflow_client() as client:
        runs = {run.data.tags["deepdep.trial"]: run for run in tracked(client)}
        assert len(tracked(client)) == 2
    assert runs["0"].info.status == "KILLED"
    assert runs["1"].data.tags["deepdep.retry_of_run"] == runs["0"].info.run_id


def test_a_retry_that_died_before_it_had_a_run_still_says_what_it_repeats(run):
    watch = TrackedTrials(run, "joint-0")
    with watch.trial(info_of(2, 0, 1)):  # nobody made a run of 0 nor of 1
        pass
    watch.settle({0: "fail", 1: "fail", 2: "complete", 3: "fail"}, {1: [0], 2: [0, 1], 3: [0]})
    with mlflow_client() as client:
        runs = {run.data.tags["deepdep.trial"]: run for run in tracked(client)}
        assert len(tracked(client)) == 4
    repeated = {
        number: (run.data.tags.get("deepdep.retry_of"), run.data.tags.get("deepdep.retry_of_run"))
        for number, run in runs.items()
    }
    assert repeated == {
        "0": (None, None),
        "1": ("0", runs["0"].info.run_id),
        "2": ("1", runs["1"].info.run_id),
        "3": ("0", runs["0"].info.run_id),
    }
    assert [runs[number].info.status for number in "0123"] == [
        "KILLED",
        "KILLED",
        "FINISHED",
        "KILLED",
    ]


def test_settling_ends_what_does_not_run_and_gives_every_failed_trial_a_run(run):
    watch = TrackedTrials(run, "joint-0")
    left = [watch.trial(info_of(number)) for number in range(3)]
    for trial in left:
        trial.__enter__()
    states = {0: "pruned", 1: "fail", 2: "running", 3: "fail", 4: "waiting"}
    watch.settle(states, {3: [1]})
    with mlflow_client() as client:
        found = {run.data.tags["deepdep.trial"]: run.info.status for run in tracked(client)}
    for trial in reversed(left):  # MLflow would end them with the process, wherever it is then
        trial.__exit__(None, None, None)
    assert found == {"0": "FINISHED", "1": "KILLED", "2": "RUNNING", "3": "KILLED"}


def test_a_study_goes_on_below_the_run_that_it_began_with(mlflow_project):
    execution = PipelineExecution("host:1:1", "dvc repro")
    with tracked_run("tune", None, execution=execution) as run:
        first = TrackedTrials(run, "joint-0").below(None)
    with tracked_run("tune", None, execution=execution) as run:
        watch = TrackedTrials(run, "joint-0")
        assert watch.below(first) == first
        with watch.trial(info_of(0)):
            pass
        assert watch.below("0" * 32) == first  # a run that was deleted
    with mlflow_client() as client:
        (trial,) = tracked(client)
    assert trial.data.tags["mlflow.parentRunId"] == first

import json
from dataclasses import asdict, replace

import keras
import mlflow
import numpy as np
import optuna
import pandas as pd
import pytest

from deepdep.data.splits import validation_folds
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.settings import read_settings
from deepdep.tracking import tracked_run
from deepdep.tracking.experiments import PIPELINE
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.store import mlflow_client
from deepdep.training.finetune import VALIDATION_R, FinetuneSettings
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.session import start_session
from deepdep.tuning.embedded import run_embedded
from deepdep.tuning.results import write_tuned
from deepdep.tuning.settings import Choices, Range
from deepdep.tuning.training_trial import (
    TrackedTrials,
    best_settings,
    known_values,
    score_on,
    study_name,
)
from deepdep.tuning.trial import Scored, Task, TrialInfo, TrialLostError

BEST = {
    "pretrain.*.encoder.corruption": 0.25,
    "pretrain.expression.encoder.widths": [8, 2],
    "finetune.network.embedding": 6,
}


class Watcher(keras.callbacks.Callback):
    """Keeps the network that was trained and the validation r of each epoch."""

    def __init__(self):
        super().__init__()
        self.r = []

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        self.r.append(logs[VALIDATION_R])


@pytest.fixture
def settings(tune_settings):
    """Trials of two epochs; an omic without tumours is not pretrained, which saves a second."""
    network = replace(tune_settings.finetune.network, dropout=0.3)
    return replace(
        tune_settings,
        n_startup=1,
        min_epochs=1,
        pretrain=replace(tune_settings.pretrain, epochs=2, without_tumors="untrained"),
        finetune=replace(tune_settings.finetune, epochs=2, network=network),
    )


def test_the_score_is_the_best_validation_r_of_the_suggested_network(prepared, settings):
    watcher = Watcher()
    start_session(1)
    too_fast = {"finetune.learning_rate": 1.0, "finetune.epochs": 5}
    r = score_on(prepared, settings)(BEST | too_fast, [watcher]).r
    assert r == max(watcher.r)  # not of the last epoch
    assert len(watcher.r) == 5  # the epochs of fine-tuning, not those of pretraining
    network = watcher.model.get_layer("predictor")
    layers = {layer.name: layer.output.shape for layer in network.layers}
    assert layers["cell_embedding"] == (None, 6)
    assert layers["expression_code"] == (None, 2)


def test_a_score_depends_on_seed_number_and_seen_lines_only(prepared, settings):
    def score_of(number, cohort):
        start_session(settings.seed + number)
        return score_on(cohort, settings)({}, [])

    tables = replace(prepared.omics[Omic.EXPRESSION], tumors=None)
    short = replace(prepared, omics={Omic.EXPRESSION: tables})
    first = score_of(0, short)
    assert score_of(1, short) != first
    test = prepared.splits.index[prepared.splits["split"] == "test"]
    effects, profiles = prepared.gene_effect.table.copy(), tables.cell_lines.copy()
    effects.loc[test] = 1e6
    profiles.loc[test] = 1e6
    spoiled = replace(
        short,
        gene_effect=replace(prepared.gene_effect, table=effects),
        omics={Omic.EXPRESSION: replace(tables, cell_lines=profiles)},
    )
    assert score_of(0, spoiled) == first  # although another was trained in between


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("finetune.network.embeding", Choices((64, 128))),
        ("finetun.network.embedding", Choices((64, 128))),
        ("pretrain.expression.encoder.widths", Choices((64,))),
        ("pretrain.proteome.encoder.corruption", Range(0.1, 0.5, "linear")),
        ("finetune.encoders", Choices(("thawed",))),
    ],
)
def test_a_space_of_settings_that_are_none_is_refused_before_a_trial(
    prepared, settings, name, domain
):
    with pytest.raises(DeepDEPError, match=name.replace(".", r"\.")):
        score_on(prepared, replace(settings, space={name: domain}))


@pytest.mark.parametrize(
    "choices", [(), ("proteome",), ("mutation",)], ids=["none", "no such omic", "not prepared"]
)
def test_omics_that_cannot_be_used_are_refused(prepared, settings, choices):
    with pytest.raises(DeepDEPError, match=r"tune\.space\.omics"):
        score_on(prepared, replace(settings, space={"omics": Choices((choices,))}))


def test_a_trial_uses_the_suggested_omics(prepared, settings):
    def score_of(cohort, suggested):
        start_session(1)
        return score_on(cohort, settings)(suggested, [])

    tables = replace(prepared.omics[Omic.EXPRESSION], tumors=None)
    both = replace(prepared, omics={Omic.MUTATION: tables, Omic.EXPRESSION: tables})
    alone = replace(prepared, omics={Omic.EXPRESSION: tables})
    assert score_of(both, {"omics": ["expression"]}) == score_of(alone, {})
    assert score_of(both, {}) != score_of(alone, {})


def test_over_folds_the_score_is_the_mean_and_callbacks_follow_the_first(prepared, settings):
    tables = replace(prepared.omics[Omic.EXPRESSION], tumors=None)
    short = replace(prepared, omics={Omic.EXPRESSION: tables})
    watcher = Watcher()
    start_session(1)
    scored = score_on(short, replace(settings, n_folds=3))({}, [watcher])
    assert len(watcher.r) == settings.finetune.epochs
    assert scored.r != max(watcher.r)
    folds = validation_folds(short.splits, 3, np.random.default_rng(settings.seed))
    start_session(1)
    each = [score_on(replace(short, splits=fold), settings)({}, []).r for fold in folds]
    assert scored.r == np.mean(each)


def test_the_size_is_that_of_the_network(prepared, settings):
    watcher = Watcher()
    scored = score_on(prepared, settings)({"finetune.network.embedding": 6}, [watcher])
    assert scored.n_weights == watcher.model.get_layer("predictor").count_params()


def test_known_values_are_what_a_trial_has_when_nothing_is_suggested(prepared, settings):
    space = {
        "omics": Choices((("expression",),)),
        "pretrain.*.encoder.corruption": Range(0.0, 0.5, "linear"),
        "pretrain.expression.encoder.widths": Choices(((16, 4),)),
        "finetune.genes_per_block": Choices((None,)),
    }
    known = known_values(prepared, replace(settings, space=space))
    assert known == {
        "omics": ("expression",),
        "pretrain.*.encoder.corruption": settings.pretrain.encoder.corruption,
        "pretrain.expression.encoder.widths": settings.pretrain.encoder.widths,
        "finetune.genes_per_block": None,
    }
    assert all(space[name].contains(value) for name, value in known.items())


def test_a_study_is_named_after_what_its_trials_depend_on(prepared, settings, tmp_path):
    def name(settings=settings, omics=("expression",)):
        return study_name(settings, omics, tmp_path)

    (tmp_path / "splits.csv").write_text("cell_line,split\n")
    first = name()
    assert first.startswith("joint-")
    assert name(replace(settings, n_trials=100, max_hours=1.0)) == first
    assert name(replace(settings, seed=2)) != first
    network = replace(settings.finetune.network, dropout=0.1)
    assert name(replace(settings, finetune=replace(settings.finetune, network=network))) != first
    assert name(omics=("expression", "mutation")) != first
    (tmp_path / "splits.csv").write_text("cell_line,split\nACH-1,train\n")
    assert name() != first


def tracked(client):
    experiment = client.get_experiment_by_name(PIPELINE).experiment_id
    found = client.search_runs([experiment], order_by=["start_time ASC"])
    return [run for run in found if "deepdep.trial" in run.data.tags]


def info_of(number, *, retry_of=None):
    values = {"finetune.network.dropout": 0.25, "pretrain.*.encoder.widths": [8, 2]}
    return TrialInfo(number, 0, retry_of, values)


@pytest.fixture
def run(mlflow_project):
    with tracked_run("tune", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        yield run


def test_trials_are_tracked_and_a_pruned_one_is_killed(run, settings, tmp_path):
    def score(suggested, callbacks):
        """Each trial is worse than the one before; the network does not matter here."""
        scored.append(1.0 if len(scored) in (0, 3) else 0.5 / len(scored))
        for epoch in range(2):
            for callback in reversed(callbacks):
                callback.on_epoch_end(epoch, {VALIDATION_R: scored[-1]})
        return Scored(scored[-1], 7)

    scored = []
    task = Task(
        score, replace(settings, n_trials=2), {}, TrackedTrials(run, "joint-0"), lambda line: None
    )
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
    status = {"COMPLETE": "FINISHED", "PRUNED": "KILLED"}
    assert [trial.info.status for trial in trials] == [status[state] for state in states]
    outcomes = [trial.data.tags["deepdep.outcome"] for trial in trials]
    assert outcomes == [state.lower() for state in states]
    assert r == [
        [x] * (2 if x == 1.0 else len(values)) for x, values in zip(scored, r, strict=True)
    ]
    assert trials[0].data.metrics["objective"] == 1.0
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
        (optuna.TrialPruned(), "KILLED", "pruned"),
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
    with watch.trial(info_of(1, retry_of=0)):
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
    with watch.trial(info_of(1, retry_of=0)):
        pass
    watch.settle({0: "fail", 1: "complete"})
    with mlflow_client() as client:
        runs = {run.data.tags["deepdep.trial"]: run for run in tracked(client)}
        assert len(tracked(client)) == 2
    assert runs["0"].info.status == "KILLED"
    assert runs["1"].data.tags["deepdep.retry_of_run"] == runs["0"].info.run_id


def test_settling_ends_what_does_not_run_and_gives_every_failed_trial_a_run(run):
    watch = TrackedTrials(run, "joint-0")
    left = [watch.trial(info_of(number)) for number in range(3)]
    for trial in left:
        trial.__enter__()
    watch.settle({0: "complete", 1: "fail", 2: "running", 3: "fail", 4: "waiting"})
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


def test_the_best_values_are_nested_as_params_yaml_is(prepared_cohort):
    nested = best_settings(prepared_cohort, BEST)
    assert nested == {
        "pretrain": {
            "mutation": {"encoder": {"corruption": 0.25}},
            "expression": {"encoder": {"corruption": 0.25, "widths": [8, 2]}},
            "methylation": {"encoder": {"corruption": 0.25}},
            "copy_number": {"encoder": {"corruption": 0.25}},
        },
        "finetune": {"network": {"embedding": 6}},
    }


def test_without_tuning_nothing_is_nested(prepared):
    assert best_settings(prepared, {}) == {}


def test_the_best_values_go_over_params_yaml(prepared, settings, tmp_path):
    params, best = tmp_path / "params.yaml", tmp_path / "best.yaml"
    of_omic = {"expression": asdict(settings.pretrain)}
    # JSON, which is YAML, has no tuples.
    params.write_text(json.dumps({"pretrain": of_omic, "finetune": asdict(settings.finetune)}))
    others = [tmp_path / name for name in ("trials.csv", "importances.csv")]
    empty = pd.DataFrame({"number": []})
    write_tuned(best_settings(prepared, BEST), empty, empty, best, *others)
    pretrain = read_settings(params, "pretrain.expression", PretrainSettings, tuned=best)
    encoder = replace(settings.pretrain.encoder, corruption=0.25, widths=(8, 2))
    assert pretrain == replace(settings.pretrain, encoder=encoder)
    finetune = read_settings(params, "finetune", FinetuneSettings, tuned=best)
    network = replace(settings.finetune.network, embedding=6)
    assert finetune == replace(settings.finetune, network=network)

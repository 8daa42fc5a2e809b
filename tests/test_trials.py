import json
from dataclasses import asdict, replace

import keras
import numpy as np
import optuna
import pandas as pd
import pytest

from deepdep.domain.errors import DeepDEPError
from deepdep.domain.omics import Omic
from deepdep.io.tuned import write_tuned
from deepdep.mlflow_store import PIPELINE, mlflow_client
from deepdep.params import read_settings
from deepdep.provenance import Execution
from deepdep.tracking import tracked_run
from deepdep.training.finetune import VALIDATION_R, FinetuneSettings
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.session import start_session
from deepdep.trials import best_settings, score_on, watch_with
from deepdep.tuning import Choices, Range, TuneSettings, tune

BEST = {
    "pretrain.*.corruption": 0.25,
    "pretrain.expression.widths": [8, 2],
    "finetune.embedding": 6,
}


class Watcher(keras.callbacks.Callback):
    """Keeps the network that was trained and the validation r of each epoch."""

    def __init__(self):
        super().__init__()
        self.r = []

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        self.r.append(logs[VALIDATION_R])


@pytest.fixture
def settings(pretrain_settings, finetune_settings):
    """Trials of two epochs; an omic without tumours is not pretrained, which saves a second."""
    return TuneSettings(
        n_trials=3,
        n_unpruned=1,
        warmup_epochs=0,
        seed=1,
        pretrain=replace(pretrain_settings, epochs=2, without_tumors="untrained"),
        finetune=replace(finetune_settings, epochs=2, dropout=0.3),
        space={"finetune.dropout": Range(0.1, 0.5, "linear")},
    )


def test_the_score_is_the_best_validation_r_of_the_suggested_network(prepared, settings):
    watcher = Watcher()
    start_session(1)
    too_fast = {"finetune.learning_rate": 1.0, "finetune.epochs": 5}
    r = score_on(prepared, settings)(BEST | too_fast, [watcher])
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
        ("finetune.embeding", Choices((64, 128))),
        ("finetun.embedding", Choices((64, 128))),
        ("pretrain.expression.widths", Choices((64,))),
        ("pretrain.proteome.corruption", Range(0.1, 0.5, "linear")),
        ("finetune.encoders", Choices(("thawed",))),
    ],
)
def test_a_space_of_settings_that_are_none_is_refused_before_a_trial(
    prepared, settings, name, domain
):
    with pytest.raises(DeepDEPError, match=name.replace(".", r"\.")):
        score_on(prepared, replace(settings, space={name: domain}))


def test_trials_are_tracked_and_a_pruned_one_is_killed(mlflow_project, settings):
    def score(suggested, callbacks):
        """Each trial is worse than the one before; the network does not matter here."""
        scored.append(1 / (1 + len(scored)))
        for epoch in range(2):
            for callback in reversed(callbacks):
                callback.on_epoch_end(epoch, {VALIDATION_R: scored[-1]})
        return scored[-1]

    scored = []
    with tracked_run("tune", None, execution=Execution("host:1:1", "dvc repro")) as run:
        tuned = tune(score, settings, watch_with(run))
    assert tuned.trials["state"].tolist() == ["complete", "pruned", "pruned"]
    with mlflow_client() as client:
        experiment = client.get_experiment_by_name(PIPELINE).experiment_id
        runs = {found.info.run_name: found for found in client.search_runs([experiment])}
        trials = [runs[f"trial-{number:03d}"] for number in range(3)]
        r = [
            [point.value for point in client.get_metric_history(trial.info.run_id, VALIDATION_R)]
            for trial in trials
        ]
    assert [trial.info.status for trial in trials] == ["FINISHED", "KILLED", "KILLED"]
    assert r == [[1.0, 1.0], [0.5], [pytest.approx(1 / 3)]]
    assert all(trial.data.tags["mlflow.parentRunId"] == run.run_id for trial in trials)
    dropout = [float(trial.data.params["finetune.dropout"]) for trial in trials]
    np.testing.assert_allclose(dropout, tuned.trials["finetune.dropout"])
    assert runs["tune"].info.status == "FINISHED"


def test_a_trial_that_breaks_is_a_failure(mlflow_project):
    with tracked_run("tune", None, execution=Execution("host:1:1", "dvc repro")) as run:
        watch = watch_with(run)
        for number, error in enumerate((RuntimeError("broke"), optuna.TrialPruned())):
            with pytest.raises(type(error)), watch(number, {}):
                raise error
    with mlflow_client() as client:
        experiment = client.get_experiment_by_name(PIPELINE).experiment_id
        found = {r.info.run_name: r.info.status for r in client.search_runs([experiment])}
    assert found["trial-000"] == "FAILED"
    assert found["trial-001"] == "KILLED"


def test_the_best_values_are_nested_as_params_yaml_is(prepared_cohort):
    nested = best_settings(prepared_cohort, BEST)
    assert nested == {
        "pretrain": {
            "mutation": {"corruption": 0.25},
            "expression": {"corruption": 0.25, "widths": [8, 2]},
            "methylation": {"corruption": 0.25},
            "copy_number": {"corruption": 0.25},
        },
        "finetune": {"embedding": 6},
    }


def test_without_tuning_nothing_is_nested(prepared):
    assert best_settings(prepared, {}) == {}


def test_the_best_values_go_over_params_yaml(prepared, settings, tmp_path):
    params, best = tmp_path / "params.yaml", tmp_path / "best.yaml"
    of_omic = {"expression": asdict(settings.pretrain)}
    # JSON, which is YAML, has no tuples.
    params.write_text(json.dumps({"pretrain": of_omic, "finetune": asdict(settings.finetune)}))
    write_tuned(best_settings(prepared, BEST), pd.DataFrame(), best, tmp_path / "trials.csv")
    pretrain = read_settings(params, "pretrain.expression", PretrainSettings, tuned=best)
    assert pretrain == replace(settings.pretrain, corruption=0.25, widths=(8, 2))
    finetune = read_settings(params, "finetune", FinetuneSettings, tuned=best)
    assert finetune == replace(settings.finetune, embedding=6)

import runpy
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from deepdep.data.splits import validation_folds
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.training.session import start_session
from deepdep.training.settings import VALIDATION_R
from deepdep.tuning.settings import Choices, Range
from deepdep.tuning.study import Definition, study_name

SUGGESTED = {
    "pretrain.*.encoder.corruption": 0.25,
    "pretrain.expression.encoder.widths": [8, 2],
    "finetune.network.embedding": 6,
}


def score_on(prepared, settings):
    return Definition("joint-0", settings, prepared).score()


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
    r = score_on(prepared, settings)(SUGGESTED | too_fast, [watcher]).r
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


def test_the_first_values_are_what_a_trial_has_when_nothing_is_suggested(prepared, settings):
    space = {
        "omics": Choices((("expression",),)),
        "pretrain.*.encoder.corruption": Range(0.0, 0.5, "linear"),
        "pretrain.expression.encoder.widths": Choices(((16, 4),)),
        "finetune.genes_per_block": Choices((None,)),
    }
    start = Definition("joint-0", replace(settings, space=space), prepared).start()
    assert start == {
        "omics": ("expression",),
        "pretrain.*.encoder.corruption": settings.pretrain.encoder.corruption,
        "pretrain.expression.encoder.widths": settings.pretrain.encoder.widths,
        "finetune.genes_per_block": None,
    }
    assert all(space[name].contains(value) for name, value in start.items())


def test_a_study_is_named_after_what_its_trials_depend_on(prepared, settings, tmp_path):
    def name(settings=settings, omics=("expression",)):
        return study_name(settings, omics, tmp_path)

    (tmp_path / "splits.csv").write_text("cell_line,split\n")
    first = name()
    assert first.startswith("joint-accuracy-")
    assert name(replace(settings, n_trials=100, max_hours=1.0)) == first
    assert name(replace(settings, seed=2)) != first
    network = replace(settings.finetune.network, dropout=0.1)
    assert name(replace(settings, finetune=replace(settings.finetune, network=network))) != first
    assert name(omics=("expression", "mutation")) != first
    (tmp_path / ".DS_Store").write_bytes(b"\0")  # which no trial reads
    assert name() == first
    (tmp_path / "splits.csv").write_text("cell_line,split\nACH-1,train\n")
    assert name() != first


STAGE = Path(__file__).parents[2] / "pipelines" / "tune.py"
PARAMS = STAGE.parents[1] / "params.yaml"


def test_the_stage_reads_no_data_where_no_trial_is_asked_for(mlflow_project):
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    params["tune"]["n_trials"] = 0
    (mlflow_project / "params.yaml").write_text(yaml.safe_dump(params))
    main = runpy.run_path(str(STAGE))["main"]
    written = [mlflow_project / name for name in ("best.yaml", "trials.csv", "importances.csv")]
    main(mlflow_project / "not prepared", *written)
    assert yaml.safe_load(written[0].read_text()) == {}
    assert [len(file.read_text().splitlines()) for file in written[1:]] == [1, 1]

import pytest

from deepdep.data.folds import SplitMode
from deepdep.domain.omics import Omic
from deepdep.experiments.plan import excluded_models
from deepdep.experiments.settings import BaselineModel, TrainedModel
from deepdep.simulation.settings import TINY

MUTATION, EXPRESSION, COPY_NUMBER = Omic.MUTATION, Omic.EXPRESSION, Omic.COPY_NUMBER
USED = (MUTATION, EXPRESSION, COPY_NUMBER)
PREDICTOR = {"predictor": TrainedModel()}


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (TrainedModel(data="permuted_methylation"), "does not use methylation"),
        (TrainedModel(omics=(EXPRESSION, Omic.METHYLATION)), "does not use methylation"),
        (TrainedModel(omics=USED), "is the same as predictor"),  # without methylation
        (TrainedModel(hide=USED), "no omic"),  # only methylation
        (TrainedModel(hide=(Omic.METHYLATION,)), "is the same as predictor"),
    ],
)
def test_a_model_that_is_about_an_omic_that_is_not_used_is_excluded_models(model, why):
    found = excluded_models({**PREDICTOR, "model": model}, USED)
    assert list(found) == ["model"]
    assert why in found["model"]
    assert excluded_models({**PREDICTOR, "model": model}, tuple(TINY.n_features)) == {}


def test_of_models_that_differ_in_an_unused_omic_the_first_runs():
    models = {
        "only_expression": TrainedModel(hide=(MUTATION, COPY_NUMBER, Omic.METHYLATION)),
        "only_expression_methylation": TrainedModel(hide=(COPY_NUMBER, MUTATION)),
        "only_mutation": TrainedModel(hide=(EXPRESSION, COPY_NUMBER, Omic.METHYLATION)),
    }
    assert list(excluded_models(models, USED)) == ["only_expression_methylation"]
    assert excluded_models(models, tuple(TINY.n_features)) == {}


def test_models_that_differ_in_what_is_set_both_run():
    models = {**PREDICTOR, "short": TrainedModel(omics=USED, set={"finetune.epochs": 1})}
    assert excluded_models(models, USED) == {}


def test_a_baseline_without_what_it_reads_is_excluded_models():
    models = {
        "own": BaselineModel("own_expression"),
        "ridge_expression": BaselineModel("ridge_expression"),
        "ridge": BaselineModel("ridge"),
    }
    assert list(excluded_models(models, (MUTATION,))) == ["own", "ridge_expression"]
    assert list(excluded_models(models, (EXPRESSION,))) == ["ridge_expression"]  # it is ridge then


def test_baselines_run_where_they_know_the_genes():
    ridge, nearest = BaselineModel("ridge"), BaselineModel("nearest_genes")
    for mode in SplitMode:
        unseen = mode in ("gene", "both")
        assert (ridge.excluded_in(mode) is None) is not unseen
        assert (nearest.excluded_in(mode) is None) is unseen
        assert TrainedModel().excluded_in(mode) is None

from dataclasses import replace

import pandas as pd
import pytest

from deepdep.data.prepare import PreparedFold
from deepdep.domain.omics import Omic
from deepdep.experiments import models
from deepdep.experiments.models import FoldModels
from deepdep.experiments.settings import ModelSettings, TrainedModel
from deepdep.models.predictor import TrainedPredictor


@pytest.fixture
def fold(prepared):
    lines = prepared.splits.index[prepared.splits["split"] == "test"]
    genes = prepared.gene_effect.table.columns
    return PreparedFold(prepared, lines, genes, prepared.gene_effect)


@pytest.fixture
def settings(pretrain_settings, finetune_settings):
    network = replace(finetune_settings.network, cell_widths=(8,), dropout=0.5)
    return ModelSettings(
        {Omic.EXPRESSION: replace(pretrain_settings, epochs=2)},
        replace(finetune_settings, epochs=2, network=network),
    )


def test_what_is_predicted_does_not_depend_on_what_was_fitted_before(
    fold, settings, baseline_settings
):
    alone = FoldModels(fold, 1, baseline_settings).predict(TrainedModel(), settings)
    of_fold = FoldModels(fold, 1, baseline_settings)
    shorter = replace(settings, finetune=replace(settings.finetune, epochs=1))
    before = of_fold.predict(TrainedModel(), shorter)
    after = of_fold.predict(TrainedModel(), settings)
    assert not before.predicted.equals(after.predicted)
    pd.testing.assert_frame_equal(after.predicted, alone.predicted, check_exact=True)


def test_a_predictor_that_was_fitted_before_still_predicts_after_others(
    fold, settings, baseline_settings
):
    of_fold = FoldModels(fold, 1, baseline_settings)
    first = of_fold.predict(TrainedModel(), settings)
    shorter = replace(settings, finetune=replace(settings.finetune, epochs=1))
    of_fold.predict(TrainedModel(), shorter)
    again = of_fold.predict(TrainedModel(), settings)
    pd.testing.assert_frame_equal(first.predicted, again.predicted, check_exact=True)


def test_lines_that_are_learned_from_and_judged_are_judged_by_their_own_profiles(
    fold, settings, baseline_settings, monkeypatch
):
    given = []
    predict = TrainedPredictor.predict

    def spy(predictor, samples, *arguments):
        given.append(samples.profiles)
        return predict(predictor, samples, *arguments)

    monkeypatch.setattr(TrainedPredictor, "predict", spy)
    every_line = replace(fold, lines=fold.prepared.splits.index)
    permuted = TrainedModel(data="permuted_expression")
    FoldModels(every_line, 1, baseline_settings).predict(permuted, settings)
    (profiles,) = given
    own = fold.prepared.omics[Omic.EXPRESSION].cell_lines
    pd.testing.assert_frame_equal(profiles[Omic.EXPRESSION], own)


@pytest.mark.parametrize("n_networks", [0, 1])
def test_without_intervals_a_closed_form_predicts_the_same(
    fold, settings, closed_form_settings, baseline_settings, n_networks
):
    """Networks beside it are weighed as before, too."""
    finetune = replace(settings.finetune, n_members=n_networks, closed_form=closed_form_settings)
    of_fold = FoldModels(fold, 1, baseline_settings)
    whole, quick = (
        of_fold.predict(TrainedModel(intervals=wanted), replace(settings, finetune=finetune))
        for wanted in (True, False)
    )
    pd.testing.assert_frame_equal(quick.predicted, whole.predicted, check_exact=True)
    assert (whole.interval.low < whole.interval.high).all(axis=None)
    assert quick.interval is None


def test_nothing_is_pretrained_for_a_closed_form_alone(
    fold, settings, closed_form_settings, baseline_settings, monkeypatch
):
    epochs = []
    pretrain_omic = models.pretrain_omic

    def spy(tables, splits, omic, of_omic):
        epochs.append(of_omic.epochs)
        return pretrain_omic(tables, splits, omic, of_omic)

    monkeypatch.setattr(models, "pretrain_omic", spy)
    alone = replace(settings.finetune, n_members=0, closed_form=closed_form_settings)
    of_fold = FoldModels(fold, 1, baseline_settings)
    of_fold.predict(TrainedModel(), replace(settings, finetune=alone))
    of_fold.predict(TrainedModel(), settings)
    assert epochs == [0, 2]

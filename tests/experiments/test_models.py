from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from deepdep.data.prepare import PreparedFold
from deepdep.domain.omics import Omic
from deepdep.experiments import models
from deepdep.experiments.models import FoldModels, changed
from deepdep.experiments.settings import Change, TrainedModel
from deepdep.models.predictor import TrainedPredictor
from deepdep.simulation.settings import TINY
from deepdep.training.settings import TrainingSettings


@pytest.fixture
def fold(prepared):
    lines = prepared.splits.index[prepared.splits["split"] == "test"]
    genes = prepared.gene_effect.table.columns
    return PreparedFold(prepared, lines, genes, prepared.gene_effect)


@pytest.fixture
def settings(pretrain_settings, finetune_settings):
    network = replace(finetune_settings.network, cell_widths=(8,), dropout=0.5)
    return TrainingSettings(
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


PERMUTED = [f"permuted_{omic}" for omic in TINY.n_features]


def parts_of(prepared):
    split = prepared.splits["split"]
    return split.index[split != "test"], split.index[split == "test"]


def rows(table):
    return sorted(map(tuple, table.fillna(-9).to_numpy().tolist()))


def moved(before, after):
    """Say how many rows are no longer those of their name."""
    return sum(not before.loc[name].equals(after.loc[name]) for name in before.index)


@pytest.mark.parametrize("change", get_args(Change))
def test_judged_lines_and_the_given_data_stay_as_they_are(prepared_cohort, change):
    _, test = parts_of(prepared_cohort)
    before = {o: t.cell_lines.copy() for o, t in prepared_cohort.omics.items()}
    found = changed(prepared_cohort, change, 1)
    pd.testing.assert_frame_equal(
        found.gene_effect.table.loc[test], prepared_cohort.gene_effect.table.loc[test]
    )
    pd.testing.assert_frame_equal(found.splits, prepared_cohort.splits)
    for omic, tables in found.omics.items():
        own = test[test.isin(before[omic].index)]
        pd.testing.assert_frame_equal(tables.cell_lines.loc[own], before[omic].loc[own])
        pd.testing.assert_frame_equal(prepared_cohort.omics[omic].cell_lines, before[omic])


def test_nothing_is_changed_without_a_change(prepared_cohort):
    assert changed(prepared_cohort, None, 1) is prepared_cohort


def test_labels_move_from_line_to_line_and_none_gets_lost(prepared_cohort):
    learned, _ = parts_of(prepared_cohort)
    found = changed(prepared_cohort, "permuted_labels", 1)
    before, after = (of.gene_effect.table.loc[learned] for of in (prepared_cohort, found))
    assert rows(after) == rows(before)
    assert moved(before, after) > len(learned) * 0.8
    for omic, tables in found.omics.items():
        assert tables is prepared_cohort.omics[omic]


def test_the_background_of_a_line_moves_with_its_labels(prepared_cohort):
    found = changed(prepared_cohort, "permuted_labels", 1)
    learned, _ = parts_of(found)
    background = found.background.table
    assert rows(background) == rows(prepared_cohort.background.table)
    shared = found.gene_effect.table.columns
    known = learned[learned.isin(background.index)]
    pd.testing.assert_frame_equal(
        background.loc[known, shared], found.gene_effect.table.loc[known, shared], check_names=False
    )


@pytest.mark.parametrize("change", PERMUTED)
def test_profiles_of_one_omic_move_from_line_to_line(prepared_cohort, change):
    learned, _ = parts_of(prepared_cohort)
    found = changed(prepared_cohort, change, 1)
    for omic, tables in found.omics.items():
        before, after = prepared_cohort.omics[omic].cell_lines, tables.cell_lines
        if change != f"permuted_{omic}":
            assert after is before
            continue
        own = before.index[before.index.isin(learned)]
        assert rows(after.loc[own]) == rows(before.loc[own])
        assert moved(before.loc[own], after.loc[own]) > len(own) * 0.5
        assert tables.tumors is prepared_cohort.omics[omic].tumors
    pd.testing.assert_frame_equal(found.gene_effect.table, prepared_cohort.gene_effect.table)


def test_fingerprints_move_from_gene_to_gene(prepared_cohort):
    def fingerprints(prepared):
        sets = prepared.gene_sets
        genes = sorted({gene for members in sets.values() for gene in members})
        return {gene: frozenset(n for n, m in sets.items() if gene in m) for gene in genes}

    found = changed(prepared_cohort, "permuted_fingerprints", 1)
    before, after = fingerprints(prepared_cohort), fingerprints(found)
    assert sorted(map(sorted, before.values())) == sorted(map(sorted, after.values()))
    assert sum(before[gene] != after[gene] for gene in before) > len(before) * 0.5


def test_each_feature_of_the_tumors_is_shuffled_by_itself(prepared):
    found = changed(prepared, "shuffled_tumors", 1).omics[Omic.EXPRESSION].tumors
    before = prepared.omics[Omic.EXPRESSION].tumors
    for feature in before:
        assert sorted(found[feature]) == sorted(before[feature])
    # F0 and F1 follow one programme.
    assert np.corrcoef(before["F0"], before["F1"])[0, 1] > 0.8
    assert abs(np.corrcoef(found["F0"], found["F1"])[0, 1]) < 0.3


def test_without_tumors_there_are_none(prepared_cohort):
    found = changed(prepared_cohort, "no_tumors", 1)
    assert all(tables.tumors is None for tables in found.omics.values())


@pytest.mark.parametrize("change", ["permuted_labels", "permuted_fingerprints", "shuffled_tumors"])
def test_a_seed_gives_one_change_whatever_the_order_of_lines(prepared, change):
    def figures(of):
        tumors = of.omics[Omic.EXPRESSION].tumors
        return of.gene_effect.table.sort_index(), of.gene_sets, tumors

    turned = replace(
        prepared,
        gene_effect=replace(prepared.gene_effect, table=prepared.gene_effect.table.iloc[::-1]),
    )
    one, again, other = (
        figures(changed(of, change, seed))
        for of, seed in ((prepared, 1), (turned, 1), (prepared, 2))
    )
    same = lambda a, b: a[0].equals(b[0]) and a[1] == b[1] and a[2].equals(b[2])  # noqa: E731
    assert same(one, again)
    assert not same(one, other)

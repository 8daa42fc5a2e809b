from dataclasses import replace

import numpy as np

from deepdep.domain.omics import Omic
from deepdep.training.pretrain import pretrain, pretrain_omic
from deepdep.training.session import start_session

OMIC = Omic.EXPRESSION


def weights_after(tables, splits, settings):
    """Two epochs show what the weights depend on."""
    start_session(settings.seed)
    learned = pretrain_omic(tables, splits, OMIC, replace(settings, epochs=2))
    return learned.autoencoder.encoder.get_weights()


def test_reconstruction_of_unseen_tumors_improves(prepared, pretrain_settings):
    start_session(0)
    tables = prepared.omics[OMIC]
    learned = pretrain(tables.tumors, tables.cell_lines, OMIC, pretrain_settings)
    assert learned.learned_from == "tumors"
    assert learned.history["val_loss"].iloc[-1] < 0.5 * learned.history["val_loss"].iloc[0]


def test_the_same_seed_gives_the_same_weights(prepared, pretrain_settings):
    runs = [
        weights_after(prepared.omics[OMIC], prepared.splits, pretrain_settings) for _ in range(2)
    ]
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)


def test_missing_values_neither_spoil_nor_count(prepared, pretrain_settings):
    start_session(0)
    tables = prepared.omics[OMIC]
    holed = tables.tumors.mask(np.random.default_rng(1).random(tables.tumors.shape) < 0.3)
    learned = pretrain(holed, tables.cell_lines, OMIC, pretrain_settings)
    assert np.isfinite(learned.history["loss"]).all()
    assert learned.history["val_loss"].iloc[-1] < 0.7 * learned.history["val_loss"].iloc[0]


def test_an_omic_without_tumors_learns_from_training_lines_only(prepared, pretrain_settings):
    tables = replace(prepared.omics[OMIC], tumors=None)
    spoiled = tables.cell_lines.copy()
    test_lines = prepared.splits.index[prepared.splits["split"] != "train"]
    spoiled.loc[test_lines] = 1e6
    first = weights_after(tables, prepared.splits, pretrain_settings)
    second = weights_after(replace(tables, cell_lines=spoiled), prepared.splits, pretrain_settings)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_omic_without_tumors_may_start_untrained(prepared, pretrain_settings):
    start_session(0)
    settings = replace(pretrain_settings, without_tumors="untrained")
    learned = pretrain(None, prepared.omics[OMIC].cell_lines, OMIC, settings)
    assert learned.learned_from == "nothing"
    assert learned.history.empty

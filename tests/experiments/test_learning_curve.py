from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.experiments.learning_curve import (
    LearningCurveSettings,
    learning_curve,
    with_few_lines,
)
from deepdep.io.documents import LEARNING_CURVE
from deepdep.models.artifacts import TrainedEncoder
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.session import start_session

OMIC = Omic.EXPRESSION


@pytest.fixture
def background(prepared):
    """``prepared`` with labels of all but the test lines as its background."""
    part = prepared.splits["split"]
    lines = part.index[part != "test"]
    effects = prepared.gene_effect
    patients = prepared.splits.loc[lines, "patient_id"]
    known = GeneEffect(effects.table.loc[lines], effects.kind, patients)
    return replace(prepared, background=known)


def test_few_lines_are_as_many_as_asked_for_and_the_test_stays(background):
    few = with_few_lines(background, 20, seed=1)
    part = few.splits["split"]
    assert part.value_counts().to_dict() == {"train": 16, "validation": 4, "test": 15}
    test = background.splits.index[background.splits["split"] == "test"]
    assert sorted(part.index[part == "test"]) == sorted(test)


def test_draws_of_one_seed_contain_each_other_and_of_two_differ(background):
    def drawn(n_lines, seed):
        splits = with_few_lines(background, n_lines, seed).splits
        return set(splits.index[splits["split"] != "test"])

    assert drawn(20, 1) < drawn(40, 1) < drawn(None, 1)
    assert drawn(20, 1) != drawn(20, 2)


def test_a_patient_neither_trains_and_stops_nor_leaves_the_background(background):
    sisters = background.splits["patient_id"].str[:-1]  # ten lines each
    splits = background.splits.assign(patient_id=sisters)
    few = with_few_lines(replace(background, splits=splits), 40, seed=1)
    of_part = few.splits.groupby("split")["patient_id"].agg(set)
    assert not of_part["train"] & of_part["validation"]
    kept = few.splits.index[few.splits["split"] != "test"]
    assert set(few.background.table.index) == set(kept)


def test_every_model_is_judged_at_every_size_and_gains_are_differences(
    background, pretrain_settings, finetune_settings, baseline_settings
):
    start_session(0)
    tables = background.omics[OMIC]
    encoder = pretrain_omic(tables, background.splits, OMIC, pretrain_settings).autoencoder.encoder
    encoders = {OMIC: TrainedEncoder(encoder, pretrain_settings.encoder, tables.space)}
    curve = learning_curve(
        background,
        encoders,
        replace(finetune_settings, epochs=3),
        baseline_settings,
        LearningCurveSettings(n_lines=(20, None), seeds=(1,), n_bootstrap=50),
    )
    assert list(curve.accuracy.columns) == list(curve.gain.columns) == list(LEARNING_CURVE)
    by_model = curve.accuracy.pivot_table("mean_gene_r", "n_lines", "model")
    assert list(by_model.index) == [20, 75]
    assert by_model.notna().all(axis=None)
    assert (by_model["ridge"] > 0.3).all()  # half of the genes follow a planted programme
    gains = curve.gain.set_index(["n_lines", "model"])["mean_gene_r"]
    for (size, what), gain in gains.items():
        own = by_model.loc[size, f"{what}, pretrained"]
        without = by_model.loc[size, f"{what}, not pretrained"]
        np.testing.assert_allclose(gain, own - without, atol=2e-6)
    spread = curve.accuracy["high"] - curve.accuracy["low"]
    assert (spread > 0).all()
    assert pd.Index(["codes", "network"]).isin(curve.gain["model"]).all()


def test_without_test_lines_nothing_is_trained(background, finetune_settings, baseline_settings):
    settings = LearningCurveSettings(n_lines=(20,), seeds=(1,), n_bootstrap=10)
    with pytest.raises(DeepDEPError, match=r"prepare\.split\.test is 0: the learning curve"):
        learning_curve(
            background.with_every_line(), {}, finetune_settings, baseline_settings, settings
        )

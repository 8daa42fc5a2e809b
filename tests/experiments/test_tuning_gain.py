from dataclasses import replace

import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.experiments.tuning_gain import TuningGainSettings, tuning_gain
from deepdep.io.documents import TUNING_GAIN
from deepdep.training.settings import TrainingSettings

SETTINGS = TuningGainSettings(seeds=(1, 2), n_bootstrap=50)


@pytest.fixture
def pretrain(pretrain_settings):
    return replace(pretrain_settings, epochs=2)


@pytest.fixture
def untuned(pretrain, finetune_settings):
    """A network that is hardly trained."""
    start = replace(finetune_settings, epochs=2, learning_rate=1e-5)
    return TrainingSettings.tuned((Omic.EXPRESSION,), pretrain, start, {})


@pytest.fixture
def tuned(untuned):
    """The same with values that let it learn."""
    of_omic = untuned.pretrain[Omic.EXPRESSION]
    found = {"finetune": {"learning_rate": 0.01, "epochs": 25}}
    return TrainingSettings.tuned((Omic.EXPRESSION,), of_omic, untuned.finetune, found)


def test_found_values_go_over_those_of_trials(pretrain, finetune_settings):
    omics = (Omic.MUTATION, Omic.EXPRESSION)
    best = {
        "omics": ["expression"],
        "pretrain": {
            "expression": {"encoder": {"widths": [32, 8]}},
            "mutation": {"encoder": {"corruption": 0.5}},
        },
        "finetune": {"network": {"dropout": 0.25}},
    }
    found = TrainingSettings.tuned(omics, pretrain, finetune_settings, best)
    encoder = replace(pretrain.encoder, widths=(32, 8))
    assert found.pretrain == {Omic.EXPRESSION: replace(pretrain, encoder=encoder)}
    network = replace(finetune_settings.network, dropout=0.25)
    assert found.finetune == replace(finetune_settings, network=network)
    assert set(TrainingSettings.tuned(omics, pretrain, finetune_settings, {}).pretrain) == set(
        omics
    )


def test_without_found_values_there_is_nothing_to_compare(prepared, untuned):
    table = tuning_gain(prepared, untuned, untuned, SETTINGS)
    assert list(table.columns) == list(TUNING_GAIN)
    assert table.empty


@pytest.mark.slow
def test_values_that_let_the_network_learn_gain_on_both_splits(prepared, untuned, tuned):
    table = tuning_gain(prepared, untuned, tuned, SETTINGS)
    figures = table.set_index(["split", "settings"])
    assert figures["n_lines"].tolist() == [15] * 6
    for split in ("validation", "test"):
        of = figures.loc[split]
        r = of["mean_gene_r"]
        assert r["difference"] == pytest.approx(r["tuned"] - r["untuned"], abs=2e-6)
        assert r["tuned"] > 0.3  # half of the genes follow a planted programme
        assert of.loc["difference", "low"] > 0
        assert (of["lowest_seed"] <= r).all()
        assert (r <= of["highest_seed"]).all()
        assert (of["low"] < of["high"]).all()
    again = tuning_gain(prepared, untuned, tuned, SETTINGS)
    assert again.equals(table)


@pytest.mark.slow
def test_test_lines_change_nothing_but_their_own_rows(prepared, untuned, tuned):
    """Their labels are judged by, never learned from."""
    test = prepared.splits.index[prepared.splits["split"] == "test"]
    noise = np.random.default_rng(1).normal(size=(len(test), 8))
    other = prepared.gene_effect.table.copy()
    other.loc[test] = noise
    changed = replace(prepared, gene_effect=replace(prepared.gene_effect, table=other))
    one = replace(SETTINGS, seeds=(1,))
    before, after = (tuning_gain(data, untuned, tuned, one) for data in (prepared, changed))
    of_validation = before["split"] == "validation"
    assert after[of_validation].equals(before[of_validation])
    assert not after[~of_validation].equals(before[~of_validation])


def test_without_test_lines_nothing_is_trained(prepared, untuned, tuned):
    with pytest.raises(DeepDEPError, match=r"prepare\.split\.test is 0: what tuning gained"):
        tuning_gain(prepared.with_every_line(), untuned, tuned, SETTINGS)

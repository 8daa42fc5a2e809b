from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.prepared import PreparedOmic
from deepdep.domain.features import FeatureSpace
from deepdep.domain.omics import Omic
from deepdep.report.plots.training import predictor_curves
from deepdep.report.sections.training import loss_without_learning, training_section


def tables(lines: pd.DataFrame, tumors: pd.DataFrame | None) -> PreparedOmic:
    return PreparedOmic(lines, tumors, FeatureSpace(pd.DataFrame(), False, {}))


def test_answering_the_mean_costs_the_variance():
    profiles = pd.DataFrame({"a": [0.0, 2.0], "b": [5.0, 5.0]})
    assert loss_without_learning(Omic.EXPRESSION, tables(profiles, None)) == pytest.approx(0.5)


def test_answering_the_share_of_a_bit_costs_its_entropy():
    bits = pd.DataFrame({"a": [0.0, 1.0, np.nan], "b": [0.0, 0.0, 0.0]})
    # One bit of entropy over 2 of 5 measured values, nothing over the other 3.
    cost = loss_without_learning(Omic.MUTATION, tables(bits, None))
    assert cost == pytest.approx(np.log(2) * 2 / 5, abs=1e-6)


def test_tumours_are_judged_where_there_are_any():
    lines, tumors = pd.DataFrame({"a": [0.0, 2.0]}), pd.DataFrame({"a": [0.0, 4.0]})
    assert loss_without_learning(Omic.EXPRESSION, tables(lines, tumors)) == pytest.approx(4.0)


def test_an_omic_that_was_not_pretrained_is_left_out(results, shown):
    alone = {Omic.EXPRESSION: results.pretraining[Omic.EXPRESSION]}
    assert training_section(replace(results, pretraining=alone)).blocks[0].name == "autoencoders"
    none = shown(training_section(replace(results, pretraining={})))
    assert "No autoencoder was pretrained." in none.text


def test_each_network_has_its_curve_and_its_best_epoch(results):
    assert results.finetuning["network"].unique().tolist() == [1, 2, 3]
    loss, accuracy = predictor_curves(results.finetuning).axes
    drawn = [line for line in accuracy.lines if len(line.get_xdata()) > 2]
    assert [len(line.get_xdata()) for line in drawn] == [30, 40, 50]
    assert sum(line.get_marker() == "o" for line in accuracy.lines) == 3
    assert [text.get_text() for text in loss.get_legend().texts] == ["training", "held out"]


def test_a_predictor_without_networks_says_so(results, shown):
    section = training_section(replace(results, finetuning=results.finetuning.iloc[:0]))
    assert "No network was trained" in shown(section).text


def test_it_is_said_what_the_predictor_is_made_of(results, shown):
    text = " ".join(shown(training_section(results)).text.split())
    assert "25 % of a prediction comes from 3 networks" in text
    assert "50 % of 24 genes can be trusted" in text

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.omics import Omic
from deepdep.io.prepared import PreparedOmic
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

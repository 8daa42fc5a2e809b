from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.baselines.nearest_lines import nearest_lines


@pytest.fixture
def lines(tiny_task, baseline_settings):
    """Lines a, b and c are like x, however strongly; d is its opposite, e was not measured."""
    profile = np.array([1.0, -1.0, 0.5, 0.0])
    tilt = np.array([0.0, 0.0, 0.1, 0.0])
    expression = pd.DataFrame(
        {
            "a": profile + tilt,
            "b": 3 * profile,
            "c": profile - 2 * tilt,
            "d": -profile,
            "e": profile * np.nan,
            "x": profile,
            "y": -profile,
            "z": profile * np.nan,
        }
    ).T
    effects = pd.DataFrame(
        {"g": [1.0, 2, 4, 8, 0], "h": [np.nan, np.nan, 3, 6, 3]}, index=list("abcde")
    )
    settings = replace(baseline_settings, n_nearest_lines=2)
    return tiny_task(effects, expression, settings=settings)


def test_a_line_deviates_from_the_mean_as_its_nearest_do(lines):
    # g: a and b are nearest, and all lines' mean is subtracted and added: (1 + 2) / 2.
    assert nearest_lines(lines).loc["x", "g"] == pytest.approx(1.5)
    # y: d is its twin; c comes second, because its tilt turns it away from x.
    assert nearest_lines(lines).loc["y", "g"] == pytest.approx((8 + 4) / 2)


def test_neighbours_count_that_screened_the_gene(lines):
    predicted = nearest_lines(lines)
    assert predicted.loc["x", "h"] == pytest.approx(4)  # neither has it: the mean of 3, 6 and 3
    more = replace(lines, settings=replace(lines.settings, n_nearest_lines=3))
    assert nearest_lines(more).loc["x", "h"] == pytest.approx(3)  # that of c
    assert nearest_lines(more).loc["y", "h"] == pytest.approx((6 + 3) / 2)


def test_a_line_without_expression_gets_the_mean_and_is_nobodys_neighbour(lines):
    assert nearest_lines(lines).loc["z"].tolist() == pytest.approx([3, 4])
    expression = lines.omics[Omic.EXPRESSION].drop(index=["e", "z"])
    gone = replace(lines, omics={Omic.EXPRESSION: expression})
    pd.testing.assert_frame_equal(nearest_lines(gone), nearest_lines(lines))


def test_all_lines_are_neighbours_when_there_are_few(lines):
    all_lines = replace(lines, settings=replace(lines.settings, n_nearest_lines=50))
    assert nearest_lines(all_lines).loc["x", "g"] == pytest.approx(15 / 4)  # e has no expression


def test_all_get_the_mean_when_no_training_line_has_expression(lines):
    expression = lines.omics[Omic.EXPRESSION].loc[list("xyz")]
    predicted = nearest_lines(replace(lines, omics={Omic.EXPRESSION: expression}))
    assert (predicted == [3, 4]).all(axis=None)

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.baselines.own_expression import own_expression


@pytest.fixture
def lines(tiny_task):
    """Four lines to learn from, two to predict; y's expression of ``g`` was not measured.

    ``g`` is 1 - 2 x its expression, ``h`` follows the expression of ``g`` and has none itself.
    """
    expression = pd.DataFrame(
        {"g": [-1.0, 0, 1, 2, 3, np.nan], "flat": 1.0}, index=["a", "b", "c", "d", "x", "y"]
    )
    known = expression.loc[list("abcd"), "g"]
    effects = pd.DataFrame({"g": 1 - 2 * known, "h": known, "flat": [0.0, 1, 2, 3]})
    return tiny_task(effects, expression)


def test_a_gene_is_a_straight_line_in_its_own_expression(lines):
    assert own_expression(lines).loc["x", "g"] == pytest.approx(1 - 2 * 3)


def test_what_was_not_measured_or_never_varies_gives_the_mean(lines):
    predicted = own_expression(lines)
    assert predicted.loc["y", "g"] == pytest.approx(0)  # of 3, 1, -1 and -3
    assert predicted["h"].tolist() == pytest.approx([0.5, 0.5])
    assert predicted["flat"].tolist() == pytest.approx([1.5, 1.5])


def test_the_line_is_fitted_where_both_numbers_are_known(lines):
    lines.train_effect.loc["a", "g"] = np.nan
    lines.omics[Omic.EXPRESSION].loc["d", "g"] = np.nan
    # Two lines are left, through which any straight line goes: the mean of b, c and d.
    assert own_expression(lines).loc["x", "g"] == pytest.approx(-1)


def test_finds_planted_genes_as_numpy_does(task):
    x = task.omics[Omic.EXPRESSION]
    predicted = own_expression(task)
    for gene in task.genes:
        slope, height = np.polyfit(
            x.loc[task.train_effect.index, gene], task.train_effect[gene], deg=1
        )
        np.testing.assert_allclose(predicted[gene], height + slope * x.loc[task.lines, gene])

import numpy as np
import pandas as pd
import pytest

from deepdep.data.blocks import row_blocks, sample_inputs
from deepdep.domain.omics import Omic

EXPRESSION = pd.DataFrame({"F1": [1.0, 2.0], "F2": [3.0, np.nan]}, index=["A", "B"])
MUTATION = pd.DataFrame({"G1": [5.0]}, index=["B"])


def test_samples_are_found_by_name_and_gaps_are_zero():
    inputs = sample_inputs({Omic.MUTATION: MUTATION, Omic.EXPRESSION: EXPRESSION}, ["C", "B", "A"])
    assert inputs["expression"].tolist() == [[0, 0], [2, 0], [1, 3]]
    assert inputs["mutation"].tolist() == [[0], [5], [0]]
    assert {values.dtype for values in inputs.values()} == {np.dtype("float32")}


def test_which_omics_a_sample_has_stands_in_the_order_of_the_profiles():
    one = sample_inputs({Omic.MUTATION: MUTATION, Omic.EXPRESSION: EXPRESSION}, ["A", "B", "C"])
    assert one["measured"].tolist() == [[0, 1], [1, 1], [0, 0]]
    other = sample_inputs({Omic.EXPRESSION: EXPRESSION, Omic.MUTATION: MUTATION}, ["A", "B", "C"])
    assert other["measured"].tolist() == [[1, 0], [1, 1], [0, 0]]


def test_a_zero_that_was_measured_is_not_a_gap():
    profile = pd.DataFrame({"F1": [0.0]}, index=["A"])
    inputs = sample_inputs({Omic.EXPRESSION: profile}, ["A", "B"])
    assert inputs["expression"].tolist() == [[0], [0]]
    assert inputs["measured"].tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("n_rows", "blocks"), [(0, []), (3, [(0, 3)]), (4, [(0, 4)]), (9, [(0, 4), (4, 8), (8, 9)])]
)
def test_blocks_cover_every_row_once(n_rows, blocks):
    assert [(rows.start, rows.stop) for rows in row_blocks(n_rows, 4)] == blocks

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.segment_layout import LAYOUTS
from deepdep.io.segment_values import log2_values

OF_NAME = {layout.name: layout for layout in LAYOUTS}
LINEAR, LOG2 = OF_NAME["DepMap 25Q2 or later"], OF_NAME["SEG"]


def rows(*values: float) -> pd.DataFrame:
    """Segments of one sample, from line 2 on."""
    lines = range(2, len(values) + 2)
    return pd.DataFrame({"sample": "A", "value": np.array(values, float)}, index=lines)


def log2_of(layout, *values: float):
    return log2_values(rows(*values), layout, Path("segments.csv"))


def test_log2_ratios_are_taken_as_they_are():
    noted = log2_of(LOG2, -1.5, 0.0, 0.25, 8)
    assert noted.value["value"].tolist() == [-1.5, 0, 0.25, 8]
    assert noted.notes == ()


def test_linear_ratios_are_turned_to_log2():
    noted = log2_of(LINEAR, 1, 0.5, 4, 1)
    assert noted.value["value"].tolist() == [0, -1, 2, 0]
    assert noted.notes == ("linear ratios turned to log2",)


def test_no_copy_left_becomes_the_lowest_value():
    noted = log2_of(LINEAR, 0, 0, 2**-11, 1, 1)
    assert noted.value["value"].tolist() == [-10, -10, -10, 0, 0]
    note = "3 segments, 2 of them without any copy left, set to -10, the lowest value"
    assert noted.notes == ("linear ratios turned to log2", note)


def test_log2_ratios_below_the_lowest_become_it():
    noted = log2_of(LOG2, -26, -np.inf, 0.5)
    assert noted.value["value"].tolist() == [-10, -10, 0.5]
    assert noted.notes[0].startswith("2 segments, 1 of them without any copy left, set to -10")


@pytest.mark.parametrize(
    ("layout", "values", "message"),
    [
        (LOG2, (0.9, 1.0, 1.1, 3.0), "no negative value and centres on 1.1: linear copy number"),
        (LOG2, (1, 2, 2, 2), "centres on 2: linear copy number"),
        (LOG2, (-1, 57), "line 3, sample 'A': is 57, beyond the range of log2"),
        (LOG2, (-1, np.inf), "line 3, sample 'A': is inf"),
        (LINEAR, (1, 1, -0.3), "line 4, sample 'A': is -0.3, where this layout holds linear"),
        (LINEAR, (1, 2, 2, 3), "centres on 2: absolute copy numbers"),
        (LINEAR, (1, 1, 2000), "line 4, sample 'A': is 2000, beyond"),
    ],
)
def test_refuses_values_that_are_not_what_the_layout_holds(layout, values, message):
    with pytest.raises(BadFileError, match=message):
        log2_of(layout, *values)

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.copy_number_values import Scale, scale_of_values, to_log2_ratio

FILE = Path("given.csv")


def table(*values: float) -> pd.DataFrame:
    names = [f"GENE{k}" for k in range(len(values))]
    return pd.DataFrame([values], index=["ACH-000001"], columns=names, dtype=np.float32)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((0.5, 1, 8.1), Scale.LINEAR),
        ((-0.1, 0, 1), Scale.LOG2),
        ((0.5, 1, 8), None),
        ((0.0, np.nan), None),
    ],
)
def test_negative_and_large_values_tell_the_scale(values, scale):
    assert scale_of_values(table(*values)) is scale


def test_linear_ratios_become_their_logarithms():
    noted = to_log2_ratio(table(1, 2, 0.5, 16, np.nan), Scale.LINEAR, FILE)
    np.testing.assert_allclose(noted.value.to_numpy(), [[0, 1, -1, 4, np.nan]], atol=1e-6)
    assert noted.notes == ("linear ratios turned to log2",)


def test_the_pseudo_count_is_taken_off_first():
    values = np.log2(np.array([1, 2, 0.5, 16]) + 1)
    noted = to_log2_ratio(table(*values), Scale.LOG2_PLUS_1, FILE)
    np.testing.assert_allclose(noted.value.to_numpy(), [[0, 1, -1, 4]], atol=1e-6)
    assert noted.notes == ("log2(x+1) ratios turned to log2",)


def test_log2_ratios_stay_as_they_are():
    given = table(-1, 0, 1)
    assert to_log2_ratio(given, Scale.LOG2, FILE).value is given


def test_a_gene_without_copies_gets_the_lowest_value():
    noted = to_log2_ratio(table(0, 1e-6, 1, 1, 1), Scale.LINEAR, FILE)
    assert noted.value.to_numpy().tolist() == [[-10, -10, 0, 0, 0]]
    assert noted.notes[1] == "2 values of hardly any copy set to -10, the lowest value"


@pytest.mark.parametrize(
    ("values", "scale", "message"),
    [
        ((1, -0.5), Scale.LINEAR, r"row 'ACH-000001', column 'GENE1': is -0.5, which linear of a"),
        ((1, -0.5), Scale.LOG2_PLUS_1, r"column 'GENE1': is -0.5, which log2\(x\+1\) of a ratio"),
        ((1, 40), Scale.LOG2_PLUS_1, r"column 'GENE1': is 40, which log2\(x\+1\) of a ratio"),
        ((2, 2, 3), Scale.LINEAR, "centres on 2: copies, not ratios to the sample's ploidy"),
    ],
)
def test_refuses_what_a_scale_cannot_hold(values, scale, message):
    with pytest.raises(BadFileError, match=message):
        to_log2_ratio(table(*values), scale, FILE)

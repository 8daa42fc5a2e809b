import numpy as np

from deepdep.evaluation.plain import plain
from deepdep.evaluation.strata import Stratum


def test_numbers_are_rounded_and_what_is_none_is_null():
    content = {Stratum.ALL: {"r": np.float64(1 / 3), "n": 712, "nan": float("nan"), "inf": np.inf}}
    found = plain(content)
    assert found == {"all": {"r": 0.333333, "n": 712, "nan": None, "inf": None}}
    assert type(found["all"]["n"]) is int
    assert type(next(iter(found))) is str


def test_what_rounding_leaves_of_a_difference_is_0():
    assert plain(3e-14) == 0

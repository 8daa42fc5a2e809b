from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.training.identity import identity_of

TABLE = pd.DataFrame({"F0": [0.0, 1.0], "F1": [2.0, 3.0]}, index=["S0", "S1"])


@dataclass(frozen=True)
class Settings:
    widths: tuple[int, ...]
    dropout: float


@dataclass(frozen=True)
class Renamed:
    widths: tuple[int, ...]
    rate: float


PARTS = [
    TABLE,
    TABLE + 1e-12,
    TABLE.rename(index={"S1": "S2"}),
    TABLE.rename(columns={"F1": "F2"}),
    TABLE[["F1", "F0"]],
    TABLE.loc[["S1", "S0"]],
    TABLE.astype(np.float32),
    TABLE.to_numpy(),
    TABLE.to_numpy().T,
    TABLE.to_numpy().reshape(1, 4),
    Settings((16, 4), 0.1),
    Settings((16, 4), 0.2),
    Settings((164,), 0.1),
    Renamed((16, 4), 0.1),
    {"A": ("G1", "G2")},
    {"A": ("G1",), "B": ("G2",)},
    {Omic.MUTATION: TABLE},
    {Omic.EXPRESSION: TABLE},
    ["ab", "c"],
    ["a", "bc"],
    [["a"], "bc"],
    "1",
    1,
    1.0,
    None,
]


def test_no_two_parts_have_one_identity():
    assert len({identity_of(part) for part in PARTS}) == len(PARTS)
    assert identity_of("a", "b") != identity_of("ab")
    assert identity_of("a", "b") != identity_of("b", "a")


def test_the_same_parts_have_the_same_identity_however_they_lie_in_memory():
    assert identity_of(*PARTS) == identity_of(*PARTS)
    one = TABLE.to_numpy()
    assert identity_of(np.ascontiguousarray(one)) == identity_of(np.asfortranarray(one))


def test_what_cannot_be_told_apart_is_refused():
    with pytest.raises(TypeError, match="object"):
        identity_of(object())

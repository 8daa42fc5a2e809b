import time

import numpy as np
import pandas as pd
import pytest

from deepdep.validation.features import FEATURES_AT_A_TIME, feature_summary

NAN, INF = np.nan, np.inf


@pytest.fixture
def table() -> pd.DataFrame:
    """Three samples; each feature has one peculiarity."""
    columns = {
        "plain": [1.0, 2.0, 6.0],
        "gap": [0.5, NAN, 1.5],
        "infinite": [INF, 4.0, -INF],
        "constant": [7.0, 7.0, 7.0],
        "empty": [NAN, NAN, NAN],
    }
    return pd.DataFrame(columns, index=["secret-1", "secret-2", "secret-3"], dtype=np.float32)


def n_twins(columns: dict[str, list[float]], dtype: type = np.float32) -> dict[str, int]:
    described = feature_summary(pd.DataFrame(columns, dtype=dtype))
    return dict(zip(described["feature"], described["n_twins"], strict=True))


def test_a_feature_is_described_by_its_finite_values(table):
    described = feature_summary(table).set_index("feature")
    expected = pd.DataFrame(
        {
            "n": [3, 2, 1, 3, 0],
            "n_infinite": [0, 0, 2, 0, 0],
            "n_fractional": [0, 2, 0, 0, 0],
            "missing_share": [0, 1 / 3, 0, 0, 1],
            "minimum": [1, 0.5, 4, 7, NAN],
            "maximum": [6, 1.5, 4, 7, NAN],
            "mean": [3, 1, 4, 7, NAN],
            "sd": [7**0.5, 0.5**0.5, NAN, 0, NAN],
            "constant": [False, False, True, True, False],
            "n_twins": [0, 0, 0, 0, 0],
        },
        index=pd.Index(table.columns, name="feature"),
    )
    pd.testing.assert_frame_equal(described, expected, check_dtype=False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_keep_their_mean_and_deviation(dtype):
    values = np.array([[1e6], [1e6 + 1], [1e6 + 2]], dtype=dtype)
    (row,) = feature_summary(pd.DataFrame(values, columns=["G"])).to_dict("records")
    assert row["mean"] == pytest.approx(1e6 + 1)
    assert row["sd"] == pytest.approx(1)


def test_features_with_the_same_values_are_twins_wherever_they_stand():
    n_features = 2 * FEATURES_AT_A_TIME + 3
    values = np.random.default_rng(0).random((4, n_features))
    values[:, -1] = values[:, 0]
    values[:, 5] = values[:, 0]
    found = feature_summary(pd.DataFrame(values, columns=[f"G{i}" for i in range(n_features)]))
    assert found.index[found["n_twins"] > 0].tolist() == [0, 5, n_features - 1]
    assert found["n_twins"].max() == 2


def test_gaps_at_the_same_places_and_zeros_of_either_sign_make_twins_too():
    other_nan = np.uint32(0x7FC00001).view(np.float32)  # another bit pattern of NaN
    columns = {"A": [NAN, 0.0, 2.0], "B": [other_nan, -0.0, 2.0], "C": [1.0, 0.0, 2.0]}
    assert n_twins(columns) == {"A": 1, "B": 1, "C": 0}


def test_constant_and_empty_features_are_not_counted_twice():
    columns = {"A": [1.0, 1.0], "B": [1.0, 1.0], "C": [NAN, NAN], "D": [NAN, NAN]}
    assert set(n_twins(columns).values()) == {0}


def test_mutations_may_be_twins():
    assert n_twins({"A": [0, 1], "B": [0, 1], "C": [1, 0]}, np.uint8) == {"A": 1, "B": 1, "C": 0}


def test_features_keep_their_order_across_blocks():
    n_features = 2 * FEATURES_AT_A_TIME + 3
    values = np.arange(n_features, dtype=np.float32)
    wide = pd.DataFrame([values, values], columns=[f"G{i}" for i in range(n_features)])
    described = feature_summary(wide)
    assert described["feature"].tolist() == wide.columns.tolist()
    assert described["maximum"].tolist() == values.tolist()


def test_features_of_the_same_name_are_described_one_by_one():
    twice = pd.DataFrame([[0, 1], [0, 1]], columns=["TP53", "TP53"], dtype=np.uint8)
    assert feature_summary(twice)["maximum"].tolist() == [0, 1]


def test_a_table_without_samples_or_features_is_described_too(table):
    assert feature_summary(table.iloc[:0])["n"].tolist() == [0] * 5
    assert feature_summary(table.iloc[:, :0]).empty


def test_a_genome_wide_table_takes_a_fraction_of_a_second():
    values = np.random.default_rng(0).random((1000, 19_000), dtype=np.float32)
    wide = pd.DataFrame(values, columns=[f"G{i}" for i in range(19_000)])
    start = time.perf_counter()
    feature_summary(wide)
    assert time.perf_counter() - start < 2  # 0.1 s alone; the machine may be shared

import numpy as np
import pandas as pd

from deepdep.data.folds.deal import deal


def units(sizes, strata=""):
    names = [f"U{k:03d}" for k in range(len(sizes))]
    return pd.DataFrame({"size": sizes, "stratum": strata}, index=names)


def dealt(table, shares, seed=0):
    return deal(table, shares, np.random.default_rng(seed))


def test_equal_shares_get_equal_sizes():
    """One unit of 4 and eight of 1: the three parts hold 4 each."""
    table = units([1, 1, 1, 4, 1, 1, 1, 1, 1])
    for seed in range(20):
        sizes = table["size"].groupby(dealt(table, [1 / 3] * 3, seed)).sum()
        assert sizes.tolist() == [4, 4, 4]


def test_unequal_shares_are_met():
    parts = dealt(units([1] * 200), [0.85, 0.15])
    assert (parts == 1).sum() == 30


def test_small_strata_are_spread_too():
    """Two units in each of ten strata, two parts: one of each stratum in each."""
    table = units([1] * 20, [f"S{k // 2}" for k in range(20)])
    counts = pd.crosstab(table["stratum"], dealt(table, [0.5, 0.5]))
    assert (counts == 1).all(axis=None)


def test_no_part_is_empty_while_there_are_units_enough():
    rng = np.random.default_rng(0)
    for n_parts in range(2, 8):
        for _ in range(20):
            table = units(rng.integers(1, 30, n_parts), rng.choice(["A", "B"], n_parts))
            assert dealt(table, [1 / n_parts] * n_parts).nunique() == n_parts


def test_chance_decides_among_equals_and_the_order_of_the_rows_does_not():
    table = units([1] * 10)
    first = dealt(table, [0.5, 0.5], 1)
    pd.testing.assert_series_equal(
        dealt(table.iloc[::-1], [0.5, 0.5], 1).sort_index(), first.sort_index()
    )
    assert not first.sort_index().equals(dealt(table, [0.5, 0.5], 2).sort_index())

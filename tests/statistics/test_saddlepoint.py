from itertools import combinations, product

import numpy as np
import pytest

from deepdep.statistics.saddlepoint import tail_of_drawn_sums

STRATA = (np.arange(8), np.arange(8, 17), np.arange(17, 20))
N_DRAWN = np.array([3, 2, 1])


def centred(values):
    found = values.copy()
    for members in STRATA:
        found[members] -= found[members].mean()
    return found


def sums_of(values):
    """Every sum that there is, each as likely as any other."""
    of_strata = [
        [values[list(chosen)].sum() for chosen in combinations(members, n)]
        for members, n in zip(STRATA, N_DRAWN, strict=True)
    ]
    return np.array([sum(parts) for parts in product(*of_strata)])


def tail(values, reached):
    n = len(reached)
    return tail_of_drawn_sums(
        np.tile(values, (n, 1)), STRATA, np.tile(N_DRAWN, (n, 1)), np.array(reached)
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tails", [np.abs, np.exp])  # of normal numbers: light, and heavy on a side
def test_it_is_close_to_what_all_draws_give(seed, tails):
    values = centred(tails(np.random.default_rng(seed).normal(size=20)))
    every = np.sort(sums_of(values))
    reached = [every[-k] for k in (800, 300, 100, 20)]
    expected = [(every >= sum_ - 1e-9).mean() for sum_ in reached]
    assert np.abs(np.log2(tail(values, reached) / expected)).max() < 1.3


def test_the_highest_sum_has_its_exact_chance_with_ties():
    values = centred(np.array([2.0, 2, 2, 2, 0, 0, 0, 0] + [1.0] + [0] * 8 + [3.0, 0, 0]))
    every = sums_of(values)
    highest = every.max()
    found = tail(values, [highest, highest + 0.1])
    assert found[0] == pytest.approx((every > highest - 1e-9).mean())
    assert found[1] == 0


def test_strata_of_which_none_or_all_are_drawn_change_nothing():
    rng = np.random.default_rng(3)
    values = centred(rng.normal(size=20))
    alone = tail_of_drawn_sums(values[None, :8], STRATA[:1], np.array([[3]]), np.array([2.0]))
    beside = tail_of_drawn_sums(values[None], STRATA, np.array([[3, 0, 3]]), np.array([2.0]))
    np.testing.assert_allclose(beside, alone)


def test_tests_do_not_depend_on_each_other():
    rng = np.random.default_rng(4)
    values = np.stack([centred(rng.normal(size=20)) for _ in range(300)])
    n_drawn, reached = np.tile(N_DRAWN, (300, 1)), rng.uniform(1, 3, 300)
    together = tail_of_drawn_sums(values, STRATA, n_drawn, reached)
    alone = tail_of_drawn_sums(values[-1:], STRATA, n_drawn[-1:], reached[-1:])
    np.testing.assert_allclose(together[-1:], alone, rtol=1e-4)

"""How seldom members drawn at random have a sum as high: far in the tail, where no draw reaches.

It stands alone since it knows neither genes nor lines: values, strata, and how many are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, ndtr

N_STEPS = 80  # of Newton's method, each of at most 1 in log odds of the largest value
NEAR_ENOUGH = 1e-6  # in log odds of the largest value; and of that value, for sums that are alike
FOUND = 1e-3  # of the largest value: how near the tilted mean must be to the sum
TINY = 1e-12  # variance
TESTS_PER_BLOCK = 256  # x 1,000 members: 2 MB for each array


def tail_of_drawn_sums(
    values: np.ndarray, strata: Sequence[np.ndarray], n_drawn: np.ndarray, reached: np.ndarray
) -> np.ndarray:
    """Return the chance that the sum of members drawn at random is as high as one or higher.

    Of each stratum a number of members is drawn without replacement, every choice being as likely.
    By the double saddlepoint approximation of Skovgaard (1987, https://doi.org/10.2307/3214212),
    for draws as Booth and Butler (1990, https://doi.org/10.1093/biomet/77.4.787) do it, in the form
    r* of Barndorff-Nielsen (1986, https://doi.org/10.1093/biomet/73.2.307). The highest sum that
    there is has its exact chance, which is the least that is returned.

    Parameters
    ----------
    values
        Of the members, shape (test, member); each stratum's sum is 0.
    strata
        Positions of the members of each.
    n_drawn
        How many are drawn, shape (test, stratum).
    reached
        The sum of each test, above 0, its mean.

    Returns
    -------
    One chance per test; 0 above the highest sum, NaN where no saddlepoint was found.
    """
    found = np.full(len(values), np.nan)
    highest, chance = highest_sums(values, strata, n_drawn)
    near = NEAR_ENOUGH * np.abs(values).max(axis=1, initial=0)
    found[reached > highest + near] = 0.0
    at_highest = np.abs(reached - highest) <= near
    found[at_highest] = chance[at_highest]
    inside = np.flatnonzero(reached < highest - near)
    for start in range(0, len(inside), TESTS_PER_BLOCK):
        some = inside[start : start + TESTS_PER_BLOCK]
        draws = _Draws.of(values[some], strata, n_drawn[some])
        found[some] = np.maximum(draws.tail(reached[some]), chance[some])
    return found


def highest_sums(
    values: np.ndarray, strata: Sequence[np.ndarray], n_drawn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest sum of each test, and the chance of it; ties count."""
    highest, log_chance = np.zeros(len(values)), np.zeros(len(values))
    rows = np.arange(len(values))
    for members, n in zip(strata, n_drawn.T.astype(int), strict=True):
        ordered = -np.sort(-values[:, members], axis=1)
        sums = np.concatenate([np.zeros((len(values), 1)), ordered.cumsum(axis=1)], axis=1)
        highest += sums[rows, n]
        last = ordered[rows, np.maximum(n - 1, 0)]
        tied = np.isclose(ordered, last[:, None], rtol=0, atol=1e-12)
        n_tied, n_of_tied = tied.sum(axis=1), n - (ordered > last[:, None] + 1e-12).sum(axis=1)
        ways = np.where(n > 0, _log_choices(n_tied, np.clip(n_of_tied, 0, n_tied)), 0.0)
        log_chance += ways - _log_choices(np.full(len(n), len(members)), n)
    return highest, np.exp(log_chance)


def _log_choices(n_all: np.ndarray, n: np.ndarray) -> np.ndarray:
    return gammaln(n_all + 1) - gammaln(n + 1) - gammaln(n_all - n + 1)


@dataclass(frozen=True)
class _Draws:
    """Members drawn one by one, with odds that give each stratum the number that is drawn of it.

    Attributes
    ----------
    values, odds
        Shape (test, member); log odds before any tilt. Of a stratum of which none or all are drawn
        values are 0 and odds even, which changes nothing.
    member
        1 where a member is of a stratum, shape (member, stratum).
    n_drawn
        Shape (test, stratum), as the odds have it.
    """

    values: np.ndarray
    odds: np.ndarray
    member: np.ndarray
    n_drawn: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, strata: Sequence[np.ndarray], n_drawn: np.ndarray) -> "_Draws":
        """Take members as they are drawn, without a tilt."""
        member = np.zeros((values.shape[1], len(strata)))
        for number, members in enumerate(strata):
            member[members, number] = 1
        n_members = member.sum(axis=0)
        is_drawn = (n_drawn > 0) & (n_drawn < n_members)
        share = np.where(is_drawn, n_drawn / n_members, 0.5)
        odds = (np.log(share) - np.log1p(-share)) @ member.T
        return cls(values * (is_drawn @ member.T), odds, member, share * n_members)

    def tail(self, reached: np.ndarray) -> np.ndarray:
        """Return the chance of such a sum or a higher one, by test; NaN without a saddlepoint."""
        tilt, shift = self._saddlepoint(reached)
        drawn = self._drawn(tilt, shift)
        variance = drawn * (1 - drawn)
        of_strata, rest = self._variances(variance)
        cumulant = np.logaddexp(0, self._tilted(tilt, shift)) - np.logaddexp(0, self.odds)
        gain = tilt * reached + (shift * self.n_drawn).sum(axis=1) - cumulant.sum(axis=1)
        untilted = self.n_drawn * (1 - self.n_drawn / self.member.sum(axis=0))
        with np.errstate(invalid="ignore", divide="ignore"):
            root = np.sqrt(2 * gain)
            ratio = np.log(rest) + (np.log(of_strata) - np.log(untilted)).sum(axis=1)
            signed = root + (np.log(tilt / root) + ratio / 2) / root
        missed = np.abs((drawn * self.values).sum(axis=1) - reached)
        is_there = missed <= FOUND * np.abs(self.values).max(axis=1)
        return np.where(is_there, ndtr(-signed), np.nan)

    def _saddlepoint(self, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the tilt of the values by which the sum is as high on average, and each stratum's.

        By Newton's method, which finds the one minimum of a convex function.
        """
        largest = np.abs(self.values).max(axis=1)
        tilt, shift = np.zeros(len(reached)), np.zeros(self.n_drawn.shape)
        for _ in range(N_STEPS):
            drawn = self._drawn(tilt, shift)
            variance = drawn * (1 - drawn)
            of_strata, rest = self._variances(variance)
            covariance = (variance * self.values) @ self.member
            lacking = self.n_drawn - drawn @ self.member
            missed = reached - (drawn * self.values).sum(axis=1)
            step = (missed - (covariance * lacking / of_strata).sum(axis=1)) / rest
            step = np.clip(step, -1 / largest, 1 / largest)
            shift += np.clip((lacking - covariance * step[:, None]) / of_strata, -1.5, 1.5)
            tilt += step
            if (np.abs(step) * largest).max() < NEAR_ENOUGH:
                break
        return tilt, shift

    def _variances(self, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return variances of the strata's numbers, and of the sum where these are given."""
        of_strata = np.maximum(variance @ self.member, TINY)
        covariance = (variance * self.values) @ self.member
        rest = (variance * self.values**2).sum(axis=1) - (covariance**2 / of_strata).sum(axis=1)
        return of_strata, np.maximum(rest, TINY)

    def _tilted(self, tilt: np.ndarray, shift: np.ndarray) -> np.ndarray:
        return self.odds + tilt[:, None] * self.values + shift @ self.member.T

    def _drawn(self, tilt: np.ndarray, shift: np.ndarray) -> np.ndarray:
        return expit(self._tilted(tilt, shift))

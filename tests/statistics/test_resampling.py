import numpy as np
import pandas as pd
import pytest

from deepdep.statistics.resampling import interval_of, percentile_interval, resample_counts


def test_as_many_patients_are_drawn_as_there_are_and_their_lines_together():
    patient_id = pd.Series(["p1", "p2", "p1", "p3"], index=list("abcd"))
    counts = resample_counts(patient_id, n_boot=50, rng=np.random.default_rng(0))
    assert counts.shape == (50, 4)
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_no_resample_that_can_be_judged_gives_no_interval():
    interval = percentile_interval(pd.Series([float("nan")] * 3))
    assert np.isnan([interval.low, interval.high]).all()


def test_an_interval_lies_around_its_estimate_though_the_resamples_are_biased():
    resampled = pd.Series(np.random.default_rng(0).normal(loc=0.2, scale=0.01, size=10_000))
    interval = interval_of(0.3, resampled)
    assert interval.low == pytest.approx(0.3 - 1.96 * 0.01, abs=1e-3)
    assert interval.high == pytest.approx(0.3 + 1.96 * 0.01, abs=1e-3)


def test_an_interval_of_nothing_is_nan():
    interval = interval_of(0.3, pd.Series([float("nan")] * 3))
    assert np.isnan([interval.low, interval.high]).all()

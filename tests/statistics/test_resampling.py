import numpy as np
import pandas as pd
import pytest

from deepdep.statistics import resampling
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.statistics.resampling import (
    Resamples,
    gene_trust,
    holm,
    mean_over_groups,
    mean_r,
    mean_r_by_group,
    resample_counts,
)


def correlated(rng, r, *, n_lines=40, n_genes=20):
    """Measured effects, and predictions that correlate with them by ``r``."""
    genes = [f"g{i}" for i in range(n_genes)]
    lines = [f"l{i:03}" for i in range(n_lines)]
    measured = pd.DataFrame(rng.normal(size=(n_lines, n_genes)), lines, genes)
    return measured, r * measured + np.sqrt(1 - r**2) * rng.normal(size=measured.shape)


def own_patients(table):
    return pd.Series(table.index, index=table.index)


def counts_of(table, n_boot, seed=0):
    rng = np.random.default_rng(seed)
    return resample_counts(own_patients(table), n_boot=n_boot, rng=rng)


def test_as_many_patients_are_drawn_as_there_are_and_their_lines_together():
    patient_id = pd.Series(["p1", "p2", "p1", "p3"], index=list("abcd"))
    counts = resample_counts(patient_id, n_boot=50, rng=np.random.default_rng(0))
    assert counts.shape == (50, 4)
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_weights_give_the_r_of_the_rows_they_stand_for(monkeypatch):
    monkeypatch.setattr(resampling, "CHUNK_SIZE", 45)  # two resamples at a time
    rng = np.random.default_rng(1)
    measured, predicted = correlated(rng, 0.5, n_lines=12)
    measured = measured.mask(rng.random(measured.shape) < 0.2)
    measured["binary"] = [-1.0, *[0.0] * 11]  # constant in every third resample
    predicted["binary"] = rng.normal(size=12)
    predicted["g0"] = 0.3
    counts = resample_counts(own_patients(measured), n_boot=7, rng=rng)
    found = mean_r(measured, {"model": predicted}, counts)["model"]
    assert found.figure == pytest.approx(pearson_per_gene(measured, predicted).mean())
    for r, count in zip(found.resampled, counts, strict=True):
        repeated = np.repeat(np.arange(12), count)
        expected = pearson_per_gene(
            measured.iloc[repeated].reset_index(drop=True),
            predicted.iloc[repeated].reset_index(drop=True),
        )
        assert r == pytest.approx(expected.mean())


def test_a_gene_with_two_distinct_lines_in_a_resample_is_left_out():
    measured = pd.DataFrame({"g": [1.0, 2, 3], "h": [1.0, 2, 4]}, index=list("abc"))
    counts = np.array([[2, 1, 0], [1, 1, 1]])
    two, three = mean_r(measured, {"model": measured}, counts)["model"].resampled
    assert np.isnan(two)
    assert three == pytest.approx(1)


def test_the_gene_mean_has_r_zero_in_every_resample():
    measured, _ = correlated(np.random.default_rng(2), 0.5)
    constant = pd.DataFrame(0.1, measured.index, measured.columns) + np.arange(20) / 7
    found = mean_r(measured, {"gene_mean": constant}, counts_of(measured, 50))["gene_mean"]
    assert found.figure == 0
    assert (found.resampled == 0).all()


def test_groups_average_over_their_own_genes():
    measured, predicted = correlated(np.random.default_rng(3), 0.5)
    predicted["g0"] = measured["g0"]
    groups = {"all": measured.columns, "selective": pd.Index(["g0"])}
    found = mean_r_by_group(measured, {"model": predicted}, groups, counts_of(measured, 5))["model"]
    assert found["selective"].to_numpy() == pytest.approx(np.ones(5))
    assert (found["all"] < 0.9).all()


def test_a_difference_that_no_line_contradicts_excludes_zero():
    measured, weaker = correlated(np.random.default_rng(4), 0.3)
    stronger = weaker + 0.08 * measured
    found = mean_r(measured, {"a": stronger, "b": weaker}, counts_of(measured, 300))
    paired = (found["a"] - found["b"]).percentiles()
    assert 0 < paired.low < paired.high
    # The two intervals overlap: only the paired one sees the difference.
    assert found["a"].percentiles().low < found["b"].percentiles().high


def test_a_model_against_itself_differs_by_exactly_nothing():
    measured, predicted = correlated(np.random.default_rng(5), 0.4)
    models = {"a": predicted, "b": predicted.copy()}
    found = mean_r(measured, models, counts_of(measured, 50))
    interval = (found["a"] - found["b"]).percentiles()
    assert (interval.low, interval.high) == (0, 0)


def test_intervals_cover_the_true_r_about_as_often_as_they_say():
    rng = np.random.default_rng(6)
    n_covered = 0
    for _ in range(100):
        measured, predicted = correlated(rng, 0.4)
        counts = resample_counts(own_patients(measured), n_boot=200, rng=rng)
        interval = mean_r(measured, {"model": predicted}, counts)["model"].percentiles()
        n_covered += interval.low <= 0.4 <= interval.high
    assert n_covered >= 85


def test_twins_do_not_narrow_the_interval_when_their_patient_is_known():
    measured, predicted = correlated(np.random.default_rng(7), 0.4)
    twin = {line: f"{line}_twin" for line in measured.index}
    both = pd.concat([measured, measured.rename(twin)])
    predicted_both = pd.concat([predicted, predicted.rename(twin)])

    def width(patient_id):
        rng = np.random.default_rng(0)
        counts = resample_counts(patient_id, n_boot=500, rng=rng)
        interval = mean_r(both, {"m": predicted_both}, counts)["m"].percentiles()
        return interval.high - interval.low

    known = own_patients(both).str.removesuffix("_twin")
    assert width(own_patients(both)) < 0.85 * width(known)


def test_shuffled_rows_and_columns_give_the_same_resamples():
    measured, predicted = correlated(np.random.default_rng(8), 0.4)
    patient_id = pd.Series([f"p{i % 30}" for i in range(40)], index=measured.index)
    shuffled = measured.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0)

    def resampled(table, seed=0):
        rng = np.random.default_rng(seed)
        counts = resample_counts(patient_id[table.index], n_boot=20, rng=rng)
        return mean_r(table, {"m": predicted[::-1]}, counts)["m"].resampled

    pd.testing.assert_series_equal(resampled(shuffled), resampled(measured))
    assert not resampled(measured).equals(resampled(measured, seed=1))


def test_groups_count_alike_however_many_rows_they_have():
    values = np.array([[1.0, 1.0], [3.0, np.nan], [6.0, np.nan]])
    assert mean_over_groups(values, [0, 0, 1]).tolist() == [4, 1]
    assert np.isnan(mean_over_groups(values[1:, 1:], [0, 1])).all()


def test_a_mean_is_taken_resample_by_resample():
    found = Resamples.mean(
        [Resamples(0.1, pd.Series([0.0, 1.0])), Resamples(0.3, pd.Series([2.0, np.nan]))]
    )
    assert found.figure == pytest.approx(0.2)
    assert found.resampled.tolist() == [1, 1]


def test_no_resample_that_can_be_judged_gives_no_interval():
    interval = Resamples(0.3, pd.Series([float("nan")] * 3)).percentiles()
    assert np.isnan([interval.low, interval.high]).all()


def test_an_interval_lies_around_its_figure_though_the_resamples_are_biased():
    resampled = pd.Series(np.random.default_rng(0).normal(loc=0.2, scale=0.01, size=10_000))
    interval = Resamples(0.3, resampled).interval()
    assert interval.low == pytest.approx(0.3 - 1.96 * 0.01, abs=1e-3)
    assert interval.high == pytest.approx(0.3 + 1.96 * 0.01, abs=1e-3)


def test_an_interval_of_nothing_is_nan():
    interval = Resamples(0.3, pd.Series([float("nan")] * 3)).interval()
    assert np.isnan([interval.low, interval.high]).all()


def lead(difference, resampled):
    """The lead over a model whose every figure is 0."""
    return Resamples(difference, resampled).lead(Resamples(0.0, 0.0 * resampled))


def test_a_lead_of_two_standard_errors_has_a_p_of_5_percent():
    resampled = pd.Series(np.random.default_rng(0).normal(0.0196, 0.01, 20_000))
    found = lead(0.0196, resampled)
    assert found.p == pytest.approx(0.05, abs=0.002)
    assert found.low == pytest.approx(0, abs=0.0005)
    assert found.high == pytest.approx(0.0392, abs=0.0005)
    assert lead(-0.0196, -resampled).p == pytest.approx(found.p)


def test_equal_models_have_a_p_of_1():
    assert lead(0.0, pd.Series([0.0] * 10)).p == 1


def test_chance_is_called_a_difference_as_often_as_it_should_be():
    rng = np.random.default_rng(1)
    differences = rng.normal(size=2000)
    p = np.array([lead(d, pd.Series(d + rng.normal(size=300))).p for d in differences])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_without_a_number_there_is_no_p():
    assert np.isnan(lead(np.nan, pd.Series([np.nan] * 5)).p)


def test_holm_by_hand():
    p = pd.Series({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    # 4 * 0.005, 3 * 0.01, 2 * 0.03, then 1 * 0.04, which may not end below the one before.
    assert holm(p).to_dict() == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})


def test_holm_never_exceeds_1_and_skips_what_was_not_tested():
    p = pd.Series({"a": 0.6, "b": np.nan, "c": 0.04})
    assert holm(p).to_dict() == pytest.approx({"a": 0.6, "b": np.nan, "c": 0.08}, nan_ok=True)
    assert holm(pd.Series({"a": 0.6, "b": 0.7})).to_dict() == {"a": 1, "b": 1}


def lines_of(index, n_folds=5):
    return pd.DataFrame(
        {
            "patient_id": [f"p-{name}" for name in index],
            "fold": [f"{i % n_folds}" for i in range(len(index))],
        },
        index=index,
    )


def screen(rng, *, n_lines=100, n_genes=200, r=0.0):
    """Standard normal effects, and predictions that correlate with them by ``r``."""
    lines, genes = [f"l{i:03}" for i in range(n_lines)], [f"g{i}" for i in range(n_genes)]
    measured = pd.DataFrame(rng.normal(size=(n_lines, n_genes)), lines, genes)
    return measured, r * measured + np.sqrt(1 - r**2) * rng.normal(size=measured.shape)


def judged(measured, predicted, lines, *, n_bootstrap=200, seed=0):
    rng = np.random.default_rng(seed)
    return gene_trust(measured, predicted, lines, n_bootstrap=n_bootstrap, rng=rng)


def test_r_is_that_of_deviations_from_the_means_of_the_fold():
    rng = np.random.default_rng(0)
    measured, predicted = screen(rng, r=0.5, n_genes=5)
    measured = measured.mask(rng.random(measured.shape) < 0.2)
    lines = lines_of(measured.index)
    both = predicted.where(measured.notna())
    centred = [side - side.groupby(lines["fold"]).transform("mean") for side in (measured, both)]
    expected = pearson_per_gene(*centred)
    found = judged(measured, predicted, lines)["cv_r"]
    assert found.to_numpy() == pytest.approx(expected.to_numpy())


def test_what_only_the_means_of_folds_know_earns_and_costs_nothing():
    measured, predicted = screen(np.random.default_rng(1), r=0.4)
    lines = lines_of(measured.index)
    fold = lines["fold"].astype(int)
    expected = judged(measured, predicted, lines)
    shifted = predicted.sub(3.0 * fold, axis=0)
    pd.testing.assert_frame_equal(judged(measured, shifted, lines), expected)
    # The mean of the other folds: constant within each fold, so that it ranks no line.
    own = measured.groupby(fold).transform("mean")
    found = judged(measured, measured.mean() - own, lines)
    assert (found["cv_r"] == 0).all()
    assert not found["trusted"].any()


def test_noise_is_seldom_trusted_and_signal_is():
    rng = np.random.default_rng(2)
    noise, signal = screen(rng), screen(rng, r=0.5)
    lines = lines_of(noise[0].index)
    assert judged(*noise, lines)["trusted"].mean() < 0.06
    assert judged(*signal, lines)["trusted"].mean() > 0.97


def test_trust_is_corrected_for_the_number_of_genes():
    rng = np.random.default_rng(5)
    parts = [screen(rng, n_genes=900), screen(rng, r=0.45, n_genes=100)]
    signal = [f"signal_{k}" for k in range(100)]
    parts[1] = tuple(side.set_axis(signal, axis=1) for side in parts[1])
    measured, predicted = (pd.concat(sides, axis=1) for sides in zip(*parts, strict=True))
    found = judged(measured, predicted, lines_of(measured.index), n_bootstrap=400)
    assert found["q"].between(0, 1).all()
    trusted = found.index[found["trusted"]]
    is_signal = trusted.isin(signal)
    assert (~is_signal).mean() < 0.12  # 5 % expected
    assert is_signal.sum() > 60
    by_interval = found.index[found["cv_r_low"] > 0]
    assert set(trusted) <= set(by_interval)
    assert (~by_interval.isin(signal)).sum() > 2 * (~is_signal).sum()
    # The more genes, the stricter: alone, those of the signal are all but all trusted.
    alone = judged(*parts[1], lines_of(measured.index), n_bootstrap=400)
    assert alone["trusted"].sum() >= is_signal.sum()


def test_intervals_hold_the_true_r_about_as_often_as_they_say():
    measured, predicted = screen(np.random.default_rng(3), r=0.4, n_genes=400)
    found = judged(measured, predicted, lines_of(measured.index), n_bootstrap=400)
    within = (found["cv_r_low"] <= 0.4) & (found["cv_r_high"] >= 0.4)
    assert 0.9 < within.mean() < 0.98


def test_what_hangs_on_three_patients_is_not_trusted():
    lines = [f"l{i:02}" for i in range(50)]
    measured = pd.DataFrame(0.0, lines, ["three", "twelve"])
    measured.iloc[[0, 11, 22], 0] = -1
    measured.iloc[::4, 1] = -1
    found = judged(measured, measured, lines_of(lines), n_bootstrap=1000)
    assert found["cv_r"].to_numpy() == pytest.approx([1, 1])
    assert found["trusted"].to_dict() == {"three": False, "twelve": True}


def test_lines_of_one_patient_count_together():
    measured, predicted = screen(np.random.default_rng(4), r=0.3)
    lines = lines_of(measured.index)
    twin = {line: f"{line}_twin" for line in measured.index}
    both, predicted_both = (pd.concat([side, side.rename(twin)]) for side in (measured, predicted))
    found = judged(both, predicted_both, pd.concat([lines, lines.rename(twin)]))
    pd.testing.assert_frame_equal(found, judged(measured, predicted, lines))


def test_genes_that_cannot_be_judged_have_no_r_and_no_trust():
    lines = lines_of([f"l{i}" for i in range(10)], n_folds=2)
    values = np.arange(10.0)
    measured = pd.DataFrame(
        {
            "never": np.nan,
            "constant": 1.0,
            "one_per_fold": [1.0, 2.0, *[np.nan] * 8],
            "good": values,
        },
        index=lines.index,
    )
    predicted = pd.DataFrame(dict.fromkeys(measured, values), index=lines.index)
    found = judged(measured, predicted, lines)
    hopeless = found.loc[["never", "constant", "one_per_fold"]]
    assert hopeless[["cv_r", "cv_r_low", "cv_r_high"]].isna().all(axis=None)
    assert found["trusted"].to_dict() == {
        "never": False, "constant": False, "one_per_fold": False, "good": True,
    }  # fmt: skip


def test_order_and_size_of_parts_change_nothing(monkeypatch):
    measured, predicted = screen(np.random.default_rng(5), r=0.3, n_genes=20)
    lines = lines_of(measured.index)
    expected = judged(measured, predicted, lines)
    monkeypatch.setattr(resampling, "GENES_AT_ONCE", 7)
    shuffled = measured.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0)
    found = judged(shuffled, predicted[::-1], lines.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found.loc[expected.index], expected)

import numpy as np
import pandas as pd
import pytest

from deepdep.statistics import trust
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.statistics.trust import gene_trust


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
    monkeypatch.setattr(trust, "GENES_AT_ONCE", 7)
    shuffled = measured.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0)
    found = judged(shuffled, predicted[::-1], lines.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found.loc[expected.index], expected)

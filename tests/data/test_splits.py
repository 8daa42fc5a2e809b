import numpy as np
import pandas as pd
import pytest

from deepdep.data.splits import (
    LEARNED_FROM,
    Split,
    SplitSettings,
    deal,
    lines_of,
    patient_fold_of_line,
    patient_folds,
    split_by_patient,
    validation_folds,
)
from deepdep.errors import DeepDEPError


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


@pytest.fixture
def splits():
    """20 lines of 10 patients, two lines each; the last two patients are the test's."""
    lines = pd.Index([f"L{k:02d}" for k in range(20)], name="cell_line")
    patients = [f"P{k // 2}" for k in range(20)]
    lineage = ["Lung", "Lung", "Skin", "Skin"] * 5
    parts = ["train"] * 12 + ["validation"] * 4 + ["test"] * 4
    return pd.DataFrame({"patient_id": patients, "lineage": lineage, "split": parts}, index=lines)


def test_each_patient_but_the_tests_validates_once(splits):
    folds = validation_folds(splits, 4, np.random.default_rng(0))
    validating = pd.concat(
        [fold.index.to_series()[fold["split"] == "validation"] for fold in folds]
    )
    assert sorted(validating) == [f"L{k:02d}" for k in range(16)]
    for fold in folds:
        assert (fold["split"][16:] == "test").all()
        assert (fold["split"] == "validation").sum() == 4
        assert fold.groupby("patient_id")["split"].nunique().max() == 1
        assert list(fold.columns) == list(splits.columns)


def test_one_fold_is_the_split_itself(splits):
    (fold,) = validation_folds(splits, 1, np.random.default_rng(0))
    pd.testing.assert_frame_equal(fold, splits)


def test_the_argument_is_not_changed(splits):
    before = splits.copy()
    validation_folds(splits, 2, np.random.default_rng(0))
    pd.testing.assert_frame_equal(splits, before)


def test_more_folds_than_patients_are_refused(splits):
    with pytest.raises(DeepDEPError, match=r"8 patients cannot be dealt to 9 folds"):
        validation_folds(splits, 9, np.random.default_rng(0))


SETTINGS = SplitSettings(validation=0.2, test=0.2, seed=3)


def obs_of(n_patients, lines_per_patient=1, n_lineages=4):
    patients = np.repeat([f"PT-{k:03d}" for k in range(n_patients)], lines_per_patient)
    lineages = np.repeat([f"L{k % n_lineages}" for k in range(n_patients)], lines_per_patient)
    lines = [f"ACH-{k:06d}" for k in range(len(patients))]
    return pd.DataFrame({"patient_id": patients, "lineage": lineages}, index=lines)


@pytest.mark.parametrize("seed", range(20))
def test_no_patient_is_in_two_parts(seed):
    rng = np.random.default_rng(seed)
    obs = obs_of(40, 3).assign(patient_id=lambda o: rng.choice(o["patient_id"], len(o)))
    splits = split_by_patient(obs, SplitSettings(validation=0.2, test=0.2, seed=seed))
    assert splits.groupby("patient_id")["split"].nunique().max() == 1


def test_shares_are_met_within_each_lineage():
    splits = split_by_patient(obs_of(200), SETTINGS)
    for _, of_lineage in splits.groupby("lineage"):
        shares = of_lineage["split"].value_counts(normalize=True)
        assert shares[Split.TRAIN] == pytest.approx(0.6, abs=0.05)
        assert shares[Split.TEST] == pytest.approx(0.2, abs=0.05)


def test_the_order_of_the_lines_does_not_matter():
    obs = obs_of(30, 2)
    pd.testing.assert_frame_equal(
        split_by_patient(obs, SETTINGS), split_by_patient(obs.iloc[::-1], SETTINGS)
    )


def test_another_seed_draws_another_split():
    obs = obs_of(60)
    other = SplitSettings(validation=0.2, test=0.2, seed=4)
    assert (split_by_patient(obs, SETTINGS)["split"] != split_by_patient(obs, other)["split"]).any()


def test_too_few_patients_are_refused():
    with pytest.raises(DeepDEPError, match="no patient is left"):
        split_by_patient(obs_of(1, 10), SETTINGS)


def test_a_share_of_0_keeps_no_line_for_the_test():
    splits = split_by_patient(obs_of(200), SplitSettings(validation=0.2, test=0.0, seed=3))
    for _, of_lineage in splits.groupby("lineage"):
        shares = of_lineage["split"].value_counts(normalize=True)
        assert set(shares.index) == {"train", "validation"}
        assert shares["validation"] == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(
    ("validation", "test"), [(0.0, 0.2), (0.0, 0.0), (0.2, -0.1), (0.5, 0.5), (float("nan"), 0.2)]
)
def test_shares_that_leave_a_part_empty_are_refused(validation, test):
    with pytest.raises(DeepDEPError, match="leave a part empty"):
        split_by_patient(obs_of(60), SplitSettings(validation=validation, test=test, seed=1))


def test_every_line_is_left_out_once_together_with_its_patient():
    patient_id = pd.Series(list("aabbcddd"))
    held_out = []
    for fitted, judged in patient_folds(patient_id, 3):
        assert not set(patient_id[fitted]) & set(patient_id[judged])
        held_out += judged.tolist()
    assert sorted(held_out) == list(range(8))


def test_the_fold_of_a_line_is_the_one_that_leaves_it_out():
    patient_id = pd.Series(list("aabbcddd"), index=list("ABCDEFGH"))
    fold_of_line = patient_fold_of_line(patient_id, 3)
    for number, (_, judged) in enumerate(patient_folds(patient_id, 3)):
        assert set(fold_of_line.index[fold_of_line == number]) == set(patient_id.index[judged])


def test_lines_of_parts_come_in_the_order_of_the_table():
    splits = pd.DataFrame({"split": ["test", "train", "validation", "train"]}, index=list("abcd"))
    assert list(lines_of(splits, Split.TRAIN)) == ["b", "d"]
    assert list(lines_of(splits, *LEARNED_FROM)) == ["b", "c", "d"]
    assert list(lines_of(splits)) == []

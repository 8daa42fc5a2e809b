import numpy as np
import pandas as pd
import pytest

from deepdep.data.folds.validation import validation_folds
from deepdep.domain.errors import DeepDEPError


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

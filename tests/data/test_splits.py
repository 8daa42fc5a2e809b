import numpy as np
import pandas as pd
import pytest

from deepdep.data.splits import Split, SplitSettings, split_by_patient
from deepdep.domain.errors import DeepDEPError

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


@pytest.mark.parametrize(("validation", "test"), [(0.0, 0.2), (0.2, 0.0), (0.5, 0.5)])
def test_shares_that_leave_a_part_empty_are_refused(validation, test):
    with pytest.raises(DeepDEPError, match="leave a part empty"):
        split_by_patient(obs_of(60), SplitSettings(validation=validation, test=test, seed=1))

import numpy as np
import pandas as pd
import pytest

from deepdep.data.features import FeatureSettings, fit_features
from deepdep.data.standardized import fill_features, share_of_features, standardize
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.omics import Omic

KEEP_ALL = FeatureSettings(
    max_features=None,
    min_changed_share=0.0,
    max_missing_share=0.3,
    tumor_features="union",
    within_sample=False,
    scale="by_source",
)
UNIT = "log2(TPM+1)"


@pytest.fixture
def profiles():
    """80 lines of 40 features that two programmes and some noise make."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(80, 2)) @ rng.normal(size=(2, 40)) + rng.normal(0, 0.1, (80, 40))
    return pd.DataFrame(
        values, [f"L{k}" for k in range(80)], [f"F{k}" for k in range(40)], dtype=np.float32
    )


def test_features_are_filled_from_those_that_a_sample_has(profiles):
    lines, samples = profiles[:60], profiles[60:].copy()
    samples.iloc[:, 10:] = np.nan
    filled = fill_features(samples, lines)
    pd.testing.assert_frame_equal(filled.iloc[:, :10], samples.iloc[:, :10])
    truth = profiles.iloc[60:, 10:]
    r = filled.iloc[:, 10:].corrwith(truth, axis=1)
    assert r.median() > 0.98
    # In place of the average, which is 0.
    assert (filled.iloc[:, 10:] - truth).to_numpy().std() < 0.7 * truth.to_numpy().std()


def test_each_sample_is_filled_from_its_own_features(profiles):
    samples = profiles[60:].copy()
    samples.iloc[0, 5:] = np.nan
    samples.iloc[1, :30] = np.nan
    both = fill_features(samples, profiles[:60])
    for row in range(2):
        alone = fill_features(samples.iloc[[row]], profiles[:60])
        pd.testing.assert_frame_equal(both.iloc[[row]], alone, rtol=1e-4)


def test_a_few_gaps_stay_and_so_does_all_where_no_line_teaches(profiles):
    gaps = profiles[60:].copy()
    gaps.iloc[0, :2] = np.nan
    assert fill_features(gaps, profiles[:60]) is gaps
    gaps.iloc[0, :20] = np.nan
    assert fill_features(gaps, profiles[:0]) is gaps
    unknown = fill_features(gaps, profiles[:60] * 0)
    pd.testing.assert_frame_equal(unknown, gaps)


def of(table, source="cell_line"):
    obs = pd.DataFrame({"source": source}, table.index)
    return Samples({Omic.EXPRESSION: table}, obs, {Omic.EXPRESSION: UNIT})


def space_of(lines, tumors=None):
    return fit_features(lines, tumors, KEEP_ALL, {Source.CELL_LINE: UNIT}, table_name="lines")


def test_a_tumor_has_its_share_of_what_tumors_had(profiles):
    space, table = space_of(profiles, profiles.iloc[:, :20]), profiles.iloc[:2, :10]
    source = pd.Series(["cell_line", "tumor"], table.index)
    assert share_of_features(table, space, source).tolist() == [0.25, 0.5]


def test_samples_that_lack_features_are_counted_and_those_that_lack_nearly_all_go(profiles):
    table = profiles[:4].copy()
    table.iloc[0, 1:] = np.nan
    table.iloc[1, 10:] = np.nan
    table.iloc[2, :1] = np.nan  # as lines that taught the model do
    spaces = {Omic.EXPRESSION: space_of(profiles)}
    found = standardize(of(table), spaces, {}, file_name="mine")
    assert list(found.names) == ["L1", "L2", "L3"]
    assert list(found.profiles[Omic.EXPRESSION].index) == ["L1", "L2", "L3"]
    few, some = found.notes[-2:]
    assert few.startswith("1 sample has under 5% of the features of expression")
    assert some.startswith("1 of 3 samples have 25% of the 40 features of expression")

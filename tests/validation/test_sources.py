from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Samples
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.validation.features import feature_summary
from deepdep.validation.sources import MIN_SHARED, WITHIN_SAMPLE, compare_sources, overlap_summary

N_FEATURES = 100
GENES = [f"G{i}" for i in range(N_FEATURES)]
BINS = [f"chr1_{i}to{i + 1}_10k" for i in range(N_FEATURES)]


def samples_of(values: np.ndarray, features=GENES, omic=Omic.EXPRESSION, **kwargs) -> Samples:
    names = [f"S{i}" for i in range(len(values))]
    table = pd.DataFrame(values.astype(np.float32), index=names, columns=features)
    obs = pd.DataFrame({"patient_id": names}, index=names)
    return Samples({omic: table}, obs, dict(DEFAULT_UNITS), **kwargs)


@pytest.fixture
def values() -> np.ndarray:
    """40 samples; feature k has mean k / 20 and standard deviation 0.5."""
    rng = np.random.default_rng(0)
    return np.arange(N_FEATURES) / 20 + rng.normal(scale=0.5, size=(40, N_FEATURES))


@pytest.fixture
def compare(validate_settings):
    def compare(lines: Samples, tumors: Samples):
        described = [
            {omic: feature_summary(table) for omic, table in samples.omics.items()}
            for samples in (lines, tumors)
        ]
        return compare_sources(lines, tumors, *described, validate_settings)

    return compare


def overlap_of(lines: Samples, tumors: Samples, compared=()) -> dict:
    (row,) = overlap_summary(lines, tumors, list(compared)).to_dict("records")
    return row


def test_halves_of_one_table_are_distributed_alike(values, compare):
    (found,) = compare(samples_of(values[:20]), samples_of(values[20:]))
    assert found.unit == "log2(TPM+1)"
    assert found.n_shared == N_FEATURES == sum(found.cell_lines) == sum(found.tumors)
    assert found.mean_r > 0.98
    assert abs(found.mean_shift) < 0.05
    assert found.shifted_share == 0


def test_a_shift_is_counted_in_standard_deviations_of_all_values(values, compare):
    (found,) = compare(samples_of(values), samples_of(values + 3))
    # Means spread evenly over 5 have a variance of 25 / 12, noise adds 0.25.
    assert found.mean_shift == pytest.approx(3 / (25 / 12 + 0.25) ** 0.5, rel=0.03)
    assert found.shifted_share == 1  # 3 is 6 SD of a feature
    assert found.mean_r == pytest.approx(1)


def test_shuffled_labels_do_not_correlate(values, compare):
    shuffled = np.random.default_rng(1).permutation(GENES)
    (found,) = compare(samples_of(values), samples_of(values, shuffled))
    assert abs(found.mean_r) < 0.3


def test_features_are_matched_by_name(values, compare):
    backwards = samples_of(values[:, ::-1], GENES[::-1])
    (found,) = compare(samples_of(values), backwards)
    assert found.mean_r == pytest.approx(1)


def test_different_units_are_compared_within_samples(values, compare):
    lines = samples_of(values)
    scaled = samples_of(7 + 2 * values)
    tumors = replace(scaled, units={Omic.EXPRESSION: "z-score"})
    (found,) = compare(lines, tumors)
    assert found.unit == WITHIN_SAMPLE
    assert found.mean_r == pytest.approx(1)
    assert found.shifted_share == 0
    assert np.isnan(found.mean_shift)
    assert found.cell_lines == found.tumors


def test_gaps_do_not_move_what_is_standardised_within_samples(values, compare):
    values[::2, 3] = np.nan
    values[5] = np.nan
    tumors = replace(samples_of(values), units={Omic.EXPRESSION: "z-score"})
    (found,) = compare(samples_of(values), tumors)
    assert found.mean_r == pytest.approx(1)


def test_too_few_shared_features_are_not_compared(values, compare):
    few = samples_of(values[:, : MIN_SHARED - 1], GENES[: MIN_SHARED - 1])
    assert compare(samples_of(values), few) == []


def test_constant_tables_have_no_correlation(compare):
    constant = samples_of(np.ones((5, N_FEATURES)))
    (found,) = compare(constant, constant)
    assert np.isnan(found.mean_r)
    assert np.isnan(found.mean_shift)


def test_overlap_is_counted_per_omic_that_both_have():
    lines = samples_of(np.zeros((1, 4)), list("ABCD"))
    lines.omics[Omic.MUTATION] = pd.DataFrame(0, index=["S0"], columns=list("AB"))
    tumors = replace(samples_of(np.zeros((1, 3)), list("DAX")), units={Omic.EXPRESSION: "z-score"})
    row = overlap_of(lines, tumors)
    assert (row["omic"], row["n_shared"], row["shared_share"]) == ("expression", 2, 0.5)
    assert row["same_unit"] == 0
    assert np.isnan(row["mean_r"])


@pytest.mark.parametrize(
    ("features", "assemblies", "same", "stated"),
    [
        (BINS, ("hg19", "hg38"), 0, 1),
        (BINS, ("hg38", "hg38"), 1, 1),
        (BINS, ("hg38", None), 1, 0),
        (GENES, ("hg19", "hg38"), 1, 1),
        (GENES, (None, None), 1, 1),
    ],
)
def test_only_bins_need_one_stated_assembly(features, assemblies, same, stated):
    lines, tumors = (
        samples_of(np.zeros((2, N_FEATURES)), features, Omic.COPY_NUMBER, assembly=assembly)
        for assembly in assemblies
    )
    row = overlap_of(lines, tumors)
    assert (row["same_assembly"], row["stated_assembly"]) == (same, stated)

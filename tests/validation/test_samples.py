from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort, Samples, Supplement
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.validation.features import feature_summary
from deepdep.validation.samples import (
    MIN_EVENTS,
    MIN_FEATURES,
    SAMPLES_AT_A_TIME,
    metadata_summary,
    patient_by_sample,
    profile_summary,
    renamed_summary,
    sample_names,
    sample_summary,
)

NAMES = [f"secret-{i}" for i in range(20)]


@pytest.fixture
def table() -> pd.DataFrame:
    """20 unrelated samples whose features have very different means, as transcripts have."""
    rng = np.random.default_rng(0)
    values = 100 * np.arange(200) + rng.normal(size=(20, 200))
    return pd.DataFrame(values.astype(np.float32), index=NAMES)


@pytest.fixture
def pairs(validate_settings):
    """Count the pairs of a table as n_compared, of one patient, of two patients."""

    def count(table, patients=None, *, are_events=False, settings=validate_settings):
        whose = pd.Series(dict.fromkeys(table.index, "P") if patients is None else patients)
        found = profile_summary(
            table, feature_summary(table), whose, settings, are_events=are_events
        )
        assert "secret" not in found.to_csv()
        return tuple(found.iloc[0])

    return count


def test_unrelated_samples_are_not_alike(table, pairs):
    assert pairs(table) == (20, 0, 0)


def test_a_copy_counts_once_and_by_patient(table, pairs):
    table.iloc[7] = table.iloc[3].to_numpy()
    assert pairs(table) == (20, 1, 0)
    assert pairs(table, dict(zip(NAMES, NAMES, strict=True))) == (20, 0, 1)


def test_a_sample_of_no_stated_patient_is_a_patient_of_its_own(table, pairs):
    table.iloc[7] = table.iloc[3].to_numpy()
    assert pairs(table, {"secret-3": "P"}) == (20, 0, 1)


def test_a_rounded_copy_is_alike_and_another_sample_of_the_line_is_not(table, pairs):
    rng = np.random.default_rng(1)
    table.iloc[7] = table.iloc[3] + rng.normal(scale=0.01, size=200)  # r = 0.99995
    table.iloc[8] = table.iloc[4] + rng.normal(scale=0.3, size=200)  # r = 0.96
    assert pairs(table) == (20, 1, 0)


def test_copies_are_found_across_blocks_of_samples(pairs):
    rng = np.random.default_rng(0)
    n_samples = SAMPLES_AT_A_TIME + 10
    many = pd.DataFrame(rng.normal(size=(n_samples, MIN_FEATURES)))
    many.iloc[-1] = many.iloc[2].to_numpy()
    many.iloc[-2] = many.iloc[-3].to_numpy()
    assert pairs(many) == (n_samples, 2, 0)


def test_only_the_most_variable_features_are_compared(table, pairs, validate_settings):
    table.iloc[7] = table.iloc[3].to_numpy()
    table.iloc[7, :100] += np.float32(0.5)
    table.iloc[:, 100:] *= 10
    few = replace(validate_settings, twin_features=100)
    assert pairs(table, settings=few) == (20, 1, 0)
    assert pairs(table, settings=replace(few, twin_features=200)) == (20, 0, 0)


def test_few_features_tell_no_samples_apart(table, pairs):
    table.iloc[7] = table.iloc[3].to_numpy()
    assert pairs(table.iloc[:, : MIN_FEATURES - 1]) == (0, 0, 0)


def test_samples_that_are_mostly_missing_are_left_out(table, pairs):
    table.iloc[[3, 7], 10:] = np.nan
    assert pairs(table) == (18, 0, 0)


def test_a_gap_does_not_hide_a_copy(table, pairs):
    table.iloc[7] = table.iloc[3].to_numpy()
    table.iloc[[3, 7], 5] = np.nan
    table.iloc[9, 30] = np.inf
    assert pairs(table) == (20, 1, 0)


def test_samples_with_few_mutations_coincide_by_nature(pairs):
    rng = np.random.default_rng(0)
    mutated = pd.DataFrame((rng.random((20, 100)) < 0.3).astype(np.uint8), index=NAMES)
    mutated.iloc[3] = mutated.iloc[7] = mutated.iloc[0].to_numpy()
    mutated.iloc[[1, 2]] = 0
    mutated.iloc[[1, 2], : MIN_EVENTS - 1] = 1
    assert pairs(mutated, are_events=True) == (18, 3, 0)


def test_a_sample_in_two_rows_is_compared_too(table, pairs):
    twice = pd.concat([table, table.iloc[:1]])
    assert pairs(twice, {}) == (21, 1, 0)


@pytest.fixture
def table_samples() -> pd.DataFrame:
    """Three samples of four features; the second lacks one."""
    values = [[1.0, 2.0, 3.0, 4.0], [1.0, np.nan, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]]
    return pd.DataFrame(values, index=["secret-1", "secret-2", "secret-3"], columns=list("ABCD"))


@pytest.fixture
def samples(table_samples) -> Samples:
    obs = pd.DataFrame(
        {"patient_id": ["P1", None, " "], "lineage": ["lung", "unknown", "lung"]},
        index=table_samples.index,
    )
    return Samples({Omic.EXPRESSION: table_samples}, obs, {Omic.EXPRESSION: "log2(TPM+1)"})


def test_samples_are_counted_but_not_named(table_samples):
    described = sample_summary(table_samples.iloc[[0, 1, 1]])
    assert described["n_measured"].tolist() == [4, 3, 3]
    assert described["missing_share"].tolist() == [0, 0.25, 0.25]
    assert described["n_rows"].tolist() == [1, 2, 2]
    assert "secret" not in described.to_csv()


def test_a_table_without_features_is_described_too(table_samples):
    assert sample_summary(table_samples.iloc[:, :0])["n_measured"].tolist() == [0, 0, 0]


def test_metadata_is_stated_unless_it_is_missing_or_blank(samples):
    described = metadata_summary(samples)
    assert described["patient_id"].tolist() == [1, 0, 0]
    assert described["lineage"].tolist() == [1, 1, 1]
    assert described["known_lineage"].tolist() == [1, 0, 1]


def test_a_sample_that_only_an_omic_knows_has_no_metadata(samples):
    obs = samples.obs.assign(patient_id="P", lineage="lung").drop(index="secret-2")
    without = Samples(samples.omics, obs, samples.units)
    assert metadata_summary(without)["patient_id"].tolist() == [1, 0, 1]


def test_sample_names_and_patients_are_known(samples):
    cohort = Cohort(samples, None, None, {"SET": ("A",)})
    assert sample_names(cohort) == {"secret-1", "secret-2", "secret-3", "P1", " "}


def test_samples_of_supplements_and_patient_by_sample_screens_are_known(samples, table_samples):
    array = Supplement(Omic.EXPRESSION, table_samples.rename(index="{}-more".format), "log2(TPM+1)")
    given = replace(samples, supplements={"expression_array": array})
    screened = table_samples.rename(index="{}-screened".format)
    effects = GeneEffect(
        screened, GeneEffectKind.GENE_EFFECT, pd.Series(["P7", None, "P8"], screened.index)
    )
    cohort = Cohort(given, None, effects, None)
    known = sample_names(cohort)
    assert {"secret-1-more", "secret-1-screened", "P7", "P8"} <= known
    assert patient_by_sample(cohort)["secret-3-screened"] == "P8"


def test_a_sample_that_only_a_supplement_knows_has_no_metadata(samples, table_samples):
    array = Supplement(
        Omic.EXPRESSION, table_samples.rename(index={"secret-1": "new"}), "log2(TPM+1)"
    )
    given = replace(samples, supplements={"expression_array": array})
    assert len(metadata_summary(given)) == 4
    assert (
        metadata_summary(given)["patient_id"].sum() == metadata_summary(samples)["patient_id"].sum()
    )


def test_a_table_on_its_side_makes_no_gene_a_sample(samples, table_samples):
    effects = GeneEffect(table_samples, GeneEffectKind.GENE_EFFECT)
    tumors = Samples({Omic.EXPRESSION: table_samples.T}, samples.obs, samples.units)
    known = sample_names(Cohort(samples, tumors, effects, {"SET": ("A",)}))
    assert {"secret-1", "secret-2", "secret-3"} <= known
    assert not known & set(table_samples.columns)


def test_a_sample_has_the_patient_that_is_stated_first(samples):
    others = samples.obs.assign(patient_id="P9").rename(index={"secret-1": "other"})
    cohort = Cohort(samples, Samples({}, others, {}), None, None)
    assert patient_by_sample(cohort)[["secret-1", "other", "secret-3"]].tolist() == [
        "P1",
        "P9",
        " ",
    ]


def test_names_that_went_through_r_count_by_whether_they_are_of_one_patient():
    names = ["22RV1", "X22RV1", "NCI-H1299", "NCI.H1299", "TT", "T.T"]
    patients = pd.Series({"22RV1": "P1", "X22RV1": "P1", "NCI-H1299": "P2"})
    found = renamed_summary(names, patients)
    assert found.to_dict("records") == [{"of_two_patients": 1, "of_one_patient": 1}]

import time

import numpy as np
import pandas as pd
import pytest

from deepdep.data.summaries import (
    FEATURES_AT_A_TIME,
    essential_summary,
    feature_summary,
    label_summary,
    metadata_summary,
    overlap_summary,
    sample_summary,
)
from deepdep.domain.cohort import Samples
from deepdep.domain.omics import Omic

NAN, INF = np.nan, np.inf


@pytest.fixture
def table() -> pd.DataFrame:
    """Three samples; each feature has one peculiarity."""
    columns = {
        "plain": [1.0, 2.0, 6.0],
        "gap": [0.5, NAN, 1.5],
        "infinite": [INF, 4.0, -INF],
        "constant": [7.0, 7.0, 7.0],
        "empty": [NAN, NAN, NAN],
    }
    return pd.DataFrame(columns, index=["secret-1", "secret-2", "secret-3"], dtype=np.float32)


def samples_of(omics: dict[Omic, pd.DataFrame], units: dict[Omic, str]) -> Samples:
    names = sorted({name for table in omics.values() for name in table.index})
    obs = pd.DataFrame({"patient_id": names, "lineage": "lung", "source": "tumor"}, index=names)
    return Samples(omics, obs, units)


def test_a_feature_is_described_by_its_finite_values(table):
    described = feature_summary(table).set_index("feature")
    expected = pd.DataFrame(
        {
            "n": [3, 2, 1, 3, 0],
            "n_infinite": [0, 0, 2, 0, 0],
            "n_fractional": [0, 2, 0, 0, 0],
            "missing_share": [0, 1 / 3, 0, 0, 1],
            "minimum": [1, 0.5, 4, 7, NAN],
            "maximum": [6, 1.5, 4, 7, NAN],
            "mean": [3, 1, 4, 7, NAN],
            "sd": [7**0.5, 0.5**0.5, NAN, 0, NAN],
            "constant": [False, False, True, True, False],
        },
        index=pd.Index(table.columns, name="feature"),
    )
    pd.testing.assert_frame_equal(described, expected, check_dtype=False)


def test_features_keep_their_order_across_blocks():
    n_features = 2 * FEATURES_AT_A_TIME + 3
    values = np.arange(n_features, dtype=np.float32)
    wide = pd.DataFrame([values, values], columns=[f"G{i}" for i in range(n_features)])
    described = feature_summary(wide)
    assert described["feature"].tolist() == wide.columns.tolist()
    assert described["maximum"].tolist() == values.tolist()


def test_features_of_the_same_name_are_described_one_by_one():
    twice = pd.DataFrame([[0, 1], [0, 1]], columns=["TP53", "TP53"], dtype=np.uint8)
    assert feature_summary(twice)["maximum"].tolist() == [0, 1]


def test_a_table_without_samples_or_features_is_described_too(table):
    assert feature_summary(table.iloc[:0])["n"].tolist() == [0] * 5
    assert feature_summary(table.iloc[:, :0]).empty
    assert sample_summary(table.iloc[:, :0])["n_measured"].tolist() == [0, 0, 0]


def test_samples_are_counted_but_not_named(table):
    described = sample_summary(table.iloc[[0, 1, 1]])
    assert described["n_measured"].tolist() == [4, 3, 3]
    assert described["missing_share"].tolist() == pytest.approx([0.2, 0.4, 0.4])
    assert described["n_rows"].tolist() == [1, 2, 2]
    assert "secret" not in described.to_csv()


def test_metadata_is_stated_unless_it_is_missing_or_blank(table):
    samples = samples_of({Omic.EXPRESSION: table}, {Omic.EXPRESSION: "log2(TPM+1)"})
    samples.obs["patient_id"] = ["P1", None, " "]
    samples.obs["lineage"] = ["lung", "unknown", "lung"]
    described = metadata_summary(samples)
    assert described["patient_id"].tolist() == [1, 0, 0]
    assert described["lineage"].tolist() == [1, 1, 1]
    assert described["known_lineage"].tolist() == [1, 0, 1]


def test_a_sample_that_only_an_omic_knows_has_no_metadata(table):
    samples = samples_of({Omic.EXPRESSION: table}, {Omic.EXPRESSION: "log2(TPM+1)"})
    without = Samples(samples.omics, samples.obs.drop(index="secret-2"), samples.units)
    assert metadata_summary(without)["patient_id"].tolist() == [1, 0, 1]


def test_overlap_is_counted_per_omic_that_both_have():
    lines = samples_of(
        {
            Omic.EXPRESSION: pd.DataFrame(0.0, index=["L1"], columns=list("ABCD")),
            Omic.MUTATION: pd.DataFrame(0, index=["L1"], columns=list("AB")),
        },
        {Omic.EXPRESSION: "z-score", Omic.MUTATION: "0/1"},
    )
    tumors = samples_of(
        {Omic.EXPRESSION: pd.DataFrame(0.0, index=["T1"], columns=list("DAX"))},
        {Omic.EXPRESSION: "log2(TPM+1)"},
    )
    (row,) = overlap_summary(lines, tumors).to_dict("records")
    assert row == {"omic": "expression", "n_shared": 2, "shared_share": 0.5, "same_unit": 0}


def test_common_essentials_are_set_against_the_other_genes():
    genes = pd.DataFrame({"feature": ["RPL3", "PSMA1", "TP53", "KRAS"], "mean": [-1, -3, 0, 0.5]})
    (row,) = essential_summary(genes).to_dict("records")
    assert row == {"n_essential": 2, "median_essential": -2, "median_difference": -2.25}


def test_labels_count_lines_with_an_omic_and_genes_in_a_set(table):
    lines = samples_of({Omic.EXPRESSION: table}, {Omic.EXPRESSION: "log2(TPM+1)"})
    effects = pd.DataFrame(0.0, index=["secret-1", "other"], columns=["TP53", "KRAS", "BRAF"])
    (row,) = label_summary(effects, lines, {"S": ("BRAF", "KRAS", "EGFR")}).to_dict("records")
    assert row == {"n_labelled_lines": 1, "n_described_genes": 2}


def test_a_genome_wide_table_takes_about_a_second():
    values = np.random.default_rng(0).random((1000, 19_000), dtype=np.float32)
    wide = pd.DataFrame(values, columns=[f"G{i}" for i in range(19_000)])
    start = time.perf_counter()
    feature_summary(wide)
    sample_summary(wide)
    assert time.perf_counter() - start < 4  # 0.4 s alone; the machine may be shared

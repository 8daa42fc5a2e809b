from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.validation.samples import (
    metadata_summary,
    names_of_samples,
    patients_of,
    sample_summary,
)
from deepdep.domain.cohort import Cohort, Samples, Supplement
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic


@pytest.fixture
def table() -> pd.DataFrame:
    """Three samples of four features; the second lacks one."""
    values = [[1.0, 2.0, 3.0, 4.0], [1.0, np.nan, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]]
    return pd.DataFrame(values, index=["secret-1", "secret-2", "secret-3"], columns=list("ABCD"))


@pytest.fixture
def samples(table) -> Samples:
    obs = pd.DataFrame(
        {"patient_id": ["P1", None, " "], "lineage": ["lung", "unknown", "lung"]}, index=table.index
    )
    return Samples({Omic.EXPRESSION: table}, obs, {Omic.EXPRESSION: "log2(TPM+1)"})


def test_samples_are_counted_but_not_named(table):
    described = sample_summary(table.iloc[[0, 1, 1]])
    assert described["n_measured"].tolist() == [4, 3, 3]
    assert described["missing_share"].tolist() == [0, 0.25, 0.25]
    assert described["n_rows"].tolist() == [1, 2, 2]
    assert "secret" not in described.to_csv()


def test_a_table_without_features_is_described_too(table):
    assert sample_summary(table.iloc[:, :0])["n_measured"].tolist() == [0, 0, 0]


def test_metadata_is_stated_unless_it_is_missing_or_blank(samples):
    described = metadata_summary(samples)
    assert described["patient_id"].tolist() == [1, 0, 0]
    assert described["lineage"].tolist() == [1, 1, 1]
    assert described["known_lineage"].tolist() == [1, 0, 1]


def test_a_sample_that_only_an_omic_knows_has_no_metadata(samples):
    obs = samples.obs.assign(patient_id="P", lineage="lung").drop(index="secret-2")
    without = Samples(samples.omics, obs, samples.units)
    assert metadata_summary(without)["patient_id"].tolist() == [1, 0, 1]


def test_names_of_samples_and_patients_are_known(samples):
    cohort = Cohort(samples, None, None, {"SET": ("A",)})
    assert names_of_samples(cohort) == {"secret-1", "secret-2", "secret-3", "P1", " "}


def test_samples_of_supplements_and_patients_of_screens_are_known(samples, table):
    array = Supplement(Omic.EXPRESSION, table.rename(index="{}-more".format), "log2(TPM+1)")
    given = replace(samples, supplements={"expression_array": array})
    screened = table.rename(index="{}-screened".format)
    effects = GeneEffect(
        screened, GeneEffectKind.GENE_EFFECT, pd.Series(["P7", None, "P8"], screened.index)
    )
    cohort = Cohort(given, None, effects, None)
    known = names_of_samples(cohort)
    assert {"secret-1-more", "secret-1-screened", "P7", "P8"} <= known
    assert patients_of(cohort)["secret-3-screened"] == "P8"


def test_a_sample_that_only_a_supplement_knows_has_no_metadata(samples, table):
    array = Supplement(Omic.EXPRESSION, table.rename(index={"secret-1": "new"}), "log2(TPM+1)")
    given = replace(samples, supplements={"expression_array": array})
    assert len(metadata_summary(given)) == 4
    assert (
        metadata_summary(given)["patient_id"].sum() == metadata_summary(samples)["patient_id"].sum()
    )


def test_a_table_on_its_side_makes_no_gene_a_sample(samples, table):
    effects = GeneEffect(table, GeneEffectKind.GENE_EFFECT)
    tumors = Samples({Omic.EXPRESSION: table.T}, samples.obs, samples.units)
    known = names_of_samples(Cohort(samples, tumors, effects, {"SET": ("A",)}))
    assert {"secret-1", "secret-2", "secret-3"} <= known
    assert not known & set(table.columns)


def test_a_sample_has_the_patient_that_is_stated_first(samples):
    others = samples.obs.assign(patient_id="P9").rename(index={"secret-1": "other"})
    cohort = Cohort(samples, Samples({}, others, {}), None, None)
    assert patients_of(cohort)[["secret-1", "other", "secret-3"]].tolist() == ["P1", "P9", " "]

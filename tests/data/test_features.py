import numpy as np
import pandas as pd
import pytest

from deepdep.data.features import FeatureSettings, fit_features, transform_features
from deepdep.domain.cohort import Source
from deepdep.domain.errors import DeepDEPError, MissingFeaturesError

SETTINGS = FeatureSettings(
    max_features=None,
    min_changed_share=0.0,
    max_missing_share=0.3,
    tumor_features="shared",
    within_sample=False,
    scale="by_source",
)
UNITS = {Source.CELL_LINE: "log2(TPM+1)", Source.TUMOR: "log2(TPM+1)"}


@pytest.fixture
def lines():
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(5, 2, (30, 6)), columns=list("ABCDEF")).add_prefix("G")


@pytest.fixture
def tumors(lines):
    """The same features but GF, three higher than in the lines."""
    return (lines + 3).drop(columns="GF")


def fit(lines, tumors, **changes):
    settings = FeatureSettings(**{**vars(SETTINGS), **changes})
    return fit_features(lines, tumors, settings, UNITS, table_name="expression")


def transform(samples, space, source):
    return transform_features(samples, space, source, unit="log2(TPM+1)", table_name="expression")


def test_each_source_is_centered_on_itself(lines, tumors):
    space = fit(lines, tumors)
    for samples, source in ((lines, Source.CELL_LINE), (tumors, Source.TUMOR)):
        standardized = transform(samples, space, source)
        np.testing.assert_allclose(standardized.mean(), 0, atol=1e-6)
        np.testing.assert_allclose(standardized.std(), 1, atol=1e-5)


def test_shared_features_are_those_that_tumors_have(lines, tumors):
    assert list(fit(lines, tumors).table.index) == ["GA", "GB", "GC", "GD", "GE"]


def test_union_keeps_what_tumors_lack_and_leaves_it_missing(lines, tumors):
    space = fit(lines, tumors, tumor_features="union")
    standardized = transform(tumors, space, Source.TUMOR)
    assert standardized["GF"].isna().all()
    assert standardized.drop(columns="GF").notna().all().all()


def test_columns_are_found_by_name(lines, tumors):
    space = fit(lines, tumors)
    shuffled = lines[["GC", "GF", "GA", "GE", "GB", "GD"]]
    pd.testing.assert_frame_equal(
        transform(shuffled, space, Source.CELL_LINE), transform(lines, space, Source.CELL_LINE)
    )


def test_a_feature_mostly_missing_or_constant_is_left_out(lines):
    holed = lines.assign(GB=lines["GB"].where(lines.index < 10), GC=1.0)
    assert list(fit(holed, None).table.index) == ["GA", "GD", "GE", "GF"]


def test_the_most_variable_features_are_kept_in_table_order(lines):
    scaled = lines * [1, 5, 1, 9, 1, 1]
    assert list(fit(scaled, None, max_features=2).table.index) == ["GB", "GD"]


def test_within_sample_forgives_a_sample_its_unit(lines):
    space = fit(lines, None, within_sample=True)
    first = transform(lines, space, Source.CELL_LINE)
    again = transform_features(
        lines * 7 + 100, space, Source.CELL_LINE, unit="z-score", table_name="expression"
    )
    pd.testing.assert_frame_equal(first, again, atol=1e-4)


def test_another_unit_is_refused(lines):
    with pytest.raises(DeepDEPError, match=r"expression: is in z-score, the model learned from"):
        transform_features(
            lines, fit(lines, None), Source.CELL_LINE, unit="z-score", table_name="expression"
        )


def test_a_table_without_most_features_is_refused(lines, tumors):
    with pytest.raises(MissingFeaturesError, match="lacks 3 features"):
        transform(lines[["GA", "GB"]], fit(lines, tumors), Source.CELL_LINE)


def test_nothing_usable_is_refused(lines):
    with pytest.raises(DeepDEPError, match="none of 6 features"):
        fit(lines * 0, None)

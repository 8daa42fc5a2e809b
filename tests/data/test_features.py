import numpy as np
import pandas as pd
import pytest

from deepdep.data.features import (
    FeatureSettings,
    fit_features,
    fit_listed_features,
    transform_features,
)
from deepdep.domain.cohort import Source
from deepdep.domain.features import FeatureLists, ListedFeaturesMissingError
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import DeepDEPError, MissingFeaturesError
from deepdep.io.features import read_feature_space, write_feature_space

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
def lines_scaled():
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(5, 2, (30, 6)), columns=list("ABCDEF")).add_prefix("G")


@pytest.fixture
def tumors_scaled(lines_scaled):
    """The same features but GF, three higher than in the lines."""
    return (lines_scaled + 3).drop(columns="GF")


def fit(lines_scaled, tumors_scaled, **changes):
    settings = FeatureSettings(**{**vars(SETTINGS), **changes})
    return fit_features(lines_scaled, tumors_scaled, settings, UNITS, table_name="expression")


def transform(samples, space, source):
    return transform_features(samples, space, source, unit="log2(TPM+1)", table_name="expression")


def test_each_source_is_centered_on_itself(lines_scaled, tumors_scaled):
    space = fit(lines_scaled, tumors_scaled)
    for samples, source in ((lines_scaled, Source.CELL_LINE), (tumors_scaled, Source.TUMOR)):
        standardized = transform(samples, space, source)
        np.testing.assert_allclose(standardized.mean(), 0, atol=1e-6)
        np.testing.assert_allclose(standardized.std(), 1, atol=1e-5)


def test_shared_features_are_those_that_tumors_have(lines_scaled, tumors_scaled):
    assert list(fit(lines_scaled, tumors_scaled).table.index) == ["GA", "GB", "GC", "GD", "GE"]


def test_union_keeps_what_tumors_lack_and_leaves_it_missing(lines_scaled, tumors_scaled):
    space = fit(lines_scaled, tumors_scaled, tumor_features="union")
    standardized = transform(tumors_scaled, space, Source.TUMOR)
    assert standardized["GF"].isna().all()
    assert standardized.drop(columns="GF").notna().all().all()


def test_columns_are_found_by_name(lines_scaled, tumors_scaled):
    space = fit(lines_scaled, tumors_scaled)
    shuffled = lines_scaled[["GC", "GF", "GA", "GE", "GB", "GD"]]
    pd.testing.assert_frame_equal(
        transform(shuffled, space, Source.CELL_LINE),
        transform(lines_scaled, space, Source.CELL_LINE),
    )


def test_a_feature_mostly_missing_or_constant_is_left_out(lines_scaled):
    holed = lines_scaled.assign(GB=lines_scaled["GB"].where(lines_scaled.index < 10), GC=1.0)
    assert list(fit(holed, None).table.index) == ["GA", "GD", "GE", "GF"]


def test_the_most_variable_features_are_kept_in_table_order(lines_scaled):
    scaled = lines_scaled * [1, 5, 1, 9, 1, 1]
    assert list(fit(scaled, None, max_features=2).table.index) == ["GB", "GD"]


def test_within_sample_forgives_a_sample_its_unit(lines_scaled):
    space = fit(lines_scaled, None, within_sample=True)
    first = transform(lines_scaled, space, Source.CELL_LINE)
    again = transform_features(
        lines_scaled * 7 + 100, space, Source.CELL_LINE, unit="z-score", table_name="expression"
    )
    pd.testing.assert_frame_equal(first, again, atol=1e-4)


def test_another_unit_is_refused(lines_scaled):
    with pytest.raises(DeepDEPError, match=r"expression: is in z-score, the model learned from"):
        transform_features(
            lines_scaled,
            fit(lines_scaled, None),
            Source.CELL_LINE,
            unit="z-score",
            table_name="expression",
        )


@pytest.fixture
def many_features():
    """120 lines of 60 features, each with a mean and a spread of its own."""
    rng = np.random.default_rng(1)
    values = rng.normal(rng.normal(5, 3, 60), rng.uniform(0.5, 2, 60), (120, 60))
    return pd.DataFrame(values, columns=[f"G{k}" for k in range(60)])


def test_a_table_with_a_twentieth_of_the_features_is_read_and_one_with_fewer_refused(many_features):
    space = fit(many_features, None)
    few = transform(many_features.iloc[:, :3], space, Source.CELL_LINE)
    assert few.notna().sum(axis=1).eq(3).all()
    with pytest.raises(MissingFeaturesError, match="expression: lacks 58 of 60 features"):
        transform(many_features.iloc[:, :2], space, Source.CELL_LINE)


def test_tumors_need_the_features_that_tumors_had(many_features):
    space = fit(many_features, many_features.iloc[:, :20], tumor_features="union")
    assert transform(many_features.iloc[:, :1], space, Source.TUMOR)["G0"].notna().all()
    with pytest.raises(MissingFeaturesError, match="lacks 20 of 20 features"):
        transform(many_features.iloc[:, 20:], space, Source.TUMOR)


def test_a_panel_of_high_features_reads_within_samples_as_the_whole_table_does(many_features):
    space = fit(many_features, None, within_sample=True)
    whole = transform(many_features, space, Source.CELL_LINE)
    panel = many_features[many_features.mean().nlargest(20).index]
    found = transform(panel * 3 + 10, space, Source.CELL_LINE)[panel.columns]
    difference = found - whole[panel.columns]
    # What is left is the sample's own mean, which 20 features tell less well than 60.
    assert np.abs(difference.mean()).max() < 0.1
    assert np.abs(difference).mean(axis=None) < 0.4
    assert found.corrwith(whole[panel.columns]).min() > 0.8


def test_nothing_usable_is_refused(lines_scaled):
    with pytest.raises(DeepDEPError, match="none of 6 features"):
        fit(lines_scaled * 0, None)


LISTED = ["B", "A", "TP53", "C", "D"]
TYPICAL = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], index=LISTED)
# The published median says that most samples have a mutation of TP53.
MEDIAN = pd.Series([0.0, 0.0, 1.0, 0.0, 0.0], index=LISTED)
LISTS = FeatureLists(
    origin="lists",
    typical={
        Omic.MUTATION: MEDIAN,
        Omic.EXPRESSION: TYPICAL,
        Omic.METHYLATION: TYPICAL / 10,
        Omic.COPY_NUMBER: TYPICAL * 0,
    },
    bins=None,
    genes_of_interest=None,
    gene_sets=None,
)


def table(**columns):
    return pd.DataFrame(columns, index=["S1", "S2"], dtype=np.float32)


# B and C of both, A of lines only, D of tumours only; nobody has TP53.
LINES = table(C=[1, 3], A=[6, np.nan], B=[0, 1], XIST=[9, 9], TP53=[np.nan, np.nan], D=[np.nan] * 2)
TUMORS = table(B=[4, 6], C=[8, np.nan], D=[7, 9])


def fit_listed(omic=Omic.EXPRESSION, fills="training", lines=LINES, tumors=TUMORS, lists=LISTS):
    units = dict.fromkeys(Source, DEFAULT_UNITS[omic])
    return fit_listed_features(
        lines, tumors, omic, lists, fills, units, table_name="cell_lines.h5mu: expression"
    )


def transform_listed(samples, space, source, omic=Omic.EXPRESSION):
    return transform_features(samples, space, source, unit=DEFAULT_UNITS[omic], table_name="x")


def test_exactly_the_listed_features_come_in_their_order_and_unscaled():
    prepared = transform_listed(LINES, fit_listed(), Source.CELL_LINE)
    assert list(prepared.columns) == LISTED
    assert prepared["C"].tolist() == [1, 3]
    assert prepared["A"].iloc[0] == 6
    assert prepared.dtypes.eq(np.float32).all()


def test_values_beyond_those_of_standardised_features_are_not_cut():
    prepared = transform_listed(LINES.assign(B=[14.5, 0]), fit_listed(), Source.CELL_LINE)
    assert prepared["B"].tolist() == [14.5, 0]


@pytest.mark.parametrize("omic", [Omic.EXPRESSION, Omic.METHYLATION, Omic.COPY_NUMBER])
def test_lines_and_tumors_are_each_filled_by_their_own_training_mean(omic):
    """A source that nowhere has a feature takes the other's mean, else the published value."""
    table = fit_listed(omic).table
    typical = LISTS.typical[omic]["TP53"]
    assert table["fill_cell_line"].to_dict() == {"B": 0.5, "A": 6, "TP53": typical, "C": 2, "D": 8}
    assert table["fill_tumor"].to_dict() == {"B": 5, "A": 6, "TP53": typical, "C": 8, "D": 8}


def test_no_sample_is_tp53_mutant_because_tp53_was_not_looked_at():
    space = fit_listed(Omic.MUTATION)
    for samples, source in ((LINES, Source.CELL_LINE), (TUMORS, Source.TUMOR)):
        prepared = transform_listed(samples, space, source, Omic.MUTATION)
        assert (prepared["TP53"] == 0).all()
    assert (space.table["fill_tumor"] == 0).all()


def test_published_fills_are_taken_where_asked_for():
    assert fit_listed(Omic.MUTATION, "published").table["fill_tumor"].tolist() == MEDIAN.tolist()
    assert (
        fit_listed(Omic.EXPRESSION, "published").table["fill_cell_line"].tolist()
        == TYPICAL.tolist()
    )
    assert (fit_listed(Omic.METHYLATION, "published").table["fill_cell_line"] == 0).all()
    assert (fit_listed(Omic.COPY_NUMBER, "published").table["fill_tumor"] == 0).all()


def test_missing_methylation_is_not_zero_by_default():
    prepared = transform_listed(
        LINES, fit_listed(Omic.METHYLATION), Source.CELL_LINE, Omic.METHYLATION
    )
    assert prepared["A"].tolist() == [6, 6]
    assert prepared.notna().all(axis=None)


def test_an_omic_without_tumors_fills_them_as_lines():
    table = fit_listed(tumors=None).table
    assert table["fill_tumor"].tolist() == table["fill_cell_line"].tolist()
    assert not table["in_tumors"].any()


def test_a_saved_space_fills_samples_alike(tmp_path):
    space = fit_listed()
    write_feature_space(space, tmp_path / "features")
    again = read_feature_space(tmp_path / "features")
    holed = LINES.assign(B=np.nan)
    pd.testing.assert_frame_equal(
        transform_listed(holed, again, Source.TUMOR), transform_listed(holed, space, Source.TUMOR)
    )
    assert transform_listed(holed, again, Source.TUMOR)["B"].tolist() == [5, 5]


def test_listed_columns_are_found_by_name():
    shuffled = LINES[sorted(LINES.columns)]
    pd.testing.assert_frame_equal(fit_listed(lines=shuffled).table, fit_listed().table)
    pd.testing.assert_frame_equal(
        transform_listed(shuffled, fit_listed(), Source.CELL_LINE),
        transform_listed(LINES, fit_listed(), Source.CELL_LINE),
    )


def test_lines_that_lack_most_of_a_list_are_refused():
    message = "cell_lines.h5mu: expression: lacks 2 of the features listed in lists: 'TP53', 'D'"
    with pytest.raises(ListedFeaturesMissingError, match=message):
        fit_listed(lines=LINES[["A", "B", "C"]])


def test_an_omic_without_a_list_is_refused():
    lists = FeatureLists("lists", {Omic.MUTATION: MEDIAN}, None, None, None)
    with pytest.raises(DeepDEPError, match="lists: holds no list of expression"):
        fit_listed(lists=lists)

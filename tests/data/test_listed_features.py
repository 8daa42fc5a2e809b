import numpy as np
import pandas as pd
import pytest

from deepdep.data.features import transform_features
from deepdep.data.listed_features import fit_listed_features
from deepdep.domain.cohort import Source
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.feature_lists import FeatureLists, ListedFeaturesMissingError
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.io.feature_space import read_feature_space, write_feature_space

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


def fit(omic=Omic.EXPRESSION, fills="training", lines=LINES, tumors=TUMORS, lists=LISTS):
    units = dict.fromkeys(Source, DEFAULT_UNITS[omic])
    return fit_listed_features(
        lines, tumors, omic, lists, fills, units, table_name="cell_lines.h5mu: expression"
    )


def transform(samples, space, source, omic=Omic.EXPRESSION):
    return transform_features(samples, space, source, unit=DEFAULT_UNITS[omic], table_name="x")


def test_exactly_the_listed_features_come_in_their_order_and_unscaled():
    prepared = transform(LINES, fit(), Source.CELL_LINE)
    assert list(prepared.columns) == LISTED
    assert prepared["C"].tolist() == [1, 3]
    assert prepared["A"].iloc[0] == 6
    assert prepared.dtypes.eq(np.float32).all()


def test_values_beyond_those_of_standardised_features_are_not_cut():
    prepared = transform(LINES.assign(B=[14.5, 0]), fit(), Source.CELL_LINE)
    assert prepared["B"].tolist() == [14.5, 0]


@pytest.mark.parametrize("omic", [Omic.EXPRESSION, Omic.METHYLATION, Omic.COPY_NUMBER])
def test_lines_and_tumors_are_each_filled_by_their_own_training_mean(omic):
    """A source that nowhere has a feature takes the other's mean, else the published value."""
    table = fit(omic).table
    typical = LISTS.typical[omic]["TP53"]
    assert table["fill_cell_line"].to_dict() == {"B": 0.5, "A": 6, "TP53": typical, "C": 2, "D": 8}
    assert table["fill_tumor"].to_dict() == {"B": 5, "A": 6, "TP53": typical, "C": 8, "D": 8}


def test_no_sample_is_tp53_mutant_because_tp53_was_not_looked_at():
    space = fit(Omic.MUTATION)
    for samples, source in ((LINES, Source.CELL_LINE), (TUMORS, Source.TUMOR)):
        prepared = transform(samples, space, source, Omic.MUTATION)
        assert (prepared["TP53"] == 0).all()
    assert (space.table["fill_tumor"] == 0).all()


def test_published_fills_are_taken_where_asked_for():
    assert fit(Omic.MUTATION, "published").table["fill_tumor"].tolist() == MEDIAN.tolist()
    assert fit(Omic.EXPRESSION, "published").table["fill_cell_line"].tolist() == TYPICAL.tolist()
    assert (fit(Omic.METHYLATION, "published").table["fill_cell_line"] == 0).all()
    assert (fit(Omic.COPY_NUMBER, "published").table["fill_tumor"] == 0).all()


def test_missing_methylation_is_not_zero_by_default():
    prepared = transform(LINES, fit(Omic.METHYLATION), Source.CELL_LINE, Omic.METHYLATION)
    assert prepared["A"].tolist() == [6, 6]
    assert prepared.notna().all(axis=None)


def test_an_omic_without_tumors_fills_them_as_lines():
    table = fit(tumors=None).table
    assert table["fill_tumor"].tolist() == table["fill_cell_line"].tolist()
    assert not table["in_tumors"].any()


def test_a_saved_space_fills_samples_alike(tmp_path):
    space = fit()
    write_feature_space(space, tmp_path / "features")
    again = read_feature_space(tmp_path / "features")
    holed = LINES.assign(B=np.nan)
    pd.testing.assert_frame_equal(
        transform(holed, again, Source.TUMOR), transform(holed, space, Source.TUMOR)
    )
    assert transform(holed, again, Source.TUMOR)["B"].tolist() == [5, 5]


def test_columns_are_found_by_name():
    shuffled = LINES[sorted(LINES.columns)]
    pd.testing.assert_frame_equal(fit(lines=shuffled).table, fit().table)
    pd.testing.assert_frame_equal(
        transform(shuffled, fit(), Source.CELL_LINE), transform(LINES, fit(), Source.CELL_LINE)
    )


def test_lines_that_lack_most_of_a_list_are_refused():
    message = "cell_lines.h5mu: expression: lacks 2 of the features listed in lists: 'TP53', 'D'"
    with pytest.raises(ListedFeaturesMissingError, match=message):
        fit(lines=LINES[["A", "B", "C"]])


def test_an_omic_without_a_list_is_refused():
    lists = FeatureLists("lists", {Omic.MUTATION: MEDIAN}, None, None, None)
    with pytest.raises(DeepDEPError, match="lists: holds no list of expression"):
        fit(lists=lists)

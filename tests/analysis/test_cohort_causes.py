from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.causes import causes_of_gene
from deepdep.analysis.cohort_causes import (
    COLUMNS,
    DEFINITIONS,
    CausesSettings,
    causes_of_cohort,
    explain_cohort,
    fits_without_folds,
    write_causes,
)
from deepdep.analysis.cohort_map import CallSettings, map_cohort
from deepdep.data.standardized import StandardizedSamples
from deepdep.errors import DeepDEPError
from deepdep.io.matrices import read_anndata

SETTINGS = CausesSettings(n_genes=2, n_features=4, n_gene_sets=2, n_lines=3)


@pytest.fixture(scope="module")
def folds(predictor, prepared_cohort, closed_form_settings):
    return fits_without_folds(predictor, prepared_cohort, closed_form_settings)


@pytest.fixture(scope="module")
def mapped(predictor, prepared_cohort, tmp_path_factory):
    """Predictions of tumours and lines, as they are read."""
    r = pd.DataFrame({"gene": prepared_cohort.genes, "model": "predictor", "r": 0.5})
    calls = CallSettings(min_deviation=1.0, min_samples=5)
    both = map_cohort(prepared_cohort, predictor, r, seed=1, calls=calls)
    folder = tmp_path_factory.mktemp("predictions")
    both.tumors.write(folder / "tumors.h5ad")
    both.cell_lines.write(folder / "cell_lines.h5ad")
    return [read_anndata(folder / f"{name}.h5ad") for name in ("tumors", "cell_lines")]


@pytest.fixture(scope="module")
def causes(predictor, prepared_cohort, mapped, folds):
    return explain_cohort(predictor, prepared_cohort, mapped, folds, SETTINGS, min_deviation=1.0)


def first(causes, part):
    return causes[causes["part"] == part]


def test_samples_have_their_most_unusual_dependencies(causes, mapped):
    one = causes.drop_duplicates(["sample", "gene"])
    assert one.groupby("sample").size().max() == SETTINGS.n_genes
    assert (one["deviation"] <= -1).all()
    for matrix in mapped:
        of_matrix = one[one["sample"].isin(matrix.obs_names)].head(20)
        effect = matrix.to_df()
        for row in of_matrix.itertuples():
            assert row.predicted == pytest.approx(effect.loc[row.sample, row.gene], abs=1e-6)
    firsts = one[one["dependency"] == 1].set_index("sample")["deviation"]
    seconds = one[one["dependency"] == 2].set_index("sample")["deviation"]
    assert (firsts[seconds.index] <= seconds).all()


def test_first_features_and_gene_sets_are_those_of_the_whole_explanation(
    causes, predictor, prepared_cohort
):
    tumors = StandardizedSamples(prepared_cohort.tumor_profiles, prepared_cohort.tumors)
    of_tumors = causes[causes["sample"].isin(tumors.names)]
    for (sample, gene), rows in list(of_tumors.groupby(["sample", "gene"]))[:6]:
        whole = causes_of_gene(predictor, tumors, str(gene)).of(str(sample))
        expected = whole.features.head(SETTINGS.n_features)
        features = first(rows, "feature")
        assert features["name"].tolist() == expected["feature"].tolist()
        assert features["table"].tolist() == expected["table"].tolist()
        for column in ("contribution", "difference"):
            np.testing.assert_allclose(features[column], expected[column], atol=1e-5)
        sets = whole.of_gene_sets(predictor.gene_sets).head(SETTINGS.n_gene_sets)
        np.testing.assert_allclose(
            first(rows, "gene_set")["contribution"], sets["contribution"], atol=1e-5
        )


def test_a_cause_is_stable_where_models_without_a_fold_have_it_too(
    causes, predictor, prepared_cohort, closed_form_settings, folds
):
    assert len(folds) == closed_form_settings.kernel.n_folds
    stability = first(causes, "feature")["stability"]
    assert stability.between(0, 1).all()
    assert 0 < stability.mean() < 1
    lines = prepared_cohort.samples(prepared_cohort.cell_lines.index)
    one = causes.drop_duplicates(["sample", "gene"])
    one = one[one["sample"].isin(lines.names)].head(10)
    same = [predictor.closed_form, predictor.closed_form]
    again = causes_of_cohort(predictor, lines, one, same, SETTINGS)
    assert (first(again, "feature")["stability"] == 1).all()


def test_lines_tell_what_was_measured_in_them(causes, mapped, prepared_cohort):
    rows, measured = first(causes, "line"), prepared_cohort.gene_effect.table
    assert len(rows)
    assert rows["rank"].between(1, SETTINGS.n_lines).all()
    nearest = pd.concat([matrix.obs["nearest_line_1"] for matrix in mapped])
    for row in rows[rows["rank"] == 1].head(20).itertuples():
        assert row.name == nearest[row.sample]
        assert row.measured == pytest.approx(measured.loc[row.name, row.gene])


def test_the_file_says_what_its_columns_mean(causes, tmp_path):
    write_causes(causes, tmp_path / "causes.parquet")
    read = pd.read_parquet(tmp_path / "causes.parquet")
    assert list(read) == COLUMNS
    assert read.attrs["definitions"] == DEFINITIONS
    assert read["q"].tolist() == pytest.approx(causes["q"].tolist(), nan_ok=True)


def test_a_cohort_without_selective_dependencies_has_an_empty_table(
    predictor, prepared_cohort, mapped, folds, tmp_path
):
    none = explain_cohort(predictor, prepared_cohort, mapped, folds, SETTINGS, min_deviation=1000.0)
    write_causes(none, tmp_path / "causes.parquet")
    assert pd.read_parquet(tmp_path / "causes.parquet").empty


def test_a_model_without_a_closed_form_is_refused(predictor, prepared_cohort, causes):
    bare = replace(predictor, closed_form=None, network_share=1.0)
    lines = prepared_cohort.samples(prepared_cohort.cell_lines.index)
    with pytest.raises(DeepDEPError, match="no closed form of one kernel per table"):
        causes_of_cohort(bare, lines, causes, [], SETTINGS)


def test_a_cohort_without_tumours_has_its_lines_alone(
    predictor, prepared_cohort, mapped, folds, causes
):
    bare = replace(
        prepared_cohort,
        omics={name: replace(of, tumors=None) for name, of in prepared_cohort.omics.items()},
        tumors=prepared_cohort.tumors.iloc[:0],
    )
    of_lines = [mapped[0][:0], mapped[1]]
    found = explain_cohort(predictor, bare, of_lines, folds, SETTINGS, min_deviation=1.0)
    expected = causes[causes["sample"].isin(mapped[1].obs_names)].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)

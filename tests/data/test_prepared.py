from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.prepared import PreparedOmic, read_prepared, read_prepared_omic, write_prepared
from deepdep.data.splits import LEARNED_FROM, Split
from deepdep.domain.features import Translation
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.simulation.settings import TINY


def translation_to(tables: PreparedOmic, omic: Omic) -> Translation:
    features = tables.space.table.index
    weights = np.arange(2 * len(features), dtype=np.float32).reshape(2, -1) / 3
    scale = tables.space.table.iloc[:2].set_axis(pd.Index(["NA", "P1"], name="feature"))
    return Translation(
        omic,
        replace(tables.space, table=scale),
        pd.DataFrame(weights, ["NA", "P1"], features),
        pd.Series(weights[0] + 1, features),
    )


@pytest.fixture
def written(prepared_cohort, tmp_path):
    """The prepared cohort in a folder, as if no tumour had methylation and one gene no set.

    A second assay of expression and one of methylation were learned to be read.
    """
    methylation = replace(prepared_cohort.omics[Omic.METHYLATION], tumors=None)
    omics = {**prepared_cohort.omics, Omic.METHYLATION: methylation}
    translations = {
        f"{omic}_{name}": translation_to(omics[omic], omic)
        for omic, name in ((Omic.EXPRESSION, "ccle"), (Omic.METHYLATION, "other"))
    }
    prepared = replace(
        prepared_cohort,
        omics=omics,
        genes_without_fingerprint=["NA", "BARE"],
        translations=translations,
    )
    write_prepared(prepared, tmp_path / "prepared")
    return prepared


def test_what_was_prepared_reads_back(written, tmp_path):
    read = read_prepared(tmp_path / "prepared", TINY.n_features)
    for table in ("cell_lines", "tumors", "splits"):
        pd.testing.assert_frame_equal(
            getattr(read, table), getattr(written, table), check_names=False
        )
    pd.testing.assert_frame_equal(
        read.gene_effect.table, written.gene_effect.table, check_dtype=False
    )
    assert read.gene_effect.kind is written.gene_effect.kind
    pd.testing.assert_frame_equal(
        read.background.table, written.background.table, check_dtype=False
    )
    assert read.background.patient_id.to_dict() == written.background.patient_id.to_dict()
    assert read.gene_sets == written.gene_sets
    assert read.genes_without_fingerprint == ["NA", "BARE"]
    assert read.counts == written.counts
    for omic, tables in written.omics.items():
        pd.testing.assert_frame_equal(
            read.omics[omic].cell_lines, tables.cell_lines, check_names=False
        )
        pd.testing.assert_frame_equal(
            read.omics[omic].space.table, tables.space.table, check_dtype=False
        )


def test_a_translation_reads_back(written, tmp_path):
    read = read_prepared(tmp_path / "prepared", TINY.n_features).translations
    assert list(read) == ["expression_ccle", "methylation_other"]
    for name, translation in written.translations.items():
        assert read[name].omic is translation.omic
        pd.testing.assert_frame_equal(read[name].weights, translation.weights, check_names=False)
        pd.testing.assert_series_equal(
            read[name].intercept, translation.intercept, check_names=False
        )
        pd.testing.assert_frame_equal(
            read[name].space.table, translation.space.table, check_dtype=False
        )


def test_a_translation_to_an_omic_that_is_not_read_is_left(written, tmp_path):
    assert written.translations.keys() == {"expression_ccle", "methylation_other"}
    read = read_prepared(tmp_path / "prepared", [Omic.EXPRESSION, Omic.MUTATION])
    assert list(read.translations) == ["expression_ccle"]


def test_an_omic_without_tumors_has_no_file_of_tumors(written, tmp_path):
    files = {path.name for path in (tmp_path / "prepared" / "methylation").iterdir()}
    assert files == {"cell_lines.h5ad", "features.csv", "features.json"}
    assert read_prepared_omic(tmp_path / "prepared" / "methylation").tumors is None
    assert (tmp_path / "prepared" / "mutation" / "tumors.h5ad").exists()


def test_only_the_omics_asked_for_are_read_in_that_order(written, tmp_path):
    chosen = (Omic.COPY_NUMBER, Omic.MUTATION)
    assert tuple(read_prepared(tmp_path / "prepared", chosen).omics) == chosen


def test_the_same_content_gives_the_same_bytes(written, tmp_path):
    write_prepared(written, tmp_path / "again")
    files = [path for path in (tmp_path / "prepared").rglob("*") if path.is_file()]
    assert len(files) == 7 + 4 * 4 - 1 + 2 * 3
    for file in files:
        again = tmp_path / "again" / file.relative_to(tmp_path / "prepared")
        assert file.read_bytes() == again.read_bytes(), file.name


def test_a_folder_is_replaced_as_a_whole(written, tmp_path):
    fewer = replace(written, omics={Omic.MUTATION: written.omics[Omic.MUTATION]})
    write_prepared(fewer, tmp_path / "prepared")
    assert not (tmp_path / "prepared" / "expression").exists()


def test_names_that_look_like_numbers_stay_names(prepared_cohort, tmp_path):
    first = prepared_cohort.splits.index[0]
    changed = {
        name: getattr(prepared_cohort, name).assign(patient_id="007", lineage="1")
        for name in ("splits", "cell_lines", "tumors")
    }
    write_prepared(replace(prepared_cohort, **changed), tmp_path / "prepared")
    read = read_prepared(tmp_path / "prepared", TINY.n_features)
    for table in (read.splits.loc[first], read.cell_lines.loc[first], read.tumors.iloc[0]):
        assert (table["patient_id"], table["lineage"]) == ("007", "1")


def test_a_cohort_without_tumors_reads_back(prepared_cohort, tmp_path):
    write_prepared(replace(prepared_cohort, tumors=prepared_cohort.tumors.iloc[:0]), tmp_path / "p")
    assert read_prepared(tmp_path / "p", [Omic.MUTATION]).tumors.shape == (0, 3)


def test_what_was_not_prepared_is_said(tmp_path, written):
    with pytest.raises(BadFileError, match=r"absent.* was not prepared"):
        read_prepared(tmp_path / "absent", TINY.n_features)
    with pytest.raises(BadFileError, match=r"proteome: was not prepared. Run `dvc repro prepare`"):
        read_prepared_omic(tmp_path / "prepared" / "proteome")


def test_labels_are_those_of_the_lines_of_the_parts(prepared_cohort):
    train = prepared_cohort.lines(Split.TRAIN)
    assert (prepared_cohort.splits.loc[train, "split"] == "train").all()
    labels = prepared_cohort.labels(Split.TRAIN)
    assert labels.equals(prepared_cohort.gene_effect.table.loc[train])
    assert len(prepared_cohort.lines(*Split)) == len(prepared_cohort.splits)


def test_profiles_features_and_fingerprints_are_by_name(prepared_cohort):
    assert list(prepared_cohort.profiles) == list(prepared_cohort.omics)
    for omic, space in prepared_cohort.features.items():
        assert list(prepared_cohort.profiles[omic].columns) == list(space.table.index)
        assert list(prepared_cohort.tumor_profiles[omic].columns) == list(space.table.index)
    assert list(prepared_cohort.fingerprints.genes) == list(prepared_cohort.genes)


def test_with_every_line_nobody_is_left_to_judge(prepared_cohort):
    test = prepared_cohort.lines(Split.TEST)
    whole = prepared_cohort.with_every_line()
    assert len(test)
    assert whole.lines(Split.TEST).empty
    assert set(whole.lines(*LEARNED_FROM)) == set(prepared_cohort.splits.index)
    assert not prepared_cohort.background.table.index.isin(test).any()
    labels = prepared_cohort.gene_effect.table.loc[test]
    pd.testing.assert_frame_equal(
        whole.background.table.loc[test, labels.columns], labels, check_names=False
    )
    assert whole.background.patient_id.notna().all()
    assert (whole.background.lineage[test] == prepared_cohort.splits.loc[test, "lineage"]).all()
    assert prepared_cohort.lines(Split.TEST).equals(test)


def test_where_nobody_was_to_be_judged_every_line_taught_already(prepared_cohort):
    without_test = prepared_cohort.with_every_line()
    assert without_test.counts["n_lines_test"] == 0
    again = without_test.with_every_line()
    pd.testing.assert_frame_equal(again.splits, without_test.splits)
    pd.testing.assert_frame_equal(again.background.table, without_test.background.table)
    pd.testing.assert_series_equal(again.background.patient_id, without_test.background.patient_id)

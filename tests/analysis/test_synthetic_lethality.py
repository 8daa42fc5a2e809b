from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.alterations import AlterationSettings
from deepdep.analysis.synthetic_lethality import (
    DEFINITIONS,
    ScreenSettings,
    covariates_of,
    no_pairs,
    read_pairs,
    screen_pairs,
    write_pairs,
)
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import read_settings

SETTINGS = ScreenSettings(
    alterations=AlterationSettings(deletion=-1.5, amplification=1.0, min_carriers=5),
    n_permutations=50,
    n_permuted_fits=2,
    fdr=0.1,
    covariates=(),
    seed=1,
)


@pytest.fixture(scope="module")
def closed_form():
    params = Path(__file__).parents[2] / "params.yaml"
    return read_settings(params, "finetune.closed_form", ClosedFormSettings)


@pytest.fixture(scope="module")
def pairs(cohort, prepared_cohort, predictor, closed_form):
    return screen_pairs(cohort, prepared_cohort, predictor, SETTINGS, closed_form)


def test_every_pair_has_both_kinds_of_evidence_and_a_rank(pairs, prepared_cohort):
    assert pairs["rank"].tolist() == list(range(1, len(pairs) + 1))
    assert set(pairs["gene"]) == set(prepared_cohort.genes)
    assert pairs["p"].between(0, 1, inclusive="right").all()
    assert (pairs["q"] >= pairs["p"]).all()
    assert pairs["in_silico_cell_lines"].notna().any()
    known = pairs.dropna(subset="in_silico_p")
    assert known["in_silico_p"].between(0, 1, inclusive="right").all()
    assert (known["in_silico_q"] >= known["in_silico_p"]).all()
    size = known["in_silico_cell_lines"].abs()
    assert size[known["in_silico_p"] < 0.05].median() > size[known["in_silico_p"] > 0.5].median()
    assert (pairs["n_carriers"] >= 1).all()


def test_the_file_says_what_its_columns_mean(pairs, tmp_path):
    write_pairs(pairs, tmp_path / "pairs.parquet")
    read = read_pairs(tmp_path / "pairs.parquet")
    pd.testing.assert_frame_equal(read, pairs)
    assert set(read.attrs["definitions"]) == set(DEFINITIONS)
    assert -1 <= read.attrs["agreement"]["spearman_r"] <= 1


def test_a_table_of_nothing_is_a_table(pairs, tmp_path):
    write_pairs(no_pairs(), tmp_path / "pairs.parquet")
    read = read_pairs(tmp_path / "pairs.parquet")
    assert read.empty
    assert set(read) >= {*DEFINITIONS, "alteration", "gene"}


def test_it_is_the_same_each_time(cohort, prepared_cohort, predictor, closed_form, pairs):
    again = screen_pairs(cohort, prepared_cohort, predictor, SETTINGS, closed_form)
    pd.testing.assert_frame_equal(again, pairs)


def test_a_cohort_without_alterations_is_refused(cohort, prepared_cohort, predictor, closed_form):
    many = replace(SETTINGS, alterations=replace(SETTINGS.alterations, min_carriers=10_000))
    with pytest.raises(DeepDEPError, match=r"no alteration is carried by 10000 .*min_carriers"):
        screen_pairs(cohort, prepared_cohort, predictor, many, closed_form)


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("absent", None, r"'absent' is no column of the cell lines' obs; there are 'patient_id'"),
        ("msi", "stable", "'msi' has one value in all cell lines"),
    ],
)
def test_a_covariate_that_tells_nothing_is_refused(cohort, column, values, problem):
    lines = cohort.cell_lines
    if values is not None:
        lines = replace(lines, obs=lines.obs.assign(**{column: values}))
    with pytest.raises(DeepDEPError, match=problem):
        covariates_of(lines, lines.obs.index, [column])


def test_covariates_are_numbers_and_the_unknown_are_average(cohort):
    lines = cohort.cell_lines
    n = len(lines.obs)
    msi = np.array(["MSI", "MSS", None], dtype=object)[np.arange(n) % 3]
    ploidy = np.where(np.arange(n) % 2, 2.0, np.nan)
    ploidy[1] = 4.0
    lines = replace(lines, obs=lines.obs.assign(msi=msi, ploidy=ploidy))
    found = covariates_of(lines, lines.obs.index, ["msi", "ploidy"])
    assert list(found) == ["log_burden", "MSI", "MSS", "ploidy"]
    assert found.notna().all(axis=None)
    assert found["MSI"].iloc[:2].tolist() == [1.0, 0.0]
    assert found["ploidy"].iloc[0] == pytest.approx(np.nanmean(ploidy))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (None, "there is no such file"),
        (pd.DataFrame({"gene": ["A"]}), "has no column 'alteration'"),
    ],
)
def test_another_table_is_refused(table, problem, tmp_path):
    source = tmp_path / "pairs.parquet"
    if table is not None:
        table.to_parquet(source)
    with pytest.raises(BadFileError, match=problem):
        read_pairs(source)


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    (tmp_path / "pairs.parquet").write_text("alteration,gene\n")
    with pytest.raises(BadFileError, match="is not a table of Parquet"):
        read_pairs(tmp_path / "pairs.parquet")

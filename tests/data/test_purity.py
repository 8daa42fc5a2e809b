from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.features import FeatureSettings, fit_features, transform_features
from deepdep.data.prepare import prepare
from deepdep.data.purity import PuritySettings, fit_purity
from deepdep.data.standardized import standardize
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.io.features import read_feature_space, write_feature_space

SETTINGS = PuritySettings("purity", ("expression",), (1.0, 10.0))
UNIT = "log2(TPM+1)"
N = 200


@pytest.fixture
def obs():
    """Half of the tumours are of each lineage; Lung's are purer."""
    rng = np.random.default_rng(1)
    lineage = np.where(np.arange(N) % 2 == 0, "Lung", "Skin")
    purity = rng.uniform(0.2, 0.7, N) + 0.2 * (lineage == "Lung")
    return pd.DataFrame({"lineage": lineage, "purity": purity}, [f"T{n}" for n in range(N)])


@pytest.fixture
def tumors(obs):
    """GA to GE fall with purity, the others do not; GA and GF are higher in Lung."""
    rng = np.random.default_rng(2)
    values = pd.DataFrame(rng.normal(5, 0.5, (N, 10)), obs.index, list("ABCDEFGHIJ"))
    values = values.add_prefix("G")
    values.loc[:, "GA":"GE"] -= 6 * obs["purity"].to_numpy()[:, None]
    values[["GA", "GF"]] += 3 * (obs["lineage"] == "Lung").to_numpy()[:, None]
    return values


@pytest.fixture
def spaces(tumors, obs):
    """Feature spaces of the tumours, without and with what goes with purity taken out."""
    lines = pd.DataFrame(
        np.random.default_rng(3).normal(5, 1, (30, 10)), columns=tumors.columns
    ).rename("L{}".format)
    settings = FeatureSettings(None, 0.0, 0.3, "shared", False, "by_source")
    units = dict.fromkeys(Source, UNIT)
    space = fit_features(lines, tumors, settings, units, table_name="expression")
    return space, fit_purity(space, transformed(tumors, space), obs, SETTINGS)


def transformed(samples, space, source=Source.TUMOR):
    return transform_features(samples, space, source, unit=UNIT, table_name="expression")


def within_lineages(values, obs):
    return values - values.groupby(obs["lineage"]).transform("mean")


def test_what_goes_with_purity_leaves_tumors(tumors, obs, spaces):
    purity = within_lineages(obs["purity"], obs)
    before, after = (
        within_lineages(transformed(tumors, space), obs).corrwith(purity).abs() for space in spaces
    )
    assert before["GA":"GE"].min() > 0.7
    assert after["GA":"GE"].max() < 0.3
    assert after["GF":].max() < 0.3


def test_what_tells_lineages_apart_stays(tumors, obs, spaces):
    lung = (obs["lineage"] == "Lung").to_numpy()
    before, after = (
        table[lung].mean() - table[~lung].mean()
        for table in (transformed(tumors, space) for space in spaces)
    )
    assert after["GF"] == pytest.approx(before["GF"], abs=0.2)


def test_cell_lines_stay_as_they_are(tumors, spaces):
    both = [transformed(tumors, space, Source.CELL_LINE) for space in spaces]
    pd.testing.assert_frame_equal(*both)


def test_a_tumor_alone_is_aligned_as_among_others(tumors, spaces):
    together, alone = (transformed(some, spaces[1]) for some in (tumors, tumors.iloc[[7]]))
    pd.testing.assert_frame_equal(together.iloc[[7]], alone, check_exact=True)


def test_what_was_not_measured_stays_so_and_counts_as_average(tumors, spaces):
    holed = tumors.assign(GB=np.nan)
    aligned = transformed(holed, spaces[1])
    average = transformed(tumors.assign(GB=tumors["GB"].mean()), spaces[1])
    assert aligned["GB"].isna().all()
    pd.testing.assert_series_equal(aligned["GA"], average["GA"], atol=1e-5)


def test_alignment_survives_saving(tmp_path, tumors, spaces):
    write_feature_space(spaces[1], tmp_path / "features")
    again = read_feature_space(tmp_path / "features")
    pd.testing.assert_frame_equal(
        transformed(tumors, again), transformed(tumors, spaces[1]), check_exact=True
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"purity": None}, "'purity' is no column of the tumours' obs"),
        ({"purity": 40.0}, "tumour 'T0' has '40.0'; purity is a share from 0 to 1"),
        ({"purity": "high"}, "tumour 'T0' has 'high'"),
        ({"purity": 0.5}, "differs among too few of the tumours"),
        ({"purity": np.nan}, r"differs among too few of the tumours that have the table \(0;"),
    ],
)
def test_no_purity_to_learn_from_is_said(tumors, obs, spaces, change, message):
    wrong = obs.drop(columns="purity") if change["purity"] is None else obs.assign(**change)
    with pytest.raises(DeepDEPError, match=message):
        fit_purity(spaces[0], transformed(tumors, spaces[0]), wrong, SETTINGS)


@pytest.fixture(scope="module")
def with_purity(cohort):
    """A cohort whose tumours state a purity drawn at random."""
    purity = np.random.default_rng(0).uniform(0.2, 1, len(cohort.tumors.obs))
    obs = cohort.tumors.obs.assign(purity=purity)
    return replace(cohort, tumors=Samples.of_tables(cohort.tumors.tables, obs))


def test_prepared_tumors_are_aligned_as_new_ones_are(
    with_purity, prepared_cohort, prepare_settings
):
    settings = replace(prepare_settings, purity=SETTINGS)
    prepared = prepare(with_purity, settings, (Omic.MUTATION, Omic.EXPRESSION), [])
    of_tumors = prepared.tumor_profiles[Omic.EXPRESSION]
    new = standardize(with_purity.tumors, prepared.features, {}, file_name="samples")
    pd.testing.assert_frame_equal(new.profiles[Omic.EXPRESSION], of_tumors, check_exact=True)
    assert not of_tumors.equals(prepared_cohort.tumor_profiles[Omic.EXPRESSION])
    for omic in (Omic.MUTATION, Omic.EXPRESSION):
        same = prepared_cohort.profiles[omic]
        pd.testing.assert_frame_equal(prepared.profiles[omic], same, check_exact=True)


def test_a_table_that_no_tumor_has_is_refused(cohort, prepare_settings):
    settings = replace(prepare_settings, purity=SETTINGS)
    with pytest.raises(DeepDEPError, match="expression: no tumour has it; take it out"):
        prepare(replace(cohort, tumors=None), settings, (Omic.EXPRESSION,), [])

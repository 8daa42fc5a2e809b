from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.alterations import AlterationSettings, alterations_of
from deepdep.analysis.response import Response, in_silico_changes, p_of_changes
from deepdep.data.standardized import StandardizedSamples
from deepdep.errors import DeepDEPError

GENES = ["BRAF", "TP53", "PRMT5"]
SETTINGS = AlterationSettings(deletion=-1.5, amplification=1.0, min_carriers=3)


@pytest.fixture(scope="module")
def samples(prepared_cohort):
    """Cell lines and tumours that have every omic."""
    complete = prepared_cohort.samples(prepared_cohort.cell_lines.index)
    tumors = StandardizedSamples(prepared_cohort.tumor_profiles, prepared_cohort.tumors)
    return {"cell_lines": whole(complete), "tumors": whole(tumors)}


def whole(samples):
    index = samples.names
    for profile in samples.profiles.values():
        index = index.intersection(profile.index)
    profiles = {omic: table.loc[index] for omic, table in samples.profiles.items()}
    return StandardizedSamples(profiles, samples.obs.loc[index])


def with_value(predictor, samples, table, feature, value):
    """Set a feature in its own unit, as if it had been measured."""
    known = predictor.features[table].table.loc[feature]
    source = samples.obs["source"].iloc[0]
    changed = samples.profiles[table].copy()
    changed[feature] = (value - known[f"center_{source}"]) / known[f"scale_{source}"]
    return replace(samples, profiles={**samples.profiles, table: changed.astype(np.float32)})


@pytest.mark.parametrize("which", ["cell_lines", "tumors"])
@pytest.mark.parametrize("table", ["mutation", "copy_number", "expression"])
def test_it_is_what_predicting_both_ways_gives(predictor, samples, which, table):
    alone = replace(predictor, network_share=0.0)
    response = Response.of(alone, samples[which], GENES)
    for feature in predictor.features[table].table.index[:5]:
        both = [
            alone.predict(with_value(alone, samples[which], table, feature, value), GENES).effect
            for value in (1.0, 0.0)
        ]
        expected = (both[0] - both[1]).mean().to_numpy()
        found = response.mean_change(table, feature, present=1.0, absent=0.0)
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_pairs_are_those_of_alterations_that_the_model_reads(predictor, samples, cohort):
    lines = cohort.cell_lines
    alterations = alterations_of(lines.tables, SETTINGS, lines.obs.index)
    changes = in_silico_changes(predictor, samples, alterations, GENES)
    read = {name: space.table.index for name, space in predictor.features.items()}
    expected = [
        (alteration, name, gene)
        for name, of_table in alterations.items()
        for alteration, known in of_table.described.iterrows()
        if name in read and known["feature"] in read[name]
        for gene in GENES
    ]
    keys = changes[["alteration", "table", "gene"]]
    assert list(keys.itertuples(index=False, name=None)) == expected
    assert np.isfinite(changes[["in_silico_cell_lines", "in_silico_tumors"]].to_numpy()).all()
    called = changes[changes["is_deepdep_call"]]
    assert (called["in_silico_cell_lines"] < 0).all()
    assert len(called) <= np.ceil(0.05 * len(changes))


def test_of_samples_that_lack_the_table_nothing_is_told(predictor, samples, cohort):
    tumors = samples["tumors"]
    expression = {"expression": tumors.profiles["expression"]}
    bare = {**samples, "tumors": replace(tumors, profiles=expression)}
    lines = cohort.cell_lines
    alterations = alterations_of(lines.tables, SETTINGS, lines.obs.index)
    changes = in_silico_changes(predictor, bare, alterations, GENES)
    assert changes["in_silico_tumors"].isna().all()
    assert changes["in_silico_cell_lines"].notna().all()


def test_a_model_without_a_closed_form_is_refused(predictor, samples):
    bare = replace(predictor, closed_form=None, network_share=1.0)
    with pytest.raises(DeepDEPError, match="no closed form of one kernel per table"):
        Response.of(bare, samples["cell_lines"], GENES)


def test_no_alteration_gives_no_pair(predictor, samples):
    changes = in_silico_changes(predictor, samples, {}, GENES)
    assert isinstance(changes, pd.DataFrame)
    assert changes.empty


def test_p_is_the_share_of_a_null_that_is_as_far_in_its_own_units():
    rng = np.random.default_rng(0)
    unit = np.outer([1.0, 10.0, 100.0], rng.uniform(0.5, 2, 400))  # rows and columns differ
    null, observed = rng.normal(size=(5, 3, 400)) * unit, rng.normal(size=(3, 400)) * unit
    observed[1, 7] = 8 * unit[1, 7]
    p = p_of_changes(observed.ravel(), null.reshape(len(null), -1), 400).reshape(3, 400)
    assert p[1, 7] == p.min() == pytest.approx(1 / 6001)
    for share in (0.05, 0.5):
        for row in p:
            assert (row <= share).mean() == pytest.approx(share, abs=0.08)


def test_a_null_that_mostly_says_nothing_is_compared_as_it_is():
    null, observed = np.zeros((2, 3, 50)), np.zeros((3, 50))
    null[0, 1, :3], observed[2, 4], observed[2, 5] = [1.0, 2.0, 3.0], 2.5, 4.0
    p = p_of_changes(observed.ravel(), null.reshape(len(null), -1), 50).reshape(3, 50)
    assert p[2, 4] == pytest.approx(2 / 301)
    assert p[2, 5] == pytest.approx(1 / 301)
    assert (np.delete(p.ravel(), [104, 105]) == 1).all()

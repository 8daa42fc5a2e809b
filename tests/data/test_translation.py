import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.prepare import prepare
from deepdep.data.translation import MIN_LINES, fit_translation, with_translated
from deepdep.domain.cohort import Samples, Source, Supplement
from deepdep.domain.omics import Omic
from deepdep.simulation.settings import TINY

NAME = "expression_ccle"
UNIT = "log2(TPM+1)"
OMIC = Omic.EXPRESSION


@pytest.fixture
def profiles(prepared):
    """Expression of 90 lines: two programmes and noise, as the omic's own assay tells it."""
    return prepared.omics[OMIC].cell_lines


@pytest.fixture
def supplement(profiles):
    """What another assay says of every line: its features are linear in the omic's."""
    rng = np.random.default_rng(1)
    values = profiles.to_numpy() @ rng.normal(size=(12, 20)) + rng.normal(size=20) * 3 + 10
    return pd.DataFrame(values, profiles.index, [f"S{k}" for k in range(20)])


def learn(supplement, profiles, *, within_sample=False):
    return fit_translation(
        supplement, profiles, OMIC, UNIT, within_sample=within_sample, table_name=f"lines: {NAME}"
    )


def samples_with(supplement, *, omics=None, source="cell_line"):
    index = supplement.index
    obs = pd.DataFrame({"patient_id": index, "lineage": "Lung", "source": source}, index=index)
    return Samples(omics or {}, obs, {}, supplements={NAME: Supplement(OMIC, supplement, UNIT)})


def translated(supplement, profiles, translation, source=Source.CELL_LINE):
    samples = samples_with(supplement)
    return with_translated(profiles, samples, {NAME: translation}, source, file_name="lines")


def test_a_linear_map_is_read_back_in_lines_that_taught_nothing(supplement, profiles):
    translation = learn(supplement[:60], profiles[:60])
    found = translated(supplement[60:], {}, translation)[OMIC]
    assert list(found.columns) == list(profiles.columns)
    # The weakest penalty still holds back the third of each feature that is its own noise.
    assert found.corrwith(profiles[60:]).min() > 0.94
    assert np.abs(found - profiles[60:]).mean(axis=None) < 0.25


def test_the_order_of_lines_and_features_does_not_matter(supplement, profiles):
    turned = supplement.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    first, again = learn(supplement, profiles), learn(turned, profiles[::-1])
    pd.testing.assert_frame_equal(
        translated(turned, {}, again)[OMIC].loc[profiles.index],
        translated(supplement, {}, first)[OMIC],
        atol=1e-3,
    )


def test_lines_that_lack_the_omic_teach_nothing(supplement, profiles):
    strange = supplement.copy()
    strange.loc[profiles.index[50:]] = 1e6
    first, again = learn(supplement, profiles[:50]), learn(strange, profiles[:50])
    pd.testing.assert_frame_equal(first.weights, again.weights, check_exact=True)
    pd.testing.assert_series_equal(first.intercept, again.intercept, check_exact=True)


def test_too_few_shared_lines_are_not_used_and_that_is_said(supplement, profiles, caplog):
    with caplog.at_level(logging.WARNING):
        assert learn(supplement[: MIN_LINES - 1], profiles) is None
    assert caplog.messages == [
        f"lines: {NAME}: not used, only 19 lines to learn from have expression too."
    ]
    assert learn(supplement[:MIN_LINES], profiles) is not None


def test_only_lines_that_lack_the_omic_gain_it(supplement, profiles):
    translation = learn(supplement, profiles)
    own = profiles[:50] * 0 + 7  # nothing that a translation would say
    found = translated(supplement[40:60], {OMIC: own}, translation)[OMIC]
    assert list(found.index) == list(profiles.index[:60])
    pd.testing.assert_frame_equal(found[:50], own)
    assert not (found[50:] == 7).any(axis=None)


def test_other_omics_and_other_sources_are_left_as_they_are(supplement, profiles):
    translation = learn(supplement, profiles)
    own = {Omic.MUTATION: profiles, OMIC: profiles[:5]}
    found = translated(supplement, own, translation)
    assert found[Omic.MUTATION] is profiles
    assert own[OMIC] is not found[OMIC]
    assert len(own[OMIC]) == 5
    for source, n_lines in ((Source.TUMOR, 5), (Source.CELL_LINE, 90)):
        assert len(translated(supplement, own, translation, source)[OMIC]) == n_lines


def test_a_supplement_that_nothing_was_learned_of_is_ignored(supplement, profiles):
    found = with_translated(
        {OMIC: profiles}, samples_with(supplement), {}, Source.CELL_LINE, file_name="lines"
    )
    assert found == {OMIC: profiles}


@pytest.fixture(scope="module")
def with_supplement(cohort):
    """The simulated cohort; a second assay of expression of every line: twice the values less 1.

    Six lines, of no part in particular, have it alone.
    """
    lines = cohort.cell_lines
    table = 2 * lines.omics[OMIC] - 1
    kept = lines.omics[OMIC].drop(lines.omics[OMIC].index[::11])
    return replace(
        cohort,
        cell_lines=replace(
            lines,
            omics={**lines.omics, OMIC: kept},
            supplements={NAME: Supplement(OMIC, table, UNIT)},
        ),
    )


def prepare_all(cohort, settings):
    return prepare(cohort, settings, tuple(TINY.n_features), [])


def test_prepare_gives_the_omic_to_lines_that_have_the_supplement_alone(
    with_supplement, prepare_settings
):
    found = prepare_all(with_supplement, prepare_settings)
    assert list(found.translations) == [NAME]
    own = with_supplement.cell_lines.omics[OMIC].index
    supplemented = with_supplement.cell_lines.supplements[NAME].table.index
    assert set(found.omics[OMIC].cell_lines.index) == set(own) | set(supplemented)
    assert len(found.omics[OMIC].cell_lines) > len(own)


def test_unseen_patients_teach_no_translation(with_supplement, prepare_settings):
    clean = prepare_all(with_supplement, prepare_settings)
    unseen = clean.splits.index[clean.splits["split"] != "train"]
    lines = with_supplement.cell_lines
    supplement = lines.supplements[NAME].table.copy()
    supplement.loc[supplement.index.isin(unseen)] = 20.0
    omics = {omic: table.copy() for omic, table in lines.omics.items()}
    for table in omics.values():
        table.loc[table.index.isin(unseen)] = 1.0
    spoiled = replace(
        with_supplement,
        cell_lines=replace(
            lines, omics=omics, supplements={NAME: Supplement(OMIC, supplement, UNIT)}
        ),
    )
    first, again = (
        prepared.translations[NAME] for prepared in (clean, prepare_all(spoiled, prepare_settings))
    )
    pd.testing.assert_frame_equal(again.weights, first.weights, check_exact=True)
    pd.testing.assert_series_equal(again.intercept, first.intercept, check_exact=True)
    pd.testing.assert_frame_equal(again.space.table, first.space.table, check_exact=True)


def test_a_sample_with_the_supplement_alone_is_predicted_as_with_the_omic(
    cohort, with_supplement, prepare_settings, predictor
):
    translations = prepare_all(with_supplement, prepare_settings).translations
    reading = replace(predictor, translations=translations)
    names = list(cohort.cell_lines.omics[OMIC].index[:30])
    own = cohort.cell_lines.omics[OMIC].loc[names]
    obs = cohort.cell_lines.obs.loc[names]
    with_omic = Samples({OMIC: own}, obs, {OMIC: UNIT})
    alone = Samples({}, obs, {}, supplements={NAME: Supplement(OMIC, 2 * own - 1, UNIT)})
    expected, found = (reading.predict(samples).effect for samples in (with_omic, alone))
    assert list(found.index) == names
    assert found.corrwith(expected).median() > 0.9

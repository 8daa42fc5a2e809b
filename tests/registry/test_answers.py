import numpy as np
import pandas as pd
import pytest

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.registry.answers import (
    Reference,
    deviation,
    encoder_reference,
    predictor_reference,
    read_reference,
    write_reference,
)


@pytest.fixture(scope="module")
def reference(predictor, prepared_cohort) -> Reference:
    """The predictor's answers, three genes, of the first lines of its training table."""
    profiles = {omic: tables.cell_lines for omic, tables in prepared_cohort.omics.items()}
    lines = list(prepared_cohort.gene_effect.table.index)
    genes = list(prepared_cohort.gene_effect.table.columns[:3])
    return predictor_reference(
        profiles, predictor.predict(StandardizedSamples.named(profiles, lines), genes).effect
    )


def test_a_few_lines_are_kept_with_whatever_omics_they_have(reference):
    assert reference.answers.shape == (5, 3)
    for profile in reference.profiles.values():
        assert set(profile.index) <= set(reference.answers.index)


def test_a_stored_reference_is_answered_again_to_the_last_digits(
    reference, predictor_folder, tmp_path
):
    write_reference(reference, tmp_path / "reference")
    stored = read_reference(tmp_path / "reference")
    pd.testing.assert_frame_equal(stored.answers, reference.answers, check_names=False)
    assert deviation(predictor_folder, stored) < 1e-5


def test_the_deviation_is_the_largest_of_all_answers(reference, predictor_folder):
    answers = reference.answers.copy()
    answers.iloc[1, 2] += 0.5
    answers.iloc[0, 0] -= 0.1
    assert deviation(predictor_folder, Reference(reference.profiles, answers)) == pytest.approx(
        0.5, abs=1e-4
    )


def test_an_answer_that_is_no_number_is_no_agreement(reference, predictor_folder):
    answers = reference.answers.copy()
    answers.iloc[0, 0] = np.nan
    assert np.isnan(deviation(predictor_folder, Reference(reference.profiles, answers)))


def test_an_encoder_answers_with_codes(encoder_folder, prepared_cohort):
    lines = prepared_cohort.omics[Omic.EXPRESSION].cell_lines
    reference = encoder_reference(encoder_folder, Omic.EXPRESSION, lines)
    assert reference.answers.shape == (5, 3)
    other = Reference({Omic.EXPRESSION: lines.iloc[5:10]}, reference.answers)
    other.profiles[Omic.EXPRESSION].index = reference.answers.index
    assert deviation(encoder_folder, other) > 1e-3

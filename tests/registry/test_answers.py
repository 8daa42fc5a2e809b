import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.registry.answers import (
    Reference,
    deviation_in_fresh_process,
)


@pytest.fixture(scope="module")
def reference(predictor_folder, prepared_cohort) -> Reference:
    """The predictor's answers, three genes, of the first lines of its training table."""
    profiles = {omic: tables.cell_lines for omic, tables in prepared_cohort.omics.items()}
    lines = list(prepared_cohort.gene_effect.table.index)
    genes = list(prepared_cohort.gene_effect.table.columns[:3])
    wanted = pd.DataFrame(index=lines, columns=genes)
    return Reference.from_predictor(predictor_folder, profiles, wanted)


def test_a_few_lines_are_kept_with_whatever_omics_they_have(reference):
    assert reference.answers.shape == (5, 3)
    for profile in reference.profiles.values():
        assert set(profile.index) <= set(reference.answers.index)


def test_a_stored_reference_is_answered_again_to_the_last_digits(
    reference, predictor_folder, tmp_path
):
    reference.write(tmp_path / "reference")
    stored = Reference.read(tmp_path / "reference")
    pd.testing.assert_frame_equal(stored.answers, reference.answers, check_names=False)
    assert stored.deviation(predictor_folder) < 1e-5


def test_the_deviation_is_the_largest_of_all_answers(reference, predictor_folder):
    answers = reference.answers.copy()
    answers.iloc[1, 2] += 0.5
    answers.iloc[0, 0] -= 0.1
    assert Reference(reference.profiles, answers).deviation(predictor_folder) == pytest.approx(
        0.5, abs=1e-4
    )


def test_an_answer_that_is_no_number_is_no_agreement(reference, predictor_folder):
    answers = reference.answers.copy()
    answers.iloc[0, 0] = np.nan
    assert np.isnan(Reference(reference.profiles, answers).deviation(predictor_folder))


def test_an_encoder_answers_with_codes(encoder_folder, prepared_cohort):
    lines = prepared_cohort.omics[Omic.EXPRESSION].cell_lines
    reference = Reference.from_encoder(encoder_folder, Omic.EXPRESSION, lines)
    assert reference.answers.shape == (5, 3)
    other = Reference({Omic.EXPRESSION: lines.iloc[5:10]}, reference.answers)
    other.profiles[Omic.EXPRESSION].index = reference.answers.index
    assert other.deviation(encoder_folder) > 1e-3


@pytest.fixture
def kept(references, tmp_path):
    """References of the predictor and of the encoder, stored."""
    folders = tmp_path / "predictor", tmp_path / "encoder"
    for reference, folder in zip(references, folders, strict=True):
        reference.write(folder)
    return folders


@pytest.mark.slow  # starts a process that imports TensorFlow
def test_a_fresh_process_gives_the_answers_of_the_predictor(predictor_folder, kept):
    assert deviation_in_fresh_process(predictor_folder, kept[0]) < 1e-5


@pytest.mark.slow  # starts a process that imports TensorFlow
def test_a_fresh_process_gives_the_answers_of_an_encoder(encoder_folder, kept, monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")  # nothing of this environment is passed on
    monkeypatch.setenv("KERAS_BACKEND", "no such backend")
    assert deviation_in_fresh_process(encoder_folder, kept[1]) < 1e-5


@pytest.mark.slow  # starts a process that imports TensorFlow
def test_a_model_that_does_not_load_says_why(tmp_path, kept):
    with pytest.raises(DeepDEPError, match=r"does not load: .*has no readable manifest\.json"):
        deviation_in_fresh_process(tmp_path, kept[0])

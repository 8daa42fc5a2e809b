import pytest

from deepdep.errors import DeepDEPError
from deepdep.registry.answers import write_reference
from deepdep.registry.gates import deviation_in_fresh_process

pytestmark = pytest.mark.slow  # each starts a process that imports TensorFlow


@pytest.fixture
def kept(references, tmp_path):
    """References of the predictor and of the encoder, stored."""
    folders = tmp_path / "predictor", tmp_path / "encoder"
    for reference, folder in zip(references, folders, strict=True):
        write_reference(reference, folder)
    return folders


def test_a_fresh_process_gives_the_answers_of_the_predictor(predictor_folder, kept):
    assert deviation_in_fresh_process(predictor_folder, kept[0]) < 1e-5


def test_a_fresh_process_gives_the_answers_of_an_encoder(encoder_folder, kept, monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")  # nothing of this environment is passed on
    monkeypatch.setenv("KERAS_BACKEND", "no such backend")
    assert deviation_in_fresh_process(encoder_folder, kept[1]) < 1e-5


def test_a_model_that_does_not_load_says_why(tmp_path, kept):
    with pytest.raises(DeepDEPError, match=r"does not load: .*has no readable manifest\.json"):
        deviation_in_fresh_process(tmp_path, kept[0])

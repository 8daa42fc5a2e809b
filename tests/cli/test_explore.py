"""That it serves is asked of a process, in tests/serving/test_explorer.py."""


def test_a_folder_without_predictions_is_refused(deepdep, tmp_path):
    refusal = deepdep("explore", "--project", tmp_path, "--port", "0").refusal
    assert "predictions/cell_lines.h5ad: there is no such file" in refusal
    assert "dvc repro" in refusal


def test_help_has_an_example(deepdep):
    assert "Example: deepdep explore" in " ".join(deepdep("explore", "--help").stdout.split())

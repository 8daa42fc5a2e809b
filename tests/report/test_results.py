"""Tests of io/results.py, beside the fixture that writes all stages."""

import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.matrices import read_anndata, write_anndata
from deepdep.io.results import read_results


@pytest.fixture
def stages(tmp_path, write_stages, story):
    return write_stages(tmp_path, story)


def read(folder):
    names = ("prepared", "models", "reports", "predictions", "tuning", "params.yaml")
    return read_results(*(folder / name for name in names))


def test_everything_is_read_with_its_labels(stages):
    results = read(stages)
    tumors = results.tumors
    assert list(tumors.effect.index) == list(tumors.obs.index) == list(tumors.codes.index)
    assert list(tumors.effect.columns) == list(tumors.genes.index)
    assert set(results.unseen.predicted) == {"predictor", "ridge", "lineage_mean", "gene_mean"}
    assert results.registration == {"deepdep-predictor": "ab12"}


@pytest.mark.parametrize("absent", ["predictions/tumors.h5ad", "reports/registration.json"])
def test_what_a_cohort_may_lack_may_be_absent(stages, absent):
    (stages / absent).unlink()
    results = read(stages)
    assert results.tumors is None or results.registration == {}


def test_tumours_without_a_row_are_no_tumours(stages):
    file = stages / "predictions" / "tumors.h5ad"
    write_anndata(read_anndata(file)[:0].copy(), file)
    assert read(stages).tumors is None


def test_messages_of_validation_are_read_where_something_was_noted(stages):
    checks = '[{"success": true, "message": null}, {"success": false, "message": "few lines"}]'
    (stages / "reports" / "validation.json").write_text(f'{{"checks": {checks}}}')
    assert read(stages).validation_notes == ["few lines"]


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("reports/metrics.json", None, "there is no such file"),
        ("reports/metrics.json", "{", "cannot be read"),
        ("reports/metrics.json", "[]", "is not a mapping"),
        ("tuning/best.yaml", "- 1", "is not a mapping"),
        ("tuning/trials.csv", "", "is not a table"),
        ("models/predictor/history.csv", None, "there is no such file"),
        ("predictions/cell_lines.h5ad", "text", "is not a complete .h5ad file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(stages, file, content, problem):
    target = stages / file
    target.unlink() if content is None else target.write_text(content)
    with pytest.raises(BadFileError, match=problem) as raised:
        read(stages)
    assert str(target) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_predictions_without_codes_are_refused(stages):
    file = stages / "predictions" / "cell_lines.h5ad"
    matrix = read_anndata(file)
    del matrix.obsm["code"]
    write_anndata(matrix, file)
    with pytest.raises(BadFileError, match="lacks 'code'"):
        read(stages)

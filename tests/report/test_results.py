"""Tests of io/results.py, beside the fixture that writes all stages."""

import json

import pytest

from deepdep.domain.cohort import CohortIdentity
from deepdep.errors import BadFileError
from deepdep.io.matrices import read_anndata, write_anndata
from deepdep.report.results import read_results


@pytest.fixture
def stages(tmp_path, write_stages, story):
    return write_stages(tmp_path, story)


def read(folder):
    names = ("prepared", "models", "reports", "predictions", "tuning", "params.yaml", "study")
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


def test_the_cohort_is_known_where_validation_says_it(stages):
    file = stages / "reports" / "validation.json"
    content = json.loads(file.read_text()) if file.exists() else {}
    cohort = {"name": "demo", "simulated": True, "sha256": "ab"}
    file.write_text(json.dumps(content | {"cohort": cohort}))
    assert read(stages).cohort == CohortIdentity("demo", simulated=True, sha256="ab")
    file.unlink()
    assert read(stages).cohort is None


def test_what_cross_validation_said_is_read_and_missing_where_there_was_none(stages):
    genes = read(stages).cell_lines.genes
    assert set(genes["trusted"]) == {0, 1}
    file = stages / "predictions" / "cell_lines.h5ad"
    matrix = read_anndata(file)
    matrix.var = matrix.var[["mean", "sd", "test_r"]]
    write_anndata(matrix, file)
    genes = read(stages).cell_lines.genes
    columns = ["cv_r", "cv_r_low", "cv_r_high", "trusted", "half_width"]
    assert genes[columns].isna().all(axis=None)
    assert genes[["mean", "sd", "test_r"]].notna().all(axis=None)


def test_a_learning_curve_is_read_where_there_is_one(stages):
    file = stages / "study" / "learning_curve.csv"
    assert list(read(stages).learning_curve["n_lines"].unique()) == [20, 40, 80]
    file.write_text("n_lines,model\n20,ridge\n")
    with pytest.raises(BadFileError, match="lacks the column 'mean_gene_r', 'low', 'high'"):
        read(stages)
    file.unlink()
    assert read(stages).learning_curve is None


def test_a_report_of_the_study_finds_the_pages_of_the_pipeline(stages):
    assert read(stages).pages == "../reports/"
    folders = ("prepared", "models", "reports", "predictions", "tuning", "params.yaml")
    assert read_results(*(stages / name for name in folders)).pages == ""


def test_null_is_a_choice_of_a_trial_and_not_a_missing_value(stages):
    (stages / "tuning" / "trials.csv").write_text(
        "number,state,value,retry_of,finetune.genes_per_block\n0,complete,0.25,,null\n1,fail,,,64\n"
    )
    trials = read(stages).trials
    assert trials["number"].tolist() == [0, 1]
    assert trials["finetune.genes_per_block"].tolist() == ["null", "64"]
    assert trials["value"].isna().tolist() == [False, True]
    assert trials["retry_of"].isna().all()


def test_importances_and_what_tuning_gained_are_read(stages):
    results = read(stages)
    assert results.importances["setting"].iloc[0] == "finetune.dropout"
    assert set(results.tuning_gain["split"]) == {"validation", "test"}
    (stages / "study" / "tuning_gain.csv").unlink()
    assert read(stages).tuning_gain is None


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
        ("reports/metrics.json", "{}", "has no figures of the predictor"),
        ("reports/metrics.json", '{"models": {"ridge": {}}}', "has no figures of the predictor"),
        ("tuning/best.yaml", "- 1", "is not a mapping"),
        ("tuning/trials.csv", "", "is not a table"),
        ("models/judged/history.csv", None, "there is no such file"),
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
    del matrix.obsm["X_code"]
    write_anndata(matrix, file)
    with pytest.raises(BadFileError, match="lacks 'X_code'"):
        read(stages)

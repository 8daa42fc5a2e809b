import json
import sys
from pathlib import Path

import pytest

from deepdep.data.cohort import write_cohort

sys.path.append(str(Path(__file__).parents[1]))
from small_benchmark import write_params

MODELS = {
    "gene_mean": {"baseline": "gene_mean"},
    "lineage_mean": {"baseline": "lineage_mean"},
    "permuted_methylation": {"data": "permuted_methylation"},
    "nearest_genes": {"baseline": "nearest_genes"},
}


@pytest.fixture(scope="module")
def data(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort") / "data"
    write_cohort(cohort, folder)
    return folder


@pytest.fixture
def benchmark(deepdep, mlflow_project, data):
    """Run ``deepdep benchmark`` in a project with some models."""

    def run(*arguments, models=MODELS):
        write_params(models, mlflow_project)
        return deepdep("benchmark", "--data", data, *arguments)

    return run


def test_the_table_and_what_was_left_out_are_shown(benchmark):
    done = benchmark("--json")
    assert done.code == 0
    table = json.loads(done.stdout)
    assert table["mode"] == "patient"
    assert set(table["models"]) == {"gene_mean", "lineage_mean"}
    assert table["models"]["gene_mean"]["all"]["n_cells"] == 2
    said = done.stderr.splitlines()
    assert [line.split(":")[0] for line in said] == [
        "permuted_methylation",
        "nearest_genes",
        "benchmark",
    ]


def test_each_mode_has_its_table(benchmark):
    done = benchmark("--mode", "patient", "--mode", "gene", "--models", "gene_mean,nearest_genes")
    assert done.code == 0
    patient, gene = done.stdout.split("Unseen: gene")
    assert "gene_mean" in patient
    assert "nearest_genes" not in patient
    assert "nearest_genes" in gene


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--models", "gene_mean,mine"], "--models 'mine': params.yaml has no such entry"),
        (["--seeds", "1,two"], "--seeds 1,two: is not a list of whole numbers"),
        (["--seeds", ""], "is not a list of whole numbers"),
        (["--seeds", "²"], "is not a list of whole numbers"),
        (["--mode", "tissue"], "--mode tissue: is not a mode; choose patient, lineage, gene, both"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_a_line(benchmark, arguments, problem):
    assert problem in benchmark(*arguments).refusal


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ({"../up": {}}, "benchmark.models: '../up': becomes the name of a folder"),
        ({"mine": {"set": {"evaluate.seed": 2}}}, "benchmark.models.mine: set: 'evaluate.seed'"),
        ({"mine": {"set": {"finetune.seed.a": 2}}}, "benchmark.models.mine: set: 'finetune.seed."),
        ({"mine": {"preset": "none.yaml"}}, "none.yaml: there is no such file"),
    ],
)
def test_an_entry_that_cannot_be_run_is_told_in_a_line(benchmark, mlflow_project, model, problem):
    assert problem in benchmark(models=model).refusal
    assert not (mlflow_project / "benchmark").exists()


@pytest.mark.slow
def test_an_error_in_a_worker_is_told_in_a_line(benchmark, mlflow_project, data, cohort, tmp_path):
    """One labelled line alone has mutations, which is too little to learn from."""
    write_params({"ridge": {"baseline": "ridge"}}, mlflow_project)
    bad = _with_one_profile(cohort, tmp_path / "bad")
    done = [
        benchmark("--data", bad, "--workers", n, models={"ridge": {"baseline": "ridge"}})
        for n in (1, 2)
    ]
    assert done[0].refusal == done[1].refusal
    assert "fewer than two training lines have it" in done[0].refusal


def _with_one_profile(cohort, folder):
    from dataclasses import replace

    from deepdep.domain.omics import Omic

    lines = cohort.cell_lines
    labelled = lines.omics[Omic.MUTATION].index.intersection(cohort.gene_effect.table.index)
    few = lines.omics[Omic.MUTATION].loc[labelled[:1]]
    omics = {**lines.omics, Omic.MUTATION: few}
    write_cohort(replace(cohort, cell_lines=replace(lines, omics=omics)), folder)
    return folder

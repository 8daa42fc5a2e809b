import pytest

from deepdep.experiments import run as of_run
from deepdep.experiments.benchmark import track_benchmark
from deepdep.tracking.experiments import BENCHMARK
from deepdep.tracking.store import mlflow_client
from small_benchmark import CLOSED_FORM

MODELS = {
    "gene_mean": {"baseline": "gene_mean"},
    "only_mutation": {"set": CLOSED_FORM, "hide": ["expression"], "data": "permuted_labels"},
}


@pytest.fixture
def benchmark(mlflow_project, plan_of):
    """Make the cells of some models, as the command does."""

    def benchmark(models=MODELS):
        track_benchmark(plan_of(models), mlflow_project / "cells", 1)

    return benchmark


def runs():
    with mlflow_client() as client:
        experiment = client.get_experiment_by_name(BENCHMARK)
        return client.search_runs([experiment.experiment_id], order_by=["start_time ASC"])


def cells():
    return {r.info.run_name: r for r in runs() if "model" in r.data.params}


def test_a_cell_is_a_run_that_says_what_its_model_changes(benchmark):
    benchmark()
    found = cells()
    assert set(found) == {
        *("gene_mean patient 1-1", "gene_mean patient 1-2"),
        *("only_mutation patient 1-1", "only_mutation patient 1-2"),
    }
    assert found["gene_mean patient 1-2"].data.params == {
        "model": "gene_mean",
        "mode": "patient",
        "seed": "1",
        "fold": "2",
        "baseline": "gene_mean",
    }
    run = found["only_mutation patient 1-1"]
    assert run.data.params == {
        "model": "only_mutation",
        "mode": "patient",
        "seed": "1",
        "fold": "1",
        "set.finetune.n_members": "0",
        "hide": '["expression"]',
        "data": "permuted_labels",
    }
    assert set(run.data.metrics) == {"mean_gene_r", "seconds"}
    assert {"deepdep.process", "deepdep.python"} < set(run.data.tags)
    assert run.data.tags["deepdep.seed"] == "1"
    (stage,) = [r for r in runs() if r.info.run_name == "benchmark"]
    assert run.data.tags["mlflow.parentRunId"] == stage.info.run_id


def test_cells_that_are_there_are_no_runs_again(benchmark):
    benchmark({"gene_mean": {"baseline": "gene_mean"}})
    benchmark({"gene_mean": {"baseline": "gene_mean"}})
    assert len(cells()) == 2


def test_a_cell_is_logged_when_it_is_stored(benchmark, monkeypatch):
    predict = of_run.FoldModels.predict

    def fail_at_the_second_model(self, model, settings):
        if settings is not None:
            raise KeyboardInterrupt
        return predict(self, model, settings)

    monkeypatch.setattr(of_run.FoldModels, "predict", fail_at_the_second_model)
    with pytest.raises(KeyboardInterrupt):
        benchmark()
    assert set(cells()) == {"gene_mean patient 1-1"}


def test_runs_of_a_call_that_was_killed_end_with_the_next_call(benchmark):
    benchmark({"gene_mean": {"baseline": "gene_mean"}})
    with mlflow_client() as client:
        for run in runs():
            client.set_tag(run.info.run_id, "deepdep.execution", "elsewhere:1:1")
            client.update_run(run.info.run_id, status="RUNNING")
            process = run.data.tags["deepdep.process"]
            host, pid, start = process.rsplit(":", 2)
            ended = f"{host}:{pid}:{int(float(start)) - 1}"  # an earlier process of this number
            client.set_tag(run.info.run_id, "deepdep.process", ended)
    earlier = {run.info.run_id for run in runs()}
    benchmark({"gene_mean": {"baseline": "gene_mean"}})
    status = {run.info.run_id: run.info.status for run in runs()}
    assert {status[run] for run in earlier} == {"KILLED"}
    assert {status[run] for run in status.keys() - earlier} == {"FINISHED"}

import socket

from deepdep.tracking import tracked_run
from deepdep.tracking.experiments import BENCHMARK
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.store import mlflow_client

DEAD = f"{socket.gethostname()}:999999999:1"


def test_runs_whose_process_is_gone_are_ended_in_every_experiment(deepdep, mlflow_project):
    for more in ({}, {"experiment_name": BENCHMARK}):
        execution = PipelineExecution("host:1:1", "dvc repro")
        with tracked_run("prepare", None, execution=execution, **more) as run:
            pass
        with mlflow_client() as client:
            client.set_tag(run.run_id, "deepdep.process", DEAD)
            client.update_run(run.run_id, status="RUNNING")
    done = deepdep("runs", "reap")
    assert done.code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert lines[1] == f"prepare {run.run_id}"
    with mlflow_client() as client:
        assert client.get_run(run.run_id).info.status == "KILLED"
    assert deepdep("runs", "reap").stdout == ""


def test_where_nothing_waits_nothing_is_sent(deepdep, mlflow_project):
    assert deepdep("runs", "sync").stdout == "0 sent\n"


def test_a_server_that_is_away_is_told_in_one_line(deepdep, mlflow_project, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for command in (("models",), ("promote", "--rollback"), ("runs", "reap")):
        assert "is away; start it" in deepdep(*command).refusal


def test_a_run_that_is_not_there_cannot_be_reproduced(deepdep, mlflow_project):
    assert "is no run of the pipeline" in deepdep("reproduce", "0" * 32).refusal
    assert "no such model" in deepdep("reproduce", "oracle@champion").refusal


def test_a_moved_project_is_relocated_by_name(deepdep, mlflow_project, monkeypatch):
    with tracked_run("prepare", None, execution=PipelineExecution("host:1:1", "dvc repro")):
        pass
    moved = mlflow_project.with_name(f"{mlflow_project.name}-moved")
    mlflow_project.rename(moved)
    monkeypatch.chdir(moved)
    done = deepdep("runs", "relocate")
    assert done.stdout == "every run leads to files of this project\n"
    assert f"was made in {mlflow_project}" in done.stderr
    assert deepdep("runs", "relocate").stderr == ""


def test_of_a_server_the_links_are_printed(deepdep, mlflow_project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert "is away; start it" in deepdep("runs", "ui").refusal

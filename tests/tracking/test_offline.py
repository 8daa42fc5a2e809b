"""A real MLflow server that is away, comes, and is killed in the middle of a run."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest
import requests

from deepdep.registry.versions import list_versions
from deepdep.tracking import tracked_run
from deepdep.tracking.experiments import PIPELINE
from deepdep.tracking.offline import journal_folder, sync_runs
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.store import ServerAwayError, mlflow_client

REPRO = PipelineExecution("host:1:100", "dvc repro")

pytestmark = pytest.mark.slow


class Server:
    """An MLflow server at one address, which can be started and killed again and again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        self.process = None

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        database = f"sqlite:///{self.folder / 'server.db'}"
        address = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        artifacts = ["--artifacts-destination", str(self.folder / "artifacts")]
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database]
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, *address, *artifacts],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(600):
            try:
                if requests.get(f"{self.uri}/health", timeout=1).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise AssertionError((self.folder / "server.log").read_text())

    def kill(self):
        if self.process is not None:
            subprocess.run(["kill", "-9", "--", f"-{self.process.pid}"], check=False)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(mlflow_project, tmp_path_factory, empty_mlflow_database, monkeypatch):
    """The project's server, which is away."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "server.db").write_bytes(empty_mlflow_database.read_bytes())
    made = Server(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.uri)
    yield made
    made.kill()


def runs():
    with mlflow_client() as client:
        experiment = client.get_experiment_by_name(PIPELINE)
        found = client.search_runs([experiment.experiment_id], order_by=["start_time ASC"])
    return {run.info.run_name: run for run in found}


def test_a_run_while_the_server_is_away_is_sent_with_the_next_one(server, mlflow_project, capsys):
    (mlflow_project / "per_gene.csv").write_text("gene,r\n")
    for stage in ("prepare", "evaluate"):
        with tracked_run(stage, None, execution=REPRO) as run:
            assert run.is_offline
            run.metrics({"val_loss": 0.5}, step=3)
            run.compare({"predictor": {"r": 0.3}, "ridge": {"r": 0.2}}, "predictor")
            run.artifact(mlflow_project / "per_gene.csv")
            run.show_trials(["finetune.dropout"])  # of a page, which can do without
        said = capsys.readouterr().err
        assert said.count("\n") == 1, said
        assert "deepdep runs sync" in said
    (mlflow_project / "per_gene.csv").unlink()
    server.start()
    with tracked_run("report", None, execution=REPRO) as run:
        assert not run.is_offline
    assert "sent 2 runs to MLflow that were kept while it was away" in capsys.readouterr().err
    found = runs()
    assert set(found) == {"dvc repro", "prepare", "evaluate", "predictor", "ridge", "report"}
    parent = found["dvc repro"].info.run_id
    for name in ("prepare", "evaluate", "report"):
        assert found[name].data.tags["mlflow.parentRunId"] == parent
        assert found[name].info.status == "FINISHED"
    evaluated = found["evaluate"]
    assert evaluated.data.metrics == {"val_loss": 0.5, "r": 0.3}
    assert found["predictor"].data.params == {"model": "predictor"}
    assert found["dvc repro"].data.metrics == {"r": 0.3}
    with mlflow_client() as client:
        (point,) = mlflow.MlflowClient().get_metric_history(evaluated.info.run_id, "val_loss")
        (artifact,) = client.list_artifacts(evaluated.info.run_id)
    assert point.step == 3
    assert artifact.path == "per_gene.csv"
    assert [file.name for file in journal_folder().iterdir()] == ["lock"]


def test_a_server_killed_in_the_middle_of_a_run_gets_the_rest_later(server, capsys):
    server.start()
    with tracked_run("finetune", None, execution=REPRO) as run:
        run.metrics({"loss": 3.0}, step=0)
        server.kill()
        for epoch in (1, 2):
            run.metrics({"loss": 3.0 - epoch}, step=epoch)
        with run.child("trial-000", {"x": 1}) as trial:
            trial.metrics({"loss": 7.0})
    assert "is away" in capsys.readouterr().err
    with pytest.raises(ServerAwayError, match="is away; start it"):
        list_versions()
    server.start()
    assert runs()["finetune"].info.status == "RUNNING"
    assert sync_runs() == (1, [])
    found = runs()
    assert {name: run.info.status for name, run in found.items()} == dict.fromkeys(
        ("dvc repro", "finetune", "trial-000"), "FINISHED"
    )
    with mlflow_client():
        curve = mlflow.MlflowClient().get_metric_history(run.run_id, "loss")
    assert [(point.step, point.value) for point in curve] == [(0, 3.0), (1, 2.0), (2, 1.0)]
    assert found["trial-000"].data.tags["mlflow.parentRunId"] == run.run_id
    assert sync_runs() == (0, [])


def test_an_error_while_the_server_is_away_is_still_the_error_and_is_told_later(server):
    with pytest.raises(ValueError, match="too few"), tracked_run("tune", None, execution=REPRO):
        raise ValueError("too few")
    server.start()
    sync_runs()
    assert {run.info.status for run in runs().values()} == {"FAILED"}
    assert runs()["tune"].data.tags["deepdep.error"] == "ValueError: too few"


def test_what_waits_for_another_server_or_is_still_written_is_left(server, monkeypatch):
    with tracked_run("prepare", None, execution=REPRO):
        (journal,) = journal_folder().glob("*.jsonl")
        server.start()
        assert sync_runs() == (0, [server.uri])  # its process still writes
    first, *rest = journal.read_text().splitlines()
    elsewhere = json.dumps({**json.loads(first), "uri": "http://elsewhere"})
    journal.write_text("\n".join([elsewhere, *rest]))
    assert sync_runs() == (0, ["http://elsewhere"])


def test_a_journal_that_was_cut_off_goes_on_and_one_whose_process_was_killed_is_sent(server):
    with tracked_run("prepare", None, execution=REPRO) as run:
        run.metrics({"n_genes": 5.0})
    (journal,) = journal_folder().glob("*.jsonl")
    first, *rest = journal.read_text().splitlines()
    dead = json.dumps({**json.loads(first), "process": f"{socket.gethostname()}:999999999:1"})
    journal.write_text("\n".join([dead, *rest[:-1], rest[-1][:5]]))  # killed while it wrote
    lines = journal.read_text()
    server.start()
    sync_runs()
    assert runs()["prepare"].data.metrics == {"n_genes": 5.0}
    n_runs = len(runs())
    ids = {json.loads(line).get("made"): "x" for line in rest}
    journal.write_text(lines)
    journal.with_suffix(".sent.json").write_text(json.dumps([len(lines.splitlines()), ids]))
    sync_runs()
    assert len(runs()) == n_runs  # nothing is made twice


def test_a_journal_of_a_project_that_was_moved_meanwhile_is_sent_with_its_files(
    server, tmp_path_factory, monkeypatch
):
    note = journal_folder().parent.parent / "note.txt"
    note.write_text("kept")
    with tracked_run("prepare", None, execution=REPRO) as run:
        run.artifact(note)
    moved = tmp_path_factory.mktemp("moved")
    (moved / "dvc.yaml").touch()
    journal_folder().parent.rename(moved / "mlruns")
    monkeypatch.chdir(moved)
    server.start()
    assert sync_runs() == (1, [])
    with mlflow_client() as client:
        run_id = runs()["prepare"].info.run_id
        assert [one.path for one in client.list_artifacts(run_id)] == ["note.txt"]

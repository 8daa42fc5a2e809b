"""What docs/serving.md says to type, typed."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from deepdep.io.manifest import manifest_sha256
from deepdep.models.artifacts import load_predictor
from deepdep.registry import PREDICTOR, Candidate
from deepdep.registry.versions import version_named
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution
from postgres_server import PASSWORD

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")


def blocks(section: str, language: str = "") -> list[str]:
    """Code of a section, in this language."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def environment(folder: Path, **more: str) -> dict[str, str]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    own = {"PATH": programs, "PYTHONPATH": str(ROOT / "src"), "HOME": str(folder)}
    return kept | own | {"MLFLOW_DISABLE_TELEMETRY": "true"} | more


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def typed(script: str, folder: Path, ready: str, **more: str):
    """Type a script that starts a server; go on when an address answers, end it after that."""
    log = folder / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=environment(folder, **more),
            stdout=said,
            stderr=said,
            start_new_session=True,  # the server has children
        )
    try:
        for _ in range(1800):
            if process.poll() is not None or status(ready) == 200:
                break
            time.sleep(0.2)
        assert status(ready) == 200, log.read_text()
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def documents_of(text: str) -> list:
    """JSON documents that follow one another."""
    documents = []
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        documents.append(document)
        text = text[end:].lstrip()
    return documents


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_requests_of_the_document_are_answered(server, tmp_path):
    (make,), (ask,) = blocks("Ask", "python"), blocks("Ask", "bash")
    for program, text in (
        ((sys.executable, "-c"), make),
        (("bash", "-euo", "pipefail", "-c"), ask),
    ):
        done = subprocess.run(
            [*program, text.replace("http://127.0.0.1:8080", server.address)],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    tells, whole, two_genes, of_csv = documents_of(done.stdout)
    assert tells["status"] == "ok"
    assert whole["predictions"]["samples"] == ["TCGA-A1", "TCGA-A2"]
    assert len(two_genes["predictions"]["genes"]["gene"]) == 2
    assert of_csv == whole
    effects = (tmp_path / "effects.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in effects] == ["sample", "TCGA-A1", "TCGA-A2"]


def test_the_table_of_limits_is_the_code_s():
    from deepdep.serving import listening, requests, service

    for number in (service.MOST_PAIRS, service.MOST_GENES):
        assert f"{number:,} |" in DOCUMENT
    assert f"| {requests.LONGEST_NAME} printable characters |" in DOCUMENT
    assert f"| connections at once | {listening.MOST_CONNECTIONS} |" in DOCUMENT


def registered_version(folder: Path) -> None:
    with tracked_run("register", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        Candidate(folder, PREDICTOR, {}, "split").register(run)


def test_mlflows_server_answers_the_same(server, mlflow_project, trusted_folder, table):
    registered_version(trusted_folder)
    script = blocks("With MLflow's own server")[0].replace("@champion", "@challenger")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    values = table[:2].astype(object).where(table[:2].notna(), None).to_numpy().tolist()
    inputs = {"samples": list(table.index[:2]), "columns": list(table.columns), "values": values}
    body = {"inputs": inputs, "params": {"genes": ["BRAF", "NOWHERE"], "allow_unknown": True}}
    with typed(script.replace("8080", str(port)), mlflow_project, f"{address}/ping"):
        answer = type(server)(address, None).ask(body=body)
        wrong = type(server)(address, None).ask(
            body={"inputs": inputs | {"columns": ["TP53", *inputs["columns"][1:]]}}
        )
    assert answer.status == 200
    theirs, ours = answer.json["predictions"], server.ask(body=body).json["predictions"]
    assert theirs.pop("model")["sha256"] == ours.pop("model")["sha256"]
    assert theirs == ours
    assert wrong.status == 400
    assert "column 'TP53' is not <omic>:<feature>" in wrong.json["message"]


def team_server(text: str, postgres, folder: Path, port: int) -> str:
    """Put this machine's port, database and folder in place of the document's."""
    words = folder / ".pgpass"
    words.write_text(f"127.0.0.1:{postgres.port}:*:deepdep:{PASSWORD}\n")
    words.chmod(0o600)
    return (
        text.replace("5000", str(port))
        .replace("127.0.0.1:5432", f"127.0.0.1:{postgres.port}")
        .replace("/srv/deepdep/artifacts", str(folder / "artifacts"))
    )


@pytest.mark.postgres
def test_a_team_registers_and_predicts_through_its_server(
    postgres, mlflow_project, trusted_folder, tmp_path_factory, monkeypatch
):
    postgres.create("mlflow")
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    script = team_server(blocks("A team's server", "bash")[0], postgres, folder, port)
    address = f"http://127.0.0.1:{port}"
    with typed(script, folder, f"{address}/health"):
        asks = f"{address}/api/2.0/mlflow/experiments/search?max_results=1"
        assert status(asks) == 200
        assert status(asks, Host="mlflow.example.org") == 200
        assert status(asks, Host="evil.example") == 403
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        registered_version(trusted_folder)
        brought = version_named(f"{PREDICTOR}@challenger").folder()
        assert manifest_sha256(brought) == manifest_sha256(trusted_folder)
        assert len(load_predictor(brought).networks) == 2
        assert not list(mlflow_project.rglob("MLmodel"))
        assert list(folder.glob("artifacts/**/MLmodel"))
        assert PASSWORD not in (folder / "log").read_text()


@pytest.mark.postgres
def test_a_team_s_server_asks_for_a_password(postgres, tmp_path):
    pytest.importorskip("flask_wtf", reason="MLflow's extra `auth` is not installed")
    postgres.create("mlflow_with_users")
    postgres.create("mlflow_auth")
    port = free_port()
    text = blocks("A team's server", "bash")[1].replace(
        "5432/mlflow \\", "5432/mlflow_with_users \\"
    )
    script = team_server(text, postgres, tmp_path, port)
    address = f"http://127.0.0.1:{port}"
    with typed(script, tmp_path, f"{address}/health"):
        asks = f"{address}/api/2.0/mlflow/experiments/search?max_results=1"
        assert status(asks) == 401
        assert status(asks, Authorization="Basic YWRtaW46d3Jvbmc=") == 401

"""A server that eight clients ask at once, while others are slow, silent or send far too much."""

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import mlflow
import numpy as np
import pandas as pd
import pytest

from deepdep.registry import PREDICTOR, Candidate
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution

SERVE = (sys.executable, "-c", "from deepdep.cli import main; main()", "serve", "--port", "0")
N_CLIENTS, N_BODIES = 8, 16
N_SILENT = 20  # connections of which nothing is heard
TOO_LARGE = 100 << 20  # bytes
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def server(mlflow_project, predictor_folder, monkeypatch):
    """Serve version 1, the champion; version 2 is there, too."""
    with tracked_run("register", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        figures = {"test_mean_gene_r": 0.2}
        Candidate(predictor_folder, PREDICTOR, figures, "split").register(run)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{mlflow_project}/mlruns/mlflow.db")
    client = client_of(mlflow_project)
    first = client.get_model_version(PREDICTOR, "1")
    client.create_model_version(PREDICTOR, first.source, first.run_id)
    move_champion(mlflow_project, 1)
    command = [*SERVE, "--model", f"{PREDICTOR}@champion"]
    with subprocess.Popen(
        command, cwd=mlflow_project, stderr=subprocess.PIPE, text=True
    ) as process:
        line = next((line for line in process.stderr if line.startswith("serving ")), "")
        found = re.search(r":(\d+)$", line.strip())
        assert found, "it does not serve"
        yield int(found[1])
        process.kill()


def client_of(project):
    uri = f"sqlite:///{project / 'mlruns' / 'mlflow.db'}"
    return mlflow.MlflowClient(uri, uri)


def move_champion(project, version):
    client_of(project).set_registered_model_alias(PREDICTOR, "champion", str(version))


@pytest.fixture
def bodies(predictor_folder):
    rng = np.random.default_rng(0)
    features = pd.read_csv(predictor_folder / "features_expression.csv")["feature"]
    columns = [f"expression:{name}" for name in features]
    return [
        json.dumps(
            {
                "inputs": {
                    "samples": [f"S{row}" for row in range(1 + number % 3)],
                    "columns": columns,
                    "values": rng.uniform(0, 8, (1 + number % 3, len(columns))).tolist(),
                }
            }
        )
        for number in range(N_BODIES)
    ]


def ask(port, bodies):
    """Send one after the other over one connection; return status, answer and seconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    answers = []
    for body in bodies:
        started = time.monotonic()
        connection.request("POST", "/invocations", body, HEADERS)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read(), time.monotonic() - started))
    connection.close()
    return answers


def be_slow(port, body, stop):
    """Send a body byte by byte."""
    head = f"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode())
        while not stop.wait(0.05):
            connection.sendall(b" ")


def send_far_too_much(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/invocations", b" " * TOO_LARGE, HEADERS)
    return connection.getresponse().status


def test_every_client_is_answered_the_same_whatever_the_others_do(
    server, bodies, mlflow_project, extent, print_figures
):
    expected = [json.loads(answer) for _, answer, _ in ask(server, bodies)]
    n_each = extent.n_requests // N_CLIENTS
    orders = [np.arange(n_each * k, n_each * (k + 1)) % N_BODIES for k in range(N_CLIENTS)]
    stop = threading.Event()
    silent = [socket.create_connection(("127.0.0.1", server)) for _ in range(N_SILENT)]
    started = time.monotonic()
    with ThreadPoolExecutor(N_CLIENTS + 3) as threads:
        slow = threads.submit(be_slow, server, bodies[0], stop)
        large = threads.submit(send_far_too_much, server)
        asking = [threads.submit(ask, server, [bodies[k] for k in order]) for order in orders]
        move_champion(mlflow_project, 2)
        answers = [of_client.result() for of_client in asking]
        seconds = time.monotonic() - started
        assert large.result() == 413
        stop.set()
        slow.result()
    for connection in silent:
        connection.close()
    waits = [wait for of_client in answers for _, _, wait in of_client]
    statuses = [status for of_client in answers for status, _, _ in of_client]
    versions, n_different = set(), 0
    for order, of_client in zip(orders, answers, strict=True):
        for number, (_, answer, _) in zip(order, of_client, strict=True):
            content = json.loads(answer)
            n_different += content != expected[number]
            versions.add(content["predictions"]["model"]["version"])
    print_figures(
        "serving under load",
        extent=extent.name,
        n_requests=len(statuses),
        n_errors=sum(status != 200 for status in statuses),
        n_different=n_different,
        n_versions=len(versions),
        requests_per_s=round(len(statuses) / seconds, 1),
        p99_ms=round(1000 * float(np.percentile(waits, 99))),
    )
    assert set(statuses) == {200}
    assert n_different == 0
    assert versions == {1}

"""A server that eight clients ask at once, while others are slow, silent or send far too much."""

import http.client
import json
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import mlflow
import numpy as np
import pandas as pd
import pytest

from chaos_tools import DEEPDEP, serving
from deepdep.registry import PREDICTOR

PROMOTE = """
promote: {min_r_above_gene_mean: 0, min_r_above_champion: 0, max_loss_above_champion: 0,
  max_deviation: 0.0001, n_bootstrap: 99, seed: 1}
"""
N_CLIENTS, N_BODIES = 8, 16
N_SILENT = 20  # connections of which nothing is heard
TOO_LARGE = 100 << 20  # bytes
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def server(registry, monkeypatch):
    """Serve version 1, the champion; version 2, the challenger, is better."""
    (registry.folder / "params.yaml").write_text(PROMOTE)
    registry.git("add", "--all")
    registry.git("commit", "--quiet", "--message", "Settings of promotions")
    registry.add_predictor(0.3)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{registry.folder}/mlruns/mlflow.db")
    client = client_of(registry.folder)
    client.set_registered_model_alias(PREDICTOR, "champion", "1")
    registry.add_predictor(0.6, seed=2)
    with serving("--model", f"{PREDICTOR}@champion", place=registry.folder) as (_, port):
        yield port


def client_of(project):
    uri = f"sqlite:///{project / 'mlruns' / 'mlflow.db'}"
    return mlflow.MlflowClient(uri, uri)


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


def ask_while(port, bodies, process):
    """Send them, and again while a process runs; return each number with what ``ask`` returns."""
    answers = []
    while not answers or process.poll() is None:
        answers += enumerate(ask(port, bodies))
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
    server, bodies, registry, extent, print_figures
):
    expected = [json.loads(answer) for _, answer, _ in ask(server, bodies)]
    n_each = extent.n_requests // N_CLIENTS
    orders = [np.arange(n_each * k, n_each * (k + 1)) % N_BODIES for k in range(N_CLIENTS)]
    stop = threading.Event()
    silent = [socket.create_connection(("127.0.0.1", server)) for _ in range(N_SILENT)]
    started = time.monotonic()
    promotion = subprocess.Popen([*DEEPDEP, "promote"], cwd=registry.folder)
    with ThreadPoolExecutor(N_CLIENTS + 2) as threads:
        slow = threads.submit(be_slow, server, bodies[0], stop)
        large = threads.submit(send_far_too_much, server)
        asking = [
            threads.submit(ask_while, server, [bodies[k] for k in order], promotion)
            for order in orders
        ]
        answers = [
            (order[place], *answer)
            for order, of_client in zip(orders, asking, strict=True)
            for place, answer in of_client.result()
        ]
        seconds = time.monotonic() - started
        assert large.result() == 413
        stop.set()
        slow.result()
    for connection in silent:
        connection.close()
    contents = [(number, json.loads(answer)) for number, _, answer, _ in answers]
    n_different = sum(content != expected[number] for number, content in contents)
    versions = {content["predictions"]["model"]["version"] for _, content in contents}
    statuses = [status for _, status, _, _ in answers]
    print_figures(
        "serving under load",
        extent=extent.name,
        n_requests=len(answers),
        n_errors=sum(status != 200 for status in statuses),
        n_different=n_different,
        n_versions=len(versions),
        code_of_promote=promotion.returncode,
        requests_per_s=round(len(answers) / seconds, 1),
        p99_ms=round(1000 * float(np.percentile([wait for *_, wait in answers], 99))),
    )
    assert promotion.returncode == 0
    champion = client_of(registry.folder).get_model_version_by_alias(PREDICTOR, "champion")
    assert int(champion.version) == 2
    assert set(statuses) == {200}
    assert n_different == 0
    assert versions == {1}

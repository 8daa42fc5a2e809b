import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from deepdep.io.manifest import manifest_sha256
from deepdep.registry import PREDICTOR

COMMAND = (sys.executable, "-c", "from deepdep.cli import main; main()", "serve", "--port", "0")


def start(*arguments, **options):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stderr=subprocess.PIPE, text=True, **options
    )


def address_of(process) -> str:
    line = next(line for line in process.stderr if line.startswith("serving "))
    return line.split()[-1]


def ask(address, **headers):
    request = urllib.request.Request(f"{address}/health", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_a_registered_model_is_served_under_its_name_and_version(registered, predictor_folder):
    with start("--model", f"{PREDICTOR}@challenger", cwd=registered) as process:
        try:
            identity = ask(address_of(process))["model"]
        finally:
            process.kill()
    sha256 = manifest_sha256(predictor_folder)
    assert identity == {"name": PREDICTOR, "version": 1, "sha256": sha256}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_listens_here_alone_and_ends_when_told_to(predictor_folder, number, code):
    with start("--model", predictor_folder, "--allowed-host", "dep.example") as process:
        try:
            address = address_of(process)
            assert address.startswith("http://127.0.0.1:")
            assert ask(address, Host="dep.example:80")["model"]["name"] == "predictor"
            process.send_signal(number)
            assert process.wait(60) == code
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.slow
def test_one_that_is_idle_takes_nothing_apart_when_told_to_end(predictor_folder):
    """Python would take seconds to end TensorFlow; whatever runs at its exit is not run."""
    program = (
        "import atexit, sys; atexit.register(print, 'taken apart', file=sys.stderr);"
        "from deepdep.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "serve", "--port", "0", "--model", predictor_folder]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert ask(address_of(process))["status"] == "ok"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.slow
def test_what_is_being_answered_when_it_is_told_to_end_is_answered(predictor_folder):
    body = b'{"inputs": {"samples": ["A"], "columns": ["x"], "values": [[1]]}}'
    head = (
        b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    )
    with start("--model", predictor_folder) as process:
        try:
            port = int(address_of(process).rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                answers = connection.makefile("rb")
                connection.sendall(head)
                assert answers.readline().split()[1] == b"100"  # it has begun to listen
                answers.readline()
                process.send_signal(signal.SIGTERM)
                connection.sendall(body)
                assert answers.readline().split()[1] == b"400"
                assert b"'x' is not <omic>:<feature>" in answers.read()
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_a_taken_port_is_refused_before_any_model_is_loaded(deepdep):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = deepdep("serve", "--model", "absent", "--port", port)
    assert f"127.0.0.1:{port}: cannot be served on" in done.refusal


def test_an_encoder_is_not_served(deepdep, tmp_path):
    (tmp_path / "manifest.json").write_text(
        '{"format_version": 3, "kind": "autoencoder", "files": {}}'
    )
    done = deepdep("serve", "--model", tmp_path, "--port", "0")
    assert "holds a model of kind 'autoencoder', not 'predictor'" in done.refusal


@pytest.mark.parametrize(
    ("model", "said"),
    [("absent", "there is no such folder"), (f"{PREDICTOR}@champion", "has no version")],
)
def test_a_model_that_is_not_there_is_refused(deepdep, mlflow_project, model, said):
    assert said in deepdep("serve", "--model", model, "--port", "0").refusal

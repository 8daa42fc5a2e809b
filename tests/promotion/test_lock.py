import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Timer

import pytest

from deepdep.candidates import PREDICTOR
from deepdep.domain.errors import BusyError
from deepdep.mlflow_store import mlflow_client
from deepdep.promotion import lock
from deepdep.promotion.lock import sole_promotion

FIRST, LAST = f"{lock.CLAIM}.", f"{lock.CLAIM}z"  # as tags of others may sort
HOLD = """
import sys
from deepdep.promotion.lock import sole_promotion
with sole_promotion(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(mlflow_project):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, PREDICTOR]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=mlflow_project, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_until_the_first_ends_even_by_force(holder):
    with pytest.raises(BusyError, match="another process promotes it"), sole_promotion(PREDICTOR):
        pass
    with sole_promotion("deepdep-autoencoder-mutation"):
        pass  # another model is not concerned
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with sole_promotion(PREDICTOR):
        pass


@pytest.fixture
def on_server(mlflow_project, monkeypatch):
    """A model in a registry without a file to lock; claims are what a server would have."""
    monkeypatch.setattr(lock, "local_database", lambda _: None)
    with mlflow_client() as client:
        client.create_registered_model(PREDICTOR)
        yield client


def claims(client):
    return client.get_registered_model(PREDICTOR).tags


@pytest.mark.parametrize("name", [FIRST, LAST])
def test_on_a_server_a_claim_of_another_process_is_respected_and_ours_withdrawn(
    on_server, monkeypatch, name
):
    monkeypatch.setattr(lock, "SECONDS_TO_GIVE_WAY", 0.5)
    on_server.set_registered_model_tag(PREDICTOR, name, "elsewhere:1:1")
    with pytest.raises(BusyError, match="elsewhere:1:1"), sole_promotion(PREDICTOR):
        pass
    assert list(claims(on_server)) == [name]


def test_on_a_server_of_two_claims_at_once_the_first_waits_for_the_other_to_give_way(on_server):
    on_server.set_registered_model_tag(PREDICTOR, LAST, "elsewhere:1:1")
    withdraw = Timer(1.0, on_server.delete_registered_model_tag, (PREDICTOR, LAST))
    withdraw.start()
    with sole_promotion(PREDICTOR):
        (own,) = claims(on_server)
    assert FIRST < own < LAST
    withdraw.join()


def test_on_a_server_a_claim_of_a_dead_process_is_removed(on_server):
    gone = f"{socket.gethostname()}:999999999:1"
    on_server.set_registered_model_tag(PREDICTOR, "deepdep.promotion.a", gone)
    with sole_promotion(PREDICTOR):
        assert len(claims(on_server)) == 1
    assert claims(on_server) == {}


def test_on_a_server_a_claim_ends_with_an_error(on_server):
    with suppress(ValueError), sole_promotion(PREDICTOR):
        raise ValueError
    assert claims(on_server) == {}


@pytest.mark.slow
def test_of_two_concurrent_promotions_one_wins_and_the_other_ends_with_4(registry):
    for r in (0.3, 0.6):
        registry.add_predictor(r)
    (registry.folder / "params.yaml").write_text(json.dumps({"promote": SETTINGS}))
    promote = "from deepdep.cli import main; main()"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", promote, "promote", PREDICTOR, version],
            cwd=registry.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for version in ("1", "2")
    ]
    said = [process.communicate()[1] for process in processes]
    codes = [process.returncode for process in processes]
    assert sorted(codes) == [0, 4], said
    assert said[codes.index(4)].startswith(f"error: {PREDICTOR}: another process promotes it")
    assert "champion" in registry.aliases[codes.index(0) + 1]
    assert "champion" not in registry.aliases[codes.index(4) + 1]


SETTINGS = {
    "min_r_above_gene_mean": 0.05,
    "min_r_above_champion": -0.01,
    "max_loss_above_champion": 0.01,
    "max_deviation": 1e-4,
    "n_bootstrap": 200,
    "seed": 1,
}

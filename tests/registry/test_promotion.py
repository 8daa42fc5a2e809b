import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Timer

import mlflow
import pytest

from deepdep.errors import BusyError, GateNotMetError
from deepdep.registry import promotion as lock
from deepdep.registry.promotion import promote, rollback, sole_promotion
from deepdep.registry.versions import PREDICTOR, UnknownModelError
from deepdep.tracking.store import mlflow_client

AUTOENCODER = "deepdep-autoencoder-expression"

pytestmark = pytest.mark.usefixtures("in_this_process")


def test_the_first_challenger_needs_only_to_beat_the_gene_mean(registry, promote_settings):
    registry.add_predictor(0.3)
    result = promote(PREDICTOR, settings=promote_settings)
    assert (result.version, result.replaced) == (1, None)
    assert registry.aliases == {1: ("champion",)}
    assert str(result) == "deepdep-predictor version 1 is champion; before it, no version."


@pytest.mark.slow  # several versions
def test_better_is_promoted_rolled_back_and_promoted_again_and_worse_refused_with_figures(
    registry, promote_settings
):
    registry.add_predictor(0.4)
    promote(PREDICTOR, settings=promote_settings)
    registry.add_predictor(0.7)
    assert promote(PREDICTOR, settings=promote_settings).replaced == 1
    assert registry.aliases == {1: ("previous",), 2: ("champion",)}
    assert rollback(PREDICTOR).version == 1
    assert registry.aliases == {1: ("champion",), 2: ("challenger",)}
    promote(PREDICTOR, settings=promote_settings)
    assert registry.aliases == {1: ("previous",), 2: ("champion",)}
    registry.add_predictor(0.5)
    with pytest.raises(GateNotMetError) as refusal:
        promote(PREDICTOR, settings=promote_settings)
    assert refusal.value.exit_code == 3
    said = str(refusal.value)
    assert "version 3 may not be champion: not met: r above the champion (lower end): -0." in said
    assert "> -0.0100 (difference -0." in said
    assert "version 2, 40 genes, 60 lines" in said
    assert registry.aliases == {1: ("previous",), 2: ("champion",), 3: ("challenger",)}


def test_each_gate_is_told_with_its_figure(registry, promote_settings):
    registry.add_predictor(0.3)
    told = []
    promote(PREDICTOR, settings=promote_settings, on_gate=lambda gate: told.append(str(gate)))
    assert told[:4] == [
        "met: checks of the cohort that failed: 0 <= 0",
        "met: problems of its origin: 0 <= 0",
        "met: r above the gene mean (lower end): 0.2000 > 0.0500 "
        "(difference 0.3000, 95 % interval 0.2000 to 0.4000)",
        "met: r above the champion (lower end): there is no champion yet",
    ]
    assert told[4].startswith("met: deviation of its answers in a fresh process: ")
    assert len(told) == 5


def test_every_gate_that_is_not_met_is_named(registry, promote_settings):
    (registry.folder / "half-done.py").touch()
    registry.add_predictor(0.1)
    with pytest.raises(GateNotMetError) as refusal:
        promote(PREDICTOR, settings=promote_settings)
    assert str(refusal.value).count("not met: ") == 2
    assert registry.aliases == {1: ("challenger",)}


@pytest.mark.slow  # several versions
@pytest.mark.parametrize(("loss", "passes"), [(0.40, True), (0.505, True), (0.52, False)])
def test_an_autoencoder_is_judged_by_its_held_out_loss(registry, promote_settings, loss, passes):
    registry.add_encoder(0.5)
    promote(AUTOENCODER, settings=promote_settings)
    registry.add_encoder(loss)
    if passes:
        assert promote(AUTOENCODER, settings=promote_settings).version == 2
    else:
        with pytest.raises(GateNotMetError, match=r"0\.5200 <= 0\.5100"):
            promote(AUTOENCODER, settings=promote_settings)


def test_an_untrained_autoencoder_is_refused(registry, promote_settings):
    registry.add_encoder(None)
    with pytest.raises(GateNotMetError, match="was not measured"):
        promote(AUTOENCODER, settings=promote_settings)


@pytest.mark.slow  # several versions
def test_a_version_can_be_named_and_a_champion_promoted_again_changes_nothing(
    registry, promote_settings
):
    registry.add_predictor(0.3)
    registry.add_predictor(0.4)
    promote(PREDICTOR, 1, settings=promote_settings)
    assert registry.aliases == {1: ("champion",), 2: ("challenger",)}
    promote(PREDICTOR, 1, settings=promote_settings)
    assert registry.aliases == {1: ("champion",), 2: ("challenger",)}


@pytest.mark.slow  # several versions
def test_a_rollback_leaves_a_newer_challenger_alone(registry, promote_settings):
    for r in (0.3, 0.6):
        registry.add_predictor(r)
        promote(PREDICTOR, settings=promote_settings)
    registry.add_predictor(0.7)
    rollback(PREDICTOR)
    assert registry.aliases == {1: ("champion",), 2: (), 3: ("challenger",)}


def test_without_a_version_before_there_is_nothing_to_roll_back_to(registry, promote_settings):
    registry.add_predictor(0.3)
    promote(PREDICTOR, settings=promote_settings)
    with pytest.raises(UnknownModelError, match="no version or alias 'previous'"):
        rollback(PREDICTOR)
    assert registry.aliases == {1: ("champion",)}


@pytest.mark.slow  # several versions
def test_a_champion_that_is_moved_by_hand_while_gates_are_checked_stays(registry, promote_settings):
    for r in (0.3, 0.5, 0.6):
        registry.add_predictor(r)
    promote(PREDICTOR, 1, settings=promote_settings)

    def move(_):
        with mlflow_client() as client:
            client.set_registered_model_alias(PREDICTOR, "champion", "2")

    with pytest.raises(BusyError, match="its champion changed"):
        promote(PREDICTOR, settings=promote_settings, on_gate=move)
    assert registry.aliases == {1: (), 2: ("champion",), 3: ("challenger",)}


FIRST, LAST = f"{lock.CLAIM}.", f"{lock.CLAIM}z"  # as tags of others may sort
HOLD = """
import sys
from deepdep.registry.promotion import sole_promotion
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
        mlflow.MlflowClient().create_registered_model(PREDICTOR)
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

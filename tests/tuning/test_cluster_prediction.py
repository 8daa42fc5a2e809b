import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import dask
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from deepdep.data.standardized import StandardizedSamples
from deepdep.errors import DeepDEPError
from deepdep.tuning.cluster_prediction import CHUNK, ClusterPrediction, predict_chunk
from tuning_project import wait_for

N_SAMPLES = 2 * CHUNK + 77  # the last chunk is cut short

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def samples(prepared_cohort):
    """The cohort's lines again and again, each time a little different; half lack an omic."""
    rng = np.random.default_rng(0)
    tables = {}
    for position, (omic, of_omic) in enumerate(prepared_cohort.omics.items()):
        rows = of_omic.cell_lines.iloc[np.arange(N_SAMPLES) % len(of_omic.cell_lines)]
        noisy = rows + rng.normal(0, 0.1, rows.shape)
        named = noisy.set_axis([f"S{i}" for i in range(N_SAMPLES)]).astype(np.float32)
        tables[omic] = named if position else named.iloc[::2]
    return StandardizedSamples.named(tables, [f"S{i}" for i in range(N_SAMPLES)])


@pytest.fixture(scope="module")
def genes(predictor):
    return [*predictor.gene_scale.screened.index, "NOWHERE"]


@pytest.fixture(scope="module")
def expected(samples, genes, predictor):
    return predictor.predict(samples, genes).effect


@pytest.fixture
def cluster():
    """Two worker processes, as `dask worker` starts them."""
    options = {"host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, **options) as cluster:
        yield cluster


def test_a_cluster_predicts_the_same_bits(
    cluster, samples, genes, predictor, predictor_folder, expected
):
    told = []
    predict = ClusterPrediction(cluster.scheduler_address, predictor_folder)
    predicted = predict(samples, genes, lambda *counts: told.append(counts))
    pd.testing.assert_frame_equal(predicted, expected, check_exact=True)
    assert predicted.to_numpy().tobytes() == expected.to_numpy().tobytes()
    assert told[0] == (0, N_SAMPLES)
    assert told[-1] == (N_SAMPLES, N_SAMPLES)
    assert len(told) == 4  # and once for each chunk


def test_the_chunk_of_a_killed_worker_is_computed_again(
    cluster, samples, genes, predictor, predictor_folder, expected
):
    killed = []

    def kill_one(n_done, n_all):
        """The first chunk is done, and others are under way."""
        if n_done and not killed:
            with Client(cluster, set_as_default=False) as client:
                at_work = [worker for worker, chunks in client.processing().items() if chunks]
                killed.append(client.run(os.getpid)[at_work[0]])
            os.kill(killed[0], signal.SIGKILL)

    predict = ClusterPrediction(cluster.scheduler_address, predictor_folder)
    predicted = predict(samples, genes, kill_one)
    assert len(killed) == 1
    pd.testing.assert_frame_equal(predicted, expected, check_exact=True)


def test_a_worker_that_does_not_see_the_model_or_sees_another_says_so(
    cluster, samples, genes, predictor, predictor_folder, tmp_path
):
    some = replace(samples, obs=samples.obs.iloc[:3])
    with Client(cluster, set_as_default=False) as client:
        for model, identity, said in (
            (str(tmp_path / "absent"), "ab12", "a worker does not see this folder"),
            (str(predictor_folder), "ab12", "a worker sees another model"),
        ):
            future = client.submit(predict_chunk, model, identity, some, genes)
            with pytest.raises(DeepDEPError, match=said) as raised:
                future.result()
            assert "\n" not in str(raised.value)


def test_a_command_writes_the_same_file_with_and_without_a_cluster(
    cluster, cohort, predictor_folder, tmp_path, monkeypatch
):
    from deepdep.cli.predict import predict
    from deepdep.io.containers import write_samples

    write_samples(replace(cohort.cell_lines, supplements={}), tmp_path / "lines.h5mu")
    here, there = tmp_path / "here.h5ad", tmp_path / "there.h5ad"
    predict(str(predictor_folder), tmp_path / "lines.h5mu", here)
    predict(
        str(predictor_folder), tmp_path / "lines.h5mu", there, scheduler=cluster.scheduler_address
    )
    assert here.read_bytes() == there.read_bytes()


def test_a_scheduler_that_is_not_there_is_one_line(samples, genes, predictor_folder, monkeypatch):
    monkeypatch.setattr("deepdep.tuning.workers.SECONDS_TO_ANSWER", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense", "udp://127.0.0.1:9"):
        predict = ClusterPrediction(address, predictor_folder)
        with pytest.raises(DeepDEPError, match="no Dask scheduler answers there") as raised:
            predict(samples, genes)
        assert raised.value.exit_code == 2
        assert address in str(raised.value)


def test_a_scheduler_without_workers_is_one_line(samples, genes, predictor_folder, monkeypatch):
    monkeypatch.setattr("deepdep.tuning.cluster_prediction.SECONDS_FOR_A_WORKER", 1)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty:
        predict = ClusterPrediction(empty.scheduler_address, predictor_folder)
        with pytest.raises(DeepDEPError, match="has no worker"):
            predict(samples, genes)


DASK = "from distributed.cli.dask_{0} import main; main()"


def test_a_scheduler_that_dies_in_the_middle_is_one_line(
    samples, genes, predictor_folder, tmp_path, monkeypatch
):
    file = tmp_path / "scheduler.json"
    here = ["--no-dashboard", "--scheduler-file", str(file)]
    commands = [
        [sys.executable, "-c", DASK.format("scheduler"), "--port", "0", *here],
        [sys.executable, "-c", DASK.format("worker"), "--no-nanny", *here],
    ]
    scheduler, worker = (subprocess.Popen(c, stderr=subprocess.DEVNULL) for c in commands)

    def kill(n_done, n_all):
        """Before the first chunk is sent, when all are connected."""
        scheduler.kill()

    try:
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        address = json.loads(file.read_text())["address"]
        with (
            dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
            pytest.raises(DeepDEPError, match="the scheduler was lost") as raised,
        ):
            ClusterPrediction(address, predictor_folder)(samples, genes, kill)
    finally:
        scheduler.kill()
        worker.kill()
    assert "\n" not in str(raised.value)

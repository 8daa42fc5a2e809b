"""A real `deepdep serve` process, asked by eight clients at once, and by one.

The model has DeepDEP's full size and every part of the default predictor: 24,632 features, 1,298
genes, three networks and a closed form. A request is one tumour, all four omics, all genes.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from deepdep.domain.omics import Omic
from deepdep.models import TrainedPredictor, save_predictor
from full_size.cohort import N_FEATURES, N_GENES
from full_size.machine import peak_gflops
from full_size.model import full_size_predictor
from full_size.own_process import in_own_process
from full_size.published import SEED

SERVE = (sys.executable, "-c", "from deepdep.cli import main; main()", "serve", "--port", "0")
MUTATED = 0.05  # of a tumour's genes
N_BODIES = 16  # different tumours, asked for in turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--alone", type=int, default=100, help="requests of one client")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        # In a process of its own, so that this one does not hold TensorFlow beside the server.
        in_own_process(save_full_size, str(folder))
        bodies = make_bodies(folder)
        with server(folder) as (process, port, start_s):
            before = cpu_seconds(process)
            started = time.perf_counter()
            alone = [ms for ms, _ in ask(port, bodies, args.alone)]
            alone_per_s = args.alone / (time.perf_counter() - started)
            alone_cpu = cpu_seconds(process) - before
            started = time.perf_counter()
            shares = [len(part) for part in np.array_split(range(args.requests), args.clients)]
            with ThreadPoolExecutor(args.clients) as clients:
                answers = list(clients.map(lambda n: list(ask(port, bodies, n)), shares))
            taken = time.perf_counter() - started
    together = [ms for of_client in answers for ms, _ in of_client]
    n_errors = sum(status != 200 for of_client in answers for _, status in of_client)
    figures = {
        "benchmark": "serve",
        "n_requests": len(together),
        "n_errors": n_errors,
        "n_clients": args.clients,
        "p50_ms": percentile(together, 50),
        "p99_ms": percentile(together, 99),
        "requests_per_s": round(len(together) / taken, 1),
        "alone_per_s": round(alone_per_s, 1),
        "times_one_client": round(len(together) / taken / alone_per_s, 2),
        "alone_p50_ms": percentile(alone, 50),
        "alone_p99_ms": percentile(alone, 99),
        "alone_cpu_ms": round(1000 * alone_cpu / args.alone, 1),
        "start_s": round(start_s, 1),
        "request_kb": len(bodies[0]) >> 10,
        "n_features": sum(N_FEATURES.values()),
        "n_genes": N_GENES,
        "peak_gflops": round(peak_gflops(), 1),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures))
    sys.exit(n_errors > 0)


def save_full_size(folder: str) -> dict:
    predictor: TrainedPredictor = full_size_predictor(SEED)
    save_predictor(predictor, pd.DataFrame({"epoch": []}), Path(folder))
    return {}


def make_bodies(folder: Path) -> list[bytes]:
    """Tumours of any values that their omics may have, with the names that the model knows."""
    rng = np.random.default_rng(SEED)
    features = {o: pd.read_csv(folder / f"features_{o}.csv")["feature"] for o in N_FEATURES}
    columns = [f"{omic}:{name}" for omic, names in features.items() for name in names]
    bodies = []
    for number in range(N_BODIES):
        values = {omic: rng.random(len(names)).round(4) for omic, names in features.items()}
        values[Omic.MUTATION] = (values[Omic.MUTATION] < MUTATED).astype(int)
        row = [cell for of_omic in values.values() for cell in of_omic.tolist()]
        inputs = {"samples": [f"TCGA-{number:02}"], "columns": columns, "values": [row]}
        bodies.append(json.dumps({"inputs": inputs}).encode())
    return bodies


@contextmanager
def server(folder: Path) -> Iterator[tuple[psutil.Process, int, float]]:
    """Start the server; yield it, its port, and the seconds it took until it served."""
    started = time.perf_counter()
    command = [*SERVE, "--model", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        line = next((line for line in process.stderr or () if line.startswith("serving ")), "")
        found = re.search(r":(\d+)$", line.strip())
        if found is None:
            raise RuntimeError("the server did not start")
        try:
            yield psutil.Process(process.pid), int(found[1]), time.perf_counter() - started
        finally:
            process.terminate()


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time so far, which tells more than a clock where others use the machine too."""
    times = process.cpu_times()
    return times.user + times.system


def ask(port: int, bodies: list[bytes], n_requests: int) -> Iterator[tuple[float, int]]:
    """Send requests one after the other over one connection; yield milliseconds and status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    for number in range(n_requests):
        start = time.perf_counter()
        connection.request("POST", "/invocations", bodies[number % len(bodies)], headers)
        answer = connection.getresponse()
        answer.read()
        yield 1000 * (time.perf_counter() - start), answer.status
    connection.close()


def percentile(milliseconds: list[float], share: int) -> float:
    return round(float(np.percentile(milliseconds, share)), 1)


if __name__ == "__main__":
    main()

"""Memory and times of ``deepdep explore`` over 9,000 tumours, 1,100 lines and 17,900 genes.

``python benchmarks/explore.py [--factor F]``; a factor below 1 shrinks every side. The files are
made up, in the format that the stages write, and removed in the end. Prints one JSON line: seconds
until the server is ready, its memory then and at its peak; seconds of the first and of the slowest
of five further answers to everything that a view asks for, and of the processor for one of them;
and, where there is a Chromium, seconds from a pick to the drawn view.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import anndata
import numpy as np
import pandas as pd
import psutil
from selenium.webdriver.remote.webdriver import WebDriver

from deepdep.io.matrices import (
    ROWS_PER_CHUNK,
    RowBlock,
    write_anndata_in_blocks,
    write_matrix,
)
from pipeline_runs.browser import CHROMIUM, DRIVER, browser

N_TUMORS, N_LINES, N_GENES, N_ALTERATIONS, N_LINEAGES = 9_000, 1_100, 17_900, 300, 30
N_MORE = 5  # names that each view is asked for, beside the first
MEGABYTE = 1 << 20


def write_project(folder: Path, factor: float) -> dict[str, int]:
    """Write what ``deepdep explore`` reads; effects are noise around a gene's mean."""
    rng = np.random.default_rng(0)
    sizes = {
        "n_tumors": int(N_TUMORS * factor),
        "n_lines": int(N_LINES * factor),
        "n_genes": int(N_GENES * factor),
        "n_alterations": max(int(N_ALTERATIONS * factor), 1),
    }
    genes = [f"GENE{k}" for k in range(sizes["n_genes"])]
    mean, sd = rng.choice([-1.0, -0.2, 0.0], len(genes)), rng.uniform(0.05, 0.4, len(genes))
    lines = [f"ACH-{k:06d}" for k in range(sizes["n_lines"])]
    of_genes = {"mean": mean, "sd": sd, "half_width": 1.6 * sd, "trusted": sd > 0.1, "cv_r": sd}
    for name, samples in (
        ("tumors", [f"TCGA-{k:05d}" for k in range(sizes["n_tumors"])]),
        ("cell_lines", lines),
    ):
        obs = pd.DataFrame(index=samples)
        obs["lineage"] = [f"lineage {k % N_LINEAGES}" for k in range(len(samples))]
        obs["distance"] = rng.uniform(0.1, 0.9, len(samples))
        obs["distance_rank"] = rng.random(len(samples))
        obs["interval_factor"] = 1.0
        for k in range(1, 6):
            obs[f"nearest_line_{k}"] = rng.choice(lines, len(samples))
        about = anndata.AnnData(
            obs=obs,
            var=pd.DataFrame(of_genes, index=genes),
            obsm={"X_code": rng.standard_normal((len(samples), 256), np.float32)},
            uns={"kind": "gene_effect"},
        )
        (folder / "predictions").mkdir(exist_ok=True)
        target = folder / "predictions" / f"{name}.h5ad"
        write_anndata_in_blocks(about, effects(rng, mean, sd, len(samples), name), target)
        features = folder / "prepared" / "expression"
        features.mkdir(parents=True, exist_ok=True)
        values = rng.standard_normal((len(samples), len(genes)), np.float32).round(2)
        write_matrix(pd.DataFrame(values, samples, genes), features / f"{name}.h5ad")
    n_pairs = sizes["n_alterations"] * len(genes)
    alterations = [f"DRIVER{k} mutation" for k in range(sizes["n_alterations"])]
    z = rng.standard_normal(n_pairs)
    pairs = pd.DataFrame(
        {
            "alteration": np.repeat(alterations, len(genes)),
            "table": "mutation",
            "gene": np.tile(genes, len(alterations)),
            "n_carriers": 20,
            "difference": z / 10,
            "z": z,
            "p": rng.random(n_pairs),
            "q_standing": 1.0,
            "explained_by": "",
            "in_silico_cell_lines": z / 100,
            "in_silico_tumors": z / 100,
            "rank": rng.permutation(n_pairs) + 1,
        }
    ).sort_values("rank")
    pairs.to_parquet(folder / "predictions" / "synthetic_lethality.parquet", index=False)
    return sizes | {"n_pairs": n_pairs}


def effects(
    rng: np.random.Generator, mean: np.ndarray, sd: np.ndarray, n_samples: int, name: str
) -> Iterator[RowBlock]:
    """Yield predicted effects, calls and, of lines, measured effects."""
    for start in range(0, n_samples, ROWS_PER_CHUNK):
        rows = slice(start, min(start + ROWS_PER_CHUNK, n_samples))
        shape = rows.stop - start, len(mean)
        predicted = (rng.standard_normal(shape) * sd + mean).astype(np.float32)
        yield RowBlock("X", rows, predicted)
        yield RowBlock("layers/call", rows, (predicted < mean - 2 * sd).astype(np.int8))
        if name == "cell_lines":
            measured = predicted + rng.standard_normal(shape, np.float32) / 5
            yield RowBlock("layers/measured", rows, measured)


@contextmanager
def served(project: Path) -> Iterator[tuple[str, int, float]]:
    """Start the command; yield its address, its process and the seconds until it was ready."""
    command = [sys.executable, "-c", "from deepdep.cli import main; main()", "explore"]
    command += ["--project", str(project), "--port", "0", "--json"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(process.stdout.readline())["address"]
        yield address, process.pid, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def memory_mb(pid: int, of: str) -> float:
    """Return what Linux says of a process: ``VmRSS`` now, ``VmHWM`` at its peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(int(next(line for line in lines if line.startswith(of)).split()[1]) / 1024)


def asked(address: str, what: str, **parameters: str) -> int:
    """Ask for one answer; return how many bytes it has."""
    with urlopen(f"{address}/data/{what}?{urlencode(parameters)}") as answer:
        return len(answer.read())


def requests_of_view(view: str, k: int, sizes: dict[str, int]) -> list[tuple[str, dict[str, str]]]:
    """Return all that a view asks for, the ``k``-th of its names spread over all."""
    gene = f"GENE{(k * 7_919) % sizes['n_genes']}"
    sample = f"TCGA-{(k * 4_409) % sizes['n_tumors']:05d}"
    return {
        "tumor": [
            ("sample", {"source": "tumors", "name": sample}),
            ("causes", {"sample": sample}),
            ("gene", {"name": gene}),
        ],
        "gene": [("gene", {"name": gene}), ("pairs_of", {"gene": gene})],
        "alteration": [("alteration", {"name": f"DRIVER{k % sizes['n_alterations']} mutation"})],
        "lineage": [("lineage", {"name": f"lineage {k}"})],
        "map": [("gene", {"name": gene})],
        "features": [("feature", {"table": "expression", "name": gene}), ("gene", {"name": gene})],
    }[view]


def states_of_view(view: str, k: int, sizes: dict[str, int]) -> dict[str, str]:
    """Return what stands in the address of the page, likewise."""
    gene = f"GENE{(k * 7_919) % sizes['n_genes']}"
    sample = f"TCGA-{(k * 4_409) % sizes['n_tumors']:05d}"
    return {"view": view} | {
        "tumor": {"sample": sample},
        "gene": {"gene": gene},
        "alteration": {"alteration": f"DRIVER{k % sizes['n_alterations']} mutation"},
        "lineage": {"lineage": f"lineage {k}"},
        "map": {"color": "gene", "gene": gene},
        "features": {"x": f"expression:{gene}", "y": f"effect:{gene}"},
    }[view]


VIEWS = ("tumor", "gene", "alteration", "lineage", "map", "features")


def timed_answers(address: str, pid: int, sizes: dict[str, int]) -> dict[str, list[float]]:
    """Return seconds of the first answer, of the slowest further one and of the processor for one.

    The last is a mean over all, of the server, whatever else runs on the machine.
    """
    found = {}
    server = psutil.Process(pid)
    for view in VIEWS:
        seconds, worked = [], sum(server.cpu_times()[:2])
        for k in range(1 + N_MORE):
            begun = time.perf_counter()
            for what, parameters in requests_of_view(view, k, sizes):
                asked(address, what, **parameters)
            seconds.append(time.perf_counter() - begun)
        worked = (sum(server.cpu_times()[:2]) - worked) / len(seconds)
        found[view] = [round(t, 2) for t in (seconds[0], max(seconds[1:]), worked)]
    return found


def drawn(page: WebDriver, state: dict[str, str]) -> float:
    """Return seconds until a view is drawn."""
    begun = time.perf_counter()
    page.execute_script("location.hash = arguments[0]", urlencode(state))
    shown = """const answer = document.getElementById('answer');
    return answer?.getAttribute('aria-busy') === 'false'
        && answer.dataset.shown === location.hash"""
    while not page.execute_script(shown):
        time.sleep(0.02)
    return time.perf_counter() - begun


def timed_page(address: str, sizes: dict[str, int]) -> dict[str, list[float]]:
    """Return seconds until views are drawn in a browser, as ``timed_answers`` does."""
    found = {}
    with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as page:
        begun = time.perf_counter()
        page.get(f"{address}/#view=quality")
        drawn(page, {"view": "quality"})
        found["opened"] = [round(time.perf_counter() - begun, 2)]
        for view in VIEWS:
            seconds = [drawn(page, states_of_view(view, k, sizes)) for k in range(1 + N_MORE)]
            found[view] = [round(seconds[0], 2), round(max(seconds[1:]), 2)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factor", type=float, default=1.0)
    factor = parser.parse_args().factor
    with tempfile.TemporaryDirectory() as place:
        project = Path(place)
        sizes = write_project(project, factor)
        n_bytes = sum(f.stat().st_size for f in project.rglob("*") if f.is_file())
        with served(project) as (address, pid, seconds):
            found = {
                **sizes,
                "files_mb": round(n_bytes / MEGABYTE),
                "ready_s": round(seconds, 1),
                "ready_processor_s": round(sum(psutil.Process(pid).cpu_times()[:2]), 1),
                "ready_mb": memory_mb(pid, "VmRSS"),
                "overview_mb": round(asked(address, "overview") / MEGABYTE, 1),
                "answers_s": timed_answers(address, pid, sizes),
            }
            if CHROMIUM and DRIVER:
                found["drawn_s"] = timed_page(address, sizes)
            found["peak_mb"] = memory_mb(pid, "VmHWM")
    print(json.dumps(found))


if __name__ == "__main__":
    main()

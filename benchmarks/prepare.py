"""What Prep4DeepDEP does, done here: its three lines, and 278 lines made of them.

Its tables and lists stay where they are: ../shared/peers, or where DEEPDEP_PEER_DATA says. It is
not run itself: 43 s is what the README there says it took for the three lines on two cores.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from deepdep.data.importing import write_import
from deepdep.domain.fingerprints import Fingerprints
from deepdep.domain.notes import Notes
from deepdep.sources.feature_lists import Fills, read_feature_lists
from deepdep.sources.importing import ImportRequest
from pipeline_runs.project import ROOT

PEERS = Path(os.environ.get("DEEPDEP_PEER_DATA", ROOT.parent / "shared" / "peers"))
EXAMPLE = PEERS / "prep4deepdep" / "input"
LISTS = PEERS / "prep4deepdep" / "reference"
PEER_SECONDS = 43.0

LINES = ("CCL_A", "CCL_B", "CCL_C")  # of the example

N_RUNS = 11
N_LINES = 278  # DeepDEP learned from as many
SEED = 1

# Runs a command from a small process: what a process inherits counts as its peak.
LAUNCHER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - started
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"seconds": round(seconds, 2), "peak_rss_gib": round(kib / 1024**2, 2)}))
"""


def in_this_process(folder: Path) -> dict:
    """Time tables to four filled omics and 1,298 fingerprints, and the writing of the cohort."""
    request = ImportRequest("prep4deepdep", EXAMPLE, feature_lists=LISTS, fills=Fills.PUBLISHED)
    genes = read_feature_lists(LISTS).genes_of_interest or ()
    preparing, writing = [], []
    for run in range(N_RUNS + 1):
        started = time.perf_counter()
        notes = Notes()
        part = request.read(notes)
        Fingerprints.of_genes(genes, part.gene_sets or {}).dense()
        prepared = time.perf_counter()
        write_import(part, notes, folder / f"cohort_{run}")
        preparing.append(prepared - started)
        writing.append(time.perf_counter() - prepared)
    # The first run also imports what is imported on first use.
    return {
        **compared(preparing[1:]),
        "seconds_writing": round(min(writing[1:]), 3),
    }


def as_process(tables: Path, target: Path) -> dict:
    """Run the import as a user does, start included."""
    deepdep = Path(sys.executable).with_name("deepdep")
    options = ["--feature-lists", LISTS, "--fills", "published", "--to", target]
    command = [*map(str, (deepdep, "import", "prep4deepdep", tables, *options))]
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def fresh_process(folder: Path) -> dict:
    """Time a whole process, several times."""
    seconds = [as_process(EXAMPLE, folder / f"own_{run}")["seconds"] for run in range(N_RUNS)]
    return compared(seconds)


def compared(seconds: list[float]) -> dict:
    """Return the fastest of several runs, and their median, beside the published tool's time.

    What else a machine does only adds to a run: on a busy one the fastest tells more.
    """
    fastest, median = min(seconds), statistics.median(seconds)
    return {
        "seconds": round(fastest, 3),
        "times_faster": round(PEER_SECONDS / fastest, 1),
        "median_seconds": round(median, 3),
        "median_times_faster": round(PEER_SECONDS / median, 1),
    }


def many_lines(folder: Path) -> dict:
    """Repeat the example's lines with small changes until there are 278, and import them."""
    tables = folder / "many"
    tables.mkdir()
    rng = np.random.default_rng(SEED)
    n_bytes = 0
    for path in sorted(EXAMPLE.glob("*.txt.gz")):
        repeated = _repeated(path, rng)
        if repeated is not None:
            target = tables / path.name.removesuffix(".gz")
            csv.write_csv(repeated, target, csv.WriteOptions(delimiter="\t", quoting_style="none"))
            n_bytes += target.stat().st_size
    took = as_process(tables, folder / "many_cohort")
    return {"cell_lines": N_LINES, "mb_of_text": round(n_bytes / 1e6), **took}


def _repeated(path: Path, rng: np.random.Generator) -> pa.Table | None:
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=dict.fromkeys(LINES, "NA"))
    if table.shape[1] == 1:
        return None  # genes of interest
    if "CCLE_name" in table:
        return _repeated_segments(table, rng)
    lines = table.columns[1:]
    columns = {table.columns[0]: pa.array(table.iloc[:, 0])}
    for k in range(N_LINES):
        values = table[lines[k % len(lines)]].to_numpy(float)
        columns[f"LINE_{k:03d}"] = pa.array(_perturbed(values, rng), from_pandas=True)
    return pa.table(columns)


def _perturbed(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change each number a little; mutations in one gene of a hundred; ranges stay."""
    low, high = np.nanmin(values), np.nanmax(values)
    if np.isin(values, (0, 1)).all():
        return np.where(rng.random(len(values)) < 0.01, 1 - values, values).astype(np.int8)
    return (values + rng.normal(0, 0.02, len(values))).clip(low, high).round(4)


def _repeated_segments(table: pd.DataFrame, rng: np.random.Generator) -> pa.Table:
    of_line = [segments for _, segments in table.groupby("CCLE_name")]
    repeated = pd.concat(
        [of_line[k % len(of_line)].assign(CCLE_name=f"LINE_{k:03d}") for k in range(N_LINES)]
    )
    shifted = repeated["Segment_Mean"] + rng.normal(0, 0.02, len(repeated))
    return pa.Table.from_pandas(
        repeated.assign(Segment_Mean=shifted.round(4)), preserve_index=False
    )


if __name__ == "__main__":
    if not EXAMPLE.exists():
        figures: dict = {"skipped": f"there is no {EXAMPLE}"}
    else:
        with tempfile.TemporaryDirectory() as scratch:
            figures = {
                "prep4deepdep_seconds": PEER_SECONDS,
                "in_process": in_this_process(Path(scratch)),
                "fresh_process": fresh_process(Path(scratch)),
                "many_lines": many_lines(Path(scratch)),
            }
    print(json.dumps({"benchmark": "prepare", **figures}))

"""Copy-number segments to bins: 1,000 samples, all 309,000 bins of 10 kb on hg38.

The same bins are made of a few of the samples with bioframe, so that machines compare. Reading the
segments from a file is timed apart.
"""

import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import bioframe
import numpy as np
import pandas as pd

from deepdep.domain.genome import CHROMOSOME_LENGTHS, CHROMOSOMES, Assembly, Bins, Segments
from deepdep.domain.notes import Notes
from deepdep.sources.segments import read_segments

N_SAMPLES = 1_000
SEGMENTS_PER_CHROMOSOME = 25  # 600 per sample, as whole genomes have
BIN_WIDTH = 10_000
N_SAMPLES_OF_BIOFRAME = 5
ASSEMBLY = Assembly.HG38
SEED = 1

Result = TypeVar("Result")


def run_binning(folder: Path) -> dict:
    """Time the reading and the binning of simulated segments."""
    simulated = simulated_segments(np.random.default_rng(SEED))
    file = folder / "segments.tsv"
    as_file(simulated).to_csv(file, sep="\t", index=False)
    segments, reading = timed(lambda: read_segments(file, ASSEMBLY, notes=Notes()))
    bins, naming = timed(lambda: Bins.uniform(BIN_WIDTH, ASSEMBLY, CHROMOSOMES))
    binned, binning = timed(lambda: segments.binned(bins))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # from KiB
    few = list(binned.index[:N_SAMPLES_OF_BIOFRAME])
    expected, with_bioframe = timed(lambda: binned_with_bioframe(segments.table, bins, few))
    per_sample = binning / len(binned)
    return {
        "samples": len(binned),
        "segments": len(segments.table),
        "bins": binned.shape[1],
        "seconds": round(binning, 2),
        "seconds_reading": round(reading, 2),
        "seconds_naming_bins": round(naming, 2),
        "peak_rss_gib": round(peak, 2),
        "bioframe_seconds_per_sample": round(with_bioframe / len(few), 3),
        "times_faster_than_bioframe": round(with_bioframe / len(few) / per_sample, 1),
        "largest_difference": float(np.nanmax(np.abs(binned.loc[few].to_numpy() - expected))),
    }


def simulated_segments(rng: np.random.Generator) -> Segments:
    """Cut every chromosome of every sample at random, without gaps."""
    shape = (N_SAMPLES, SEGMENTS_PER_CHROMOSOME - 1)
    parts = []
    for chromosome, length in CHROMOSOME_LENGTHS[ASSEMBLY].items():
        cuts = np.sort(rng.integers(1, length, size=shape), axis=1)
        edges = np.pad(cuts, ((0, 0), (1, 1)))
        edges[:, -1] = length
        sample = np.repeat([f"S{row:04d}" for row in range(N_SAMPLES)], SEGMENTS_PER_CHROMOSOME)
        places = {"start": edges[:, :-1].ravel(), "end": edges[:, 1:].ravel()}
        parts.append(pd.DataFrame({"sample": sample, "chromosome": chromosome, **places}))
    table = pd.concat(parts, ignore_index=True)
    table = table[table["start"] < table["end"]]
    return Segments(table.assign(value=rng.normal(scale=0.5, size=len(table))), ASSEMBLY)


def as_file(segments: Segments) -> pd.DataFrame:
    """Lay segments out as a SEG file, which counts from 1."""
    table = segments.table.assign(start=segments.table["start"] + 1, probes=1)
    columns = ["sample", "chromosome", "start", "end", "probes", "value"]
    names = ["ID", "chrom", "loc.start", "loc.end", "num.mark", "seg.mean"]
    return table[columns].set_axis(names, axis=1).round({"seg.mean": 4})


def binned_with_bioframe(table: pd.DataFrame, bins: Bins, samples: list[str]) -> np.ndarray:
    """Mean over the covered part of each bin, shape (sample, bin), sample by sample."""
    of_bins = bins.table.rename(columns={"chromosome": "chrom"})[["chrom", "start", "end"]]
    return np.vstack([_bioframe_means(table[table["sample"] == name], of_bins) for name in samples])


def _bioframe_means(segments: pd.DataFrame, bins: pd.DataFrame) -> np.ndarray:
    of_segments = segments.rename(columns={"chromosome": "chrom"})
    pairs = bioframe.overlap(
        bins, of_segments, return_index=True, return_overlap=True, suffixes=("", "_")
    )
    overlap = (pairs["overlap_end"] - pairs["overlap_start"]).to_numpy(float)
    which = pairs["index"].to_numpy(int)
    total = np.bincount(which, overlap * pairs["value_"].to_numpy(float), len(bins))
    return total / np.bincount(which, overlap, len(bins))


def timed(make: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = make()
    return result, time.perf_counter() - started


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        figures = run_binning(Path(scratch))
    print(json.dumps({"benchmark": "binning", **figures}))

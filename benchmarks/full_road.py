"""`dvc repro` from data to report on a cohort of DepMap's size, or a part of it, on two cores.

``--factor`` cuts the numbers of tumours, cell lines, genes and features of `deepdep simulate
--size depmap`; gene sets stay 3,400. Nothing else differs from a fresh copy of the project, tuning
by six trials included. Of each stage it tells the time by the clock, the processor time and the
resident memory at its highest, of all its processes together, looked at twice a second.
"""

import argparse
import json
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

from deepdep.domain.omics import Omic
from deepdep.simulation.settings import DEPMAP
from full_size.machine import peak_gflops
from pipeline_runs.figures import pipeline_figures
from pipeline_runs.project import copy_project

SECONDS_BETWEEN_LOOKS = 0.5


class StageWatch:
    """Looks at the processes that this one has started, while the body runs."""

    def __init__(self) -> None:
        self._stage = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._peak: dict[str, int] = defaultdict(int)  # bytes
        # Processor time of each process, by stage and number, as it was seen last.
        self._used: dict[str, dict[int, float]] = defaultdict(dict)

    def __enter__(self) -> "StageWatch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def begins(self, stage: str) -> None:
        """Count what is seen from now on for this stage."""
        self._stage = stage

    def figures(self) -> dict[str, dict[str, float]]:
        """Return processor time and peak memory by stage."""
        return {
            stage: {
                "processor_seconds": round(sum(self._used[stage].values()), 1),
                "peak_gib": round(peak / 1024**3, 2),
            }
            for stage, peak in self._peak.items()
            if stage
        }

    def _look_on(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            stage, resident = self._stage, 0
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    if process.name().startswith("dvc"):
                        continue
                    resident += process.memory_info().rss
                    times = process.cpu_times()
                    self._used[stage][process.pid] = times.user + times.system
            self._peak[stage] = max(self._peak[stage], resident)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=float, default=1.0)
    parser.add_argument("--target", default="report", help="the last stage")
    args = parser.parse_args()
    sizes = {
        "tumors": round(DEPMAP.n_tumors * args.factor),
        "cell-lines": round(DEPMAP.n_cell_lines * args.factor),
        "genes": round(DEPMAP.n_genes * args.factor),
        "features": round(DEPMAP.n_features[Omic.EXPRESSION] * args.factor),
    }
    with tempfile.TemporaryDirectory() as scratch, StageWatch() as watch:
        project = copy_project(Path(scratch) / "deepdep")
        (project.folder / "data.dvc").unlink()
        of_sizes = [word for name, n in sizes.items() for word in (f"--{name}", str(n))]
        started = time.monotonic()
        project.must("deepdep", "simulate", "--size", "depmap", *of_sizes, "--to", "data")
        simulated = time.monotonic() - started
        reproduction = project.repro(args.target, on_stage=watch.begins)
        if reproduction.returncode:
            raise RuntimeError(reproduction.output)
        figures = pipeline_figures(project, reproduction)
    of_stages, clock = watch.figures(), figures.pop("stages")
    print(
        json.dumps(
            {
                "benchmark": "full_road",
                "factor": args.factor,
                **sizes,
                "simulate_seconds": round(simulated, 1),
                **figures,
                "processor_seconds": round(
                    sum(of["processor_seconds"] for of in of_stages.values()), 1
                ),
                "peak_gib": max(of["peak_gib"] for of in of_stages.values()),
                "stages": {stage: of | of_stages.get(stage, {}) for stage, of in clock.items()},
                "peak_gflops": round(peak_gflops(), 1),  # of the machine, which times depend on
            }
        )
    )


if __name__ == "__main__":
    main()

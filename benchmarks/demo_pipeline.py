"""The pipeline on the demo cohort, in a fresh copy: `dvc repro` by stage, and what came out."""

import json
import tempfile
from pathlib import Path

from full_size.machine import peak_gflops
from pipeline_runs.figures import pipeline_figures
from pipeline_runs.project import copy_with_demo_cohort


def run_demo_pipeline(folder: Path) -> dict:
    """Run the pipeline in a new folder and return its figures."""
    project = copy_with_demo_cohort(folder)
    reproduction = project.repro()
    if reproduction.returncode:
        raise RuntimeError(reproduction.output)
    return pipeline_figures(project, reproduction)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        figures = run_demo_pipeline(Path(scratch) / "deepdep")
    speed = {"peak_gflops": round(peak_gflops(), 1)}  # of the machine, which times depend on
    print(json.dumps({"benchmark": "demo_pipeline", **figures, **speed}))

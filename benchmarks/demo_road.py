"""The whole road on the demo cohort, in a fresh copy: `dvc repro` by stage, and what came out."""

import json
import tempfile
from pathlib import Path

from roads.figures import road_figures
from roads.project import copy_with_demo_cohort


def run_demo_road(folder: Path) -> dict:
    """Run the road in a new folder and return its figures."""
    project = copy_with_demo_cohort(folder)
    reproduction = project.repro()
    if reproduction.returncode:
        raise RuntimeError(reproduction.output)
    return road_figures(project, reproduction)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        figures = run_demo_road(Path(scratch) / "deepdep")
    print(json.dumps({"benchmark": "demo_road", **figures}))

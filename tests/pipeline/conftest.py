"""Whole projects to run the road in: copies, with a git, a DVC cache and an MLflow of their own."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from roads.project import Project, Reproduction

# The benchmarks run the same roads; what makes and runs a copy is theirs.
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))


@dataclass(frozen=True)
class Road:
    """A project in which the road was run once, and what that run printed."""

    project: "Project"
    reproduction: "Reproduction"

    @property
    def folder(self) -> Path:
        return self.project.folder


@pytest.fixture(scope="session")
def road(tmp_path_factory) -> Road:
    """A fresh copy of the project with the demo cohort, after ``dvc repro``; no test changes it."""
    from roads.project import copy_with_demo_cohort  # found by the path above

    project = copy_with_demo_cohort(tmp_path_factory.mktemp("road") / "deepdep")
    return Road(project, project.repro())

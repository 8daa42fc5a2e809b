"""Whole projects to run the road in: copies, with a git, a DVC cache and an MLflow of their own."""

import sys
from pathlib import Path

# The benchmarks run the same roads; what makes and runs a copy is theirs.
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

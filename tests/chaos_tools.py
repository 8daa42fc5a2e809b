"""What disturbs the project's processes: see ``chaos/shim/sitecustomize.py``."""

import os
from pathlib import Path

import pytest

SHIM = Path(__file__).parent / "chaos" / "shim"


def disturbed(environment: dict[str, str], **how: object) -> dict[str, str]:
    """Return an environment in which every Python process reads the shim."""
    paths = os.pathsep.join(filter(None, [str(SHIM), environment.get("PYTHONPATH", "")]))
    return environment | {"PYTHONPATH": paths} | {name: str(value) for name, value in how.items()}


def disturbance(*values: object, name: str, is_quick: bool) -> object:
    """Return a case of the slow tests, where it is quick, or of ``make chaos`` alone."""
    return pytest.param(*values, id=name, marks=pytest.mark.slow if is_quick else pytest.mark.chaos)

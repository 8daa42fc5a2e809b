"""What disturbs the project's processes: see ``chaos/shim/sitecustomize.py``."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEEPDEP = (sys.executable, "-c", "from deepdep.cli import main; main()")
SHIM = Path(__file__).parent / "chaos" / "shim"


def disturbed(environment: dict[str, str], **how: object) -> dict[str, str]:
    """Return an environment in which every Python process reads the shim."""
    paths = os.pathsep.join(filter(None, [str(SHIM), environment.get("PYTHONPATH", "")]))
    return environment | {"PYTHONPATH": paths} | {name: str(value) for name, value in how.items()}


def disturbance(*values: object, name: str, is_quick: bool) -> object:
    """Return a case of the slow tests, where it is quick, or of ``make chaos`` alone."""
    return pytest.param(*values, id=name, marks=pytest.mark.slow if is_quick else pytest.mark.chaos)


@contextmanager
def serving(*arguments: object, place: Path) -> Iterator[tuple[subprocess.Popen, int]]:
    """Start ``deepdep serve`` in a folder; yield its process and port when it serves."""
    command = [*DEEPDEP, "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(command, cwd=place, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = next((line for line in process.stderr if line.startswith("serving ")), "")
            found = re.search(r":(\d+)$", line.strip())
            assert found, "it does not serve"
            yield process, int(found[1])
        finally:
            process.kill()

"""A stored model, loaded by a process that shares nothing with this one but the disk."""

import os
import subprocess
import sys
from pathlib import Path

import deepdep
from deepdep.domain.errors import DeepDEPError

KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")  # what a process needs to start at all


def deviation_in_fresh_process(model: Path, reference: Path) -> float:
    """Have a new Python load a model and answer again.

    Returns
    -------
    The largest absolute difference from the stored answers.

    Raises
    ------
    DeepDEPError
        When it cannot be loaded, with the last line that the process said.
    """
    code = str(Path(deepdep.__file__).parents[1])
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "deepdep.reference", str(model.resolve()), str(reference.resolve())],
        cwd=reference,
        env=environment | {"PYTHONPATH": code},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise DeepDEPError(f"it does not load: {said[-1]}")
    return float(done.stdout.split()[-1])

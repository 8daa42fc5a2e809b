"""HDF5 files that others made: a damaged one makes HDF5 itself crash, or never return.

So a process of its own reads the files first, all of them, with a limit on its time.
"""

import os
import subprocess
import sys
from pathlib import Path

from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io import hdf5_process
from deepdep.io.text import refuse_impostor

REMEDY = "Write it again with AnnData or MuData"


def refuse_damaged(*sources: Path, remedy: str = REMEDY) -> None:
    """Raise BadFileError for a file that cannot be read to its end, or that is not plain data."""
    if not sources:
        return
    command = [sys.executable, "-P", "-m", hdf5_process.__name__, remedy, *map(str, sources)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == hdf5_process.REFUSED:
        raise DeepDEPError(os.fsdecode(done.stderr))
    if done.returncode:
        n_begun = done.stdout.count(hdf5_process.BEGUN)
        source = sources[max(0, n_begun - 1)]
        refuse_impostor(source)
        raise BadFileError(source, f"is not a complete {source.suffix} file", remedy)

"""The process that reads HDF5 files to their ends, as :mod:`deepdep.io.hdf5` starts it.

It loads little, as each file that is read waits for it.
"""

import math
import os
import sys
import time
from pathlib import Path

import h5py

from deepdep.errors import BadFileError
from deepdep.io.files import refuse_oversized

REFUSED = 2
BEGUN = b"."  # written for each file

KERAS_MODEL = "model_config"  # attribute: the layers that Keras would make

# Seconds of processor time beside that of imports: to start, and for each megabyte of the file.
START_S, PER_MB_S = 2, 1

DEEPEST = 32  # groups in groups; AnnData and MuData need six

SLAB = 64 << 20  # bytes read at once


def read_to_the_end(source: Path, remedy: str) -> None:
    """Read every attribute and number; BadFileError for links, cycles and what is far too large."""
    with h5py.File(source) as file:
        if KERAS_MODEL in file.attrs:
            problem = "is a whole Keras model of the old kind, whose layers may hold code"
            raise BadFileError(source, problem, remedy)
        list(file.attrs.values())
        _read_group(file, source, remedy, {_address(file)})


def _read_group(
    group: h5py.Group, source: Path, remedy: str, seen: set[int], depth: int = 0
) -> None:
    if "shape" in group.attrs and "data" in group:  # sparse: as the dense table that it becomes
        n_cells = math.prod(map(int, group.attrs["shape"]))
        refuse_oversized(n_cells * group["data"].dtype.itemsize, source.stat().st_size, source)
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise BadFileError(source, "holds a link", remedy, where=f"{group.name}/{name}")
        thing = group[name]
        list(thing.attrs.values())
        if isinstance(thing, h5py.Dataset):
            if thing.is_virtual or thing.external:
                problem = "takes its numbers from another file"
                raise BadFileError(source, problem, remedy, where=thing.name)
            refuse_oversized(thing.nbytes, source.stat().st_size, source)
            if not thing.shape:
                thing[()]
                continue
            n_rows = max(1, SLAB // max(1, thing.nbytes // max(1, len(thing))))
            for first in range(0, len(thing), n_rows):
                thing[first : first + n_rows]
            continue
        if _address(thing) in seen or depth == DEEPEST:
            problem = f"holds groups in a circle, or more than {DEEPEST} in one another"
            raise BadFileError(source, problem, remedy, where=thing.name)
        _read_group(thing, source, remedy, seen | {_address(thing)}, depth + 1)


def _address(group: h5py.Group) -> int:
    return int(h5py.h5o.get_info(group.id).addr)


if __name__ == "__main__":
    remedy_given, *names = sys.argv[1:]
    paths = [Path(name) for name in names]
    if sys.platform != "win32":  # the system ends what takes too long, and leaves no core behind
        import resource

        started = math.ceil(time.process_time())  # imports alone take seconds without bytecode
        seconds = started + START_S + PER_MB_S * (sum(path.stat().st_size for path in paths) >> 20)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        for path in paths:
            os.write(sys.stdout.fileno(), BEGUN)  # at once, as what follows may be the last
            read_to_the_end(path, remedy_given)
    except BadFileError as error:
        sys.stderr.buffer.write(os.fsencode(str(error)))
        sys.exit(REFUSED)

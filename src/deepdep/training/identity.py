"""One hash of everything that a training depends on.

A module of its own: studies and benchmarks name what they store by it, too.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd

from deepdep.io.code import source_reached

TRAINING = ("deepdep.training.pretrain", "deepdep.training.cross_fit")
LIBRARIES = ("keras", "numpy", "tensorflow")  # another version may round otherwise


def identity_of(*parts: object, code: Sequence[str] = TRAINING) -> str:
    """Hash what a training depends on; this package's code belongs to it.

    Parameters
    ----------
    parts
        Settings, tables, arrays, words and numbers, or mappings, sequences and dataclasses of
        such. Names and order count; how an array lies in memory does not.
    code
        Modules whose source counts, with all that they import.
    """
    digest = hashlib.sha256()
    for part in (*parts, source_reached(*code), [version(library) for library in LIBRARIES]):
        _add(digest, part)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", part: object) -> None:
    """Add a part so that no two different ones add the same bytes."""
    match part:
        case str() | int() | float() | None:
            word = repr(part).encode()
            digest.update(f"{len(word)} bytes\n".encode() + word)
        case pd.DataFrame():
            _add(digest, [*part.index, *part.columns])
            _add(digest, part.to_numpy())
        case np.ndarray():
            _add(digest, [str(part.dtype), *part.shape])
            digest.update(np.ascontiguousarray(part).data)
        case Mapping():
            _add(digest, [*part.items()])
        case list() | tuple():
            digest.update(f"{len(part)} parts\n".encode())
            for one in part:
                _add(digest, one)
        case _ if is_dataclass(part):
            _add(digest, [(field.name, getattr(part, field.name)) for field in fields(part)])
        case _:
            raise TypeError(f"cannot tell two of {type(part).__name__} apart")

"""What a model folder holds: its format, and a hash of each file that is checked before loading.

A hash tells a damaged or swapped file; whoever makes a folder can make its hashes too. So nothing
in a folder is believed beyond being data: each file must be plain, of a kind that cannot hold code,
and no larger than it unpacks to.
"""

import json
import re
from pathlib import Path
from typing import Any, NoReturn

from deepdep.errors import BadFileError, shown, written
from deepdep.io.documents import without_repeats
from deepdep.io.files import entries_but_litter, file_sha256, refuse_pointer
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.text import HDF5 as HDF5_BEGINS

FORMAT_VERSION = 5  # since which the closed form has a kernel per table
OF_HDF5 = 3  # the last with weights in HDF5
READ_TOO = (OF_HDF5, 4)  # 2 had one network alone
MANIFEST = "manifest.json"
RETRAIN = "Copy the whole folder again, or run `dvc repro`"
UNSAFE = "It was not loaded; ask whoever made it for a folder that `deepdep` wrote"

LARGEST_MANIFEST = 1 << 20  # bytes; ours has 30 lines
LARGEST_MODEL = 8 << 30  # genome-wide models of all omics take less than one

TABLES, WEIGHTS = (".csv", ".gmt", ".json"), (".safetensors",)
HDF5 = (".h5ad", ".weights.h5")
PICKLES = (".pkl", ".pickle", ".cloudpickle", ".joblib", ".dill", ".pt", ".pth")
ARRAYS = (".npy", ".npz")

# DVC names a file of its cache by its content, so that nothing of the user's own has such a path.
OF_DVC_CACHE = re.compile(r"/files/md5/[0-9a-f]{2}/[0-9a-f]{30}$")

# First bytes. Pickles begin so since protocol 2; text never does.
ZIP_BEGINS = b"PK\x03\x04"
PICKLE_BEGINS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def write_manifest(folder: Path, kind: str) -> None:
    """List the files of a finished model folder with their sha256."""
    hashes = {file.name: file_sha256(file) for file in sorted(folder.iterdir())}
    manifest = {"format_version": FORMAT_VERSION, "kind": kind, "files": hashes}
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def check_manifest(folder: Path, kind: str) -> None:
    """Refuse a folder that is not a model of this kind, byte for byte as it was saved."""
    manifest = _read(folder)
    version, hashes = manifest["format_version"], manifest["files"]
    if version not in (*READ_TOO, FORMAT_VERSION):
        age = "older" if isinstance(version, int) and version < FORMAT_VERSION else "newer"
        problem = f"has format {version!r}, {age} than this program reads: {FORMAT_VERSION}"
        raise BadFileError(folder / MANIFEST, problem, RETRAIN)
    if manifest["kind"] != kind:
        problem = f"holds a model of kind {manifest['kind']!r}, not {kind!r}"
        raise BadFileError(folder / MANIFEST, problem, RETRAIN)
    for name in hashes:
        if name in ("", ".", "..") or set(name) & {"/", "\\", "\0"}:
            problem = f"names {name!r}, a path and no file of the folder"
            raise BadFileError(folder / MANIFEST, problem, UNSAFE)
    files = {file.name: file for file in entries_but_litter(folder) if file.name != MANIFEST}
    for file in files.values():
        if _leads_elsewhere(file):
            raise BadFileError(file, "is a link, and may lead anywhere", UNSAFE)
        if not file.is_file():
            raise BadFileError(file, "is not a file", UNSAFE)
        refuse_pointer(file)
        if foreign := foreign_content(file, hdf5=version == OF_HDF5):
            raise BadFileError(file, foreign, UNSAFE)
    if odd := sorted(files.keys() ^ hashes.keys()):
        problem = f"does not agree with the folder about {shown(odd)}"
        raise BadFileError(folder / MANIFEST, problem, RETRAIN)
    n_bytes = sum(file.stat().st_size for file in files.values())
    if n_bytes > LARGEST_MODEL:
        limit = LARGEST_MODEL >> 30
        size = f"{written(n_bytes / 2**30, limit)} GB, more than the {limit} GB of any model"
        raise BadFileError(folder, f"holds {size}", UNSAFE)
    for name, file in files.items():
        if file_sha256(file) != hashes[name]:
            problem = f"{name} is not the file that was saved"
            raise BadFileError(folder / MANIFEST, problem, RETRAIN)
    refuse_damaged(*(f for f in files.values() if f.name.endswith(HDF5)), remedy=UNSAFE)


def model_kind(folder: Path) -> str:
    """Tell which kind of model a folder says it holds."""
    return str(_read(folder)["kind"])


def manifest_sha256(folder: Path) -> str:
    """Identify a model by its content."""
    _read(folder)
    return file_sha256(folder / MANIFEST)


def foreign_content(file: Path, *, hdf5: bool = False) -> str | None:
    """Tell what makes a file no part of a model, in words; None for one that may be.

    Only the name and the first bytes are looked at. With ``hdf5``, weights may be as older formats
    have them.
    """
    with file.open("rb") as stream:
        begins = stream.read(len(HDF5_BEGINS))
    if file.suffix in PICKLES or begins.startswith(PICKLE_BEGINS):
        return "is a pickle, which runs code when it is read"
    if file.suffix in ARRAYS:
        return "is a NumPy file, which may hold a pickle"
    if file.suffix == ".keras" or begins.startswith(ZIP_BEGINS):
        return "is an archive, as of a whole Keras model, whose layers may hold code"
    if file.suffix in (".h5", ".hdf5") and not file.name.endswith(HDF5):
        return "is a whole Keras model of the old kind, whose layers may hold code"
    if file.name.endswith(HDF5) and not hdf5:
        return f"is HDF5, in which models have no weights since format {FORMAT_VERSION}"
    if not file.name.endswith((*TABLES, *WEIGHTS, *HDF5)):
        return "is no part of a model, which is tables and weights only"
    if file.name.endswith(HDF5) and begins != HDF5_BEGINS:
        return "is not an HDF5 file, as its name says"
    return None


def _leads_elsewhere(file: Path) -> bool:
    """Tell whether a file is a link; but DVC's may lead into its cache, with cache.type symlink."""
    return file.is_symlink() and not OF_DVC_CACHE.search(file.resolve().as_posix())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _read(folder: Path) -> dict[str, Any]:
    file = folder / MANIFEST
    # A pipe would be waited for, and a file without end read.
    is_plain = file.is_file() and not _leads_elsewhere(file)
    if is_plain:
        refuse_pointer(file)
    try:
        small = is_plain and file.stat().st_size <= LARGEST_MANIFEST
        text = file.read_text(encoding="utf-8") if small else "null"
        manifest = json.loads(
            text, object_pairs_hook=without_repeats, parse_constant=_refuse_constant
        )
    except (OSError, ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or not {"format_version", "kind", "files"} <= manifest.keys():
        raise BadFileError(
            folder, f"has no readable {MANIFEST}", "Give the folder of a saved model"
        )
    if not isinstance(manifest["files"], dict):
        raise BadFileError(file, "lists no files", RETRAIN)
    return manifest

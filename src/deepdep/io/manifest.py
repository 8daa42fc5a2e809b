"""What a model folder holds: its format, and a hash of each file that is checked before loading."""

import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn

from deepdep.domain.errors import BadFileError

FORMAT_VERSION = 2  # 1 had fewer settings of encoders and predictors
MANIFEST = "manifest.json"
RETRAIN = "Copy the whole folder again, or run `dvc repro`"


def write_manifest(folder: Path, kind: str) -> None:
    """List the files of a finished model folder with their sha256."""
    hashes = {file.name: _sha256(file) for file in sorted(folder.iterdir())}
    manifest = {"format_version": FORMAT_VERSION, "kind": kind, "files": hashes}
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def check_manifest(folder: Path, kind: str) -> None:
    """Refuse a folder that is not a model of this kind, byte for byte as it was saved."""
    manifest = _read(folder)
    version = manifest["format_version"]
    if version != FORMAT_VERSION:
        age = "older" if isinstance(version, int) and version < FORMAT_VERSION else "newer"
        _refuse(folder, f"has format {version!r}, {age} than this program reads: {FORMAT_VERSION}")
    if manifest["kind"] != kind:
        _refuse(folder, f"holds a model of kind {manifest['kind']!r}, not {kind!r}")
    files = {file.name for file in folder.iterdir()} - {MANIFEST}
    if files != set(manifest["files"]):
        odd = ", ".join(sorted(files ^ set(manifest["files"])))
        _refuse(folder, f"does not agree with the folder about {odd}")
    for name, digest in manifest["files"].items():
        file = folder / name
        if file.is_symlink() or not file.is_file() or _sha256(file) != digest:
            _refuse(folder, f"{name} is not the file that was saved")


def model_kind(folder: Path) -> str:
    """Tell which kind of model a folder says it holds."""
    return str(_read(folder)["kind"])


def _read(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or not {"format_version", "kind", "files"} <= manifest.keys():
        raise BadFileError(
            folder, f"has no readable {MANIFEST}", "Give the folder of a saved model"
        )
    return manifest


def _refuse(folder: Path, problem: str) -> NoReturn:
    raise BadFileError(folder / MANIFEST, problem, RETRAIN)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

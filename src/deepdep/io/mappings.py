"""Small nested documents of our own, as JSON or YAML."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from deepdep.domain.errors import BadFileError


def read_json(source: Path) -> dict[str, Any]:
    """Read a JSON file that a stage wrote; raise BadFileError when it holds no mapping."""
    return _read(source, json.loads)


def read_yaml(source: Path) -> dict[str, Any]:
    """Read a YAML file; raise BadFileError when it holds no mapping."""
    return _read(source, yaml.safe_load)


def _read(source: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    if not source.is_file():
        raise BadFileError(source, "there is no such file", "Run `dvc repro`")
    try:
        content = parse(source.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise BadFileError(source, "cannot be read", "Run the stage that wrote it again") from error
    if not isinstance(content, dict):
        raise BadFileError(source, "is not a mapping", "Run the stage that wrote it again")
    return content

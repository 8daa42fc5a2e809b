"""params.yaml as settings: each group typed, no key unknown or missing."""

from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.domain.settings import merged

GROUPS = {
    "omics",
    "validate",
    "prepare",
    "tune",
    "tuning_gain",
    "pretrain",
    "finetune",
    "evaluate",
    "learning_curve",
    "benchmark",
    "promote",
    "report",
}

T = TypeVar("T")


def read_settings(params: Path, group: str, kind: type[T], *, tuned: Path | None = None) -> T:
    """Return one group of params.yaml, named by its dotted path, as its settings.

    ``tuned`` is the file that tuning wrote; its values go over those of params.yaml.

    Raises
    ------
    BadFileError
        When a key is unknown or missing, or a value has the wrong type.
    """
    tree = read_tree(params)
    unknown = sorted(tree.keys() - GROUPS)
    if unknown:
        raise BadFileError(
            params, "is not a group of settings", "Remove it or correct its name", where=unknown[0]
        )
    if tuned is not None:
        tree = merged(tree, read_tree(tuned))
    try:
        found = reduce(lambda branch, key: branch[key], group.split("."), tree)
        return TypeAdapter(kind).validate_python(found)
    except (KeyError, TypeError):
        raise BadFileError(params, "is missing", "Add it", where=group) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join([group, *map(str, first["loc"])])
        raise BadFileError(
            params, _plain(first["msg"]), "Compare with the file in the repository", where=place
        ) from None


def read_omics(params: Path, *, tuned: Path | None = None) -> tuple[Omic, ...]:
    """Return the omics that the pipeline uses, in the order of ``Omic``.

    ``tuned`` is the file that tuning wrote; it may leave some out.
    """
    chosen = read_settings(params, "omics", list[Omic], tuned=tuned)
    return tuple(omic for omic in Omic if omic in chosen)


def read_tree(file: Path) -> dict[str, Any]:
    """Return all groups of params.yaml, or of a file like it, as they stand there."""
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError:
        raise BadFileError(file, "cannot be read", "Check the path") from None
    except yaml.YAMLError as error:
        raise BadFileError(
            file, f"is not YAML ({' '.join(str(error).split())})", "Correct it"
        ) from None
    if not isinstance(tree, dict):
        raise BadFileError(file, "is not a mapping of groups", "Compare with the repository's")
    return tree


def _plain(message: str) -> str:
    return {
        "Unexpected keyword argument": "is not a known key",
        "Field required": "is missing",
    }.get(message, message[:1].lower() + message[1:]).removeprefix("value error, ")

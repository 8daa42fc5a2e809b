"""params.yaml as settings: each group typed and nested, no key unknown or missing."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from deepdep.errors import BadFileError


class Settings:
    """Base of every group of params.yaml; a frozen dataclass in which no key may be unknown."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


def overridden(tree: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings with some values replaced, given by dotted path.

    A ``*`` in a path stands for every key at that place: ``pretrain.*.learning_rate``.
    """
    result = deepcopy(dict(tree))
    for path, value in values.items():
        _set(result, path.split("."), value)
    return result


def merged(tree: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings with those of ``over`` laid on top."""
    result = dict(tree)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


def _set(tree: dict[str, Any], path: list[str], value: Any) -> None:
    key, *rest = path
    for name in list(tree) if key == "*" else [key]:
        if rest:
            _set(tree.setdefault(name, {}), rest, value)
        else:
            tree[name] = value


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
    "screen",
    "explain",
    "report",
}

UNKNOWN_KEY = "unexpected_keyword_argument"  # pydantic's name of the error

T = TypeVar("T")


def read_settings(params: Path, group: str, kind: type[T], *, tuned: Path | None = None) -> T:
    """Return one group of params.yaml, named by its dotted path, as its settings.

    ``tuned`` is the file that tuning wrote; its values go over those of params.yaml.

    Raises
    ------
    BadFileError
        When a key is unknown or missing, or a value has the wrong type.
    """
    tree = read_params(params)
    unknown = sorted(tree.keys() - GROUPS)
    if unknown:
        remedy = _nearest(unknown[0], GROUPS) or "Remove it or correct its name"
        raise BadFileError(params, "is not a group of settings", remedy, where=unknown[0])
    if tuned is not None:
        tree = merged(tree, read_yaml(tuned))
    try:
        found = reduce(lambda branch, key: branch[key], group.split("."), tree)
        return TypeAdapter(kind).validate_python(found)
    except (KeyError, TypeError):
        raise BadFileError(params, "is missing", "Add it", where=group) from None
    except ValidationError as error:
        # A misspelt key is missing too; the wrong spelling says more.
        first = min(error.errors(include_url=False), key=lambda e: e["type"] != UNKNOWN_KEY)
        place = ".".join([group, *map(str, first["loc"])])
        remedy = "Compare with the file in the repository"
        if first["type"] == UNKNOWN_KEY:
            remedy = (
                _nearest(str(first["loc"][-1]), _keys(TypeAdapter(kind).json_schema())) or remedy
            )
        raise BadFileError(params, _plain(first["msg"]), remedy, where=place) from None


def read_params(file: Path, remedy: str = "Check the path") -> dict[str, Any]:
    """Return all groups of params.yaml, or of a file like it.

    ``pretrain.common`` is shared out: each table that ``pretrain`` or ``omics`` names has its
    values, but for those that it states itself, or its omic does: ``mutation_mobem`` has the values
    of ``mutation``.
    """
    tree = read_yaml(file, remedy)
    groups = tree.get("pretrain")
    if isinstance(groups, dict) and "common" in groups:
        common = groups.pop("common")
        listed = tree.get("omics")
        tables = [n for n in listed if isinstance(n, str)] if isinstance(listed, list) else []
        names = dict.fromkeys((*groups, *tables))
        stated = {name: values for name, values in groups.items() if values is not None}
        of_omics = {n: v for n in names for omic, v in stated.items() if n.startswith(f"{omic}_")}
        tree["pretrain"] = merged(merged(dict.fromkeys(names, common), of_omics), stated)
    return tree


def read_yaml(file: Path, remedy: str = "Check the path") -> dict[str, Any]:
    """Return the mapping that a YAML file holds, such as all groups of params.yaml; {} if empty.

    ``remedy`` says what to do where there is no such file.
    """
    if not file.is_file():
        raise BadFileError(file, "there is no such file", remedy)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BadFileError(file, f"cannot be read as YAML ({reason})", "Correct it") from None
    if not isinstance(content, dict):
        raise BadFileError(file, "is not a mapping", "Compare with the repository's")
    return content


def _nearest(key: str, keys: Collection[str]) -> str:
    near = get_close_matches(key, keys, n=1)
    return f"Write {near[0]}, or remove it" if near else ""


def _keys(schema: Any) -> set[str]:
    """Names of all settings anywhere in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_keys, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())).union(*map(_keys, schema.values()))


def _plain(message: str) -> str:
    return {
        "Unexpected keyword argument": "is not a known key",
        "Field required": "is missing",
    }.get(message, message[:1].lower() + message[1:]).removeprefix("value error, ")

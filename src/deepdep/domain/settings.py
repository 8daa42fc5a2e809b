"""What all settings have in common."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar

from pydantic import ConfigDict


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

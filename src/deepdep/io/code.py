"""The code that a result depends on: every module of this package that is reached by import."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def code_reached(*starts: str | Path) -> tuple[Path, ...]:
    """Return the files of this package that modules or scripts import, directly or through others.

    Imports inside functions count, and so do the ``__init__`` files of packages on the way. Those
    for type checkers alone run nothing. In an ``__init__`` they say where a name is defined that is
    loaded when it is asked for, and are followed for the names that are.

    Parameters
    ----------
    starts
        Names of modules of this package, whose own files are returned too, or scripts elsewhere.
    """
    found: set[Path] = set()
    waiting: list[Path] = []
    for start in starts:
        waiting += _files_of(start) if isinstance(start, str) else _imported(start)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imported(file)
    return tuple(sorted(found))


@cache
def source_reached(*starts: str) -> tuple[str, ...]:
    """Return the text of all that ``code_reached`` finds; read once in a process."""
    return tuple(file.read_text(encoding="utf-8") for file in code_reached(*starts))


def _imported(file: Path) -> list[Path]:
    names: list[str] = []
    waiting: list[ast.AST] = [_parsed(file)]
    while waiting:
        node = waiting.pop()
        if _is_for_type_checkers(node) or isinstance(node, ast.expr):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names += [node.module, f"{node.module}.{alias.name}"]
                names += _homes(node.module).get(alias.name, [])
    return [path for name in names for path in _files_of(name)]


@cache
def _homes(package: str) -> dict[str, list[str]]:
    """Return the modules of names that a package loads when asked for them, by name."""
    init = PACKAGE.joinpath(*package.split(".")[1:], "__init__.py")
    if package.split(".")[0] != PACKAGE.name or not init.is_file():
        return {}
    return {
        alias.asname or alias.name: [node.module, f"{node.module}.{alias.name}"]
        for block in _parsed(init).body
        if _is_for_type_checkers(block)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _is_for_type_checkers(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def _files_of(name: str) -> list[Path]:
    """Files that an import of this name runs, if it is one of this package's modules."""
    top, *parts = name.split(".")
    if top != PACKAGE.name:
        return []
    packages = [PACKAGE.joinpath(*parts[:n], "__init__.py") for n in range(len(parts) + 1)]
    module = PACKAGE.joinpath(*parts).with_suffix(".py") if parts else packages[0]
    return [file for file in (*packages, module) if file.is_file()]

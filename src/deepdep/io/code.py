"""The code that a result depends on: every module of this package that is reached by import."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def code_reached(*starts: str | Path) -> tuple[Path, ...]:
    """Return the files of this package that modules or scripts import, directly or through others.

    Imports inside functions count, and so do the ``__init__`` files of packages on the way. Those
    for type checkers alone run nothing, and the package's front door, which loads what it is asked
    for, runs nothing by itself.

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
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [path for name in names for path in _files_of(name)]


def _files_of(name: str) -> list[Path]:
    """Files that an import of this name runs, if it is one of this package's modules."""
    top, *parts = name.split(".")
    if top != PACKAGE.name:
        return []
    packages = [PACKAGE.joinpath(*parts[:n], "__init__.py") for n in range(len(parts) + 1)]
    module = PACKAGE.joinpath(*parts).with_suffix(".py") if parts else packages[0]
    return [file for file in (*packages, module) if file.is_file()]

"""How the code is divided: files, rooms, layers, helpers and names, of this checkout or another.

``python benchmarks/house.py [CHECKOUT]`` reads the source as text; it imports nothing of it.
"""

import ast
import json
import statistics
import sys
import tomllib
from collections import Counter
from pathlib import Path

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def main(checkout: Path) -> dict[str, object]:
    package = checkout / "src" / "deepdep"
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(package.rglob("*.py"))}
    trees = {_module(file, package): ast.parse(text) for file, text in texts.items()}
    lengths = [len(text.splitlines()) for text in texts.values()]
    functions = [
        node
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    bodies = sorted(_body_lines(function) for function in functions)
    helpers = sum(_is_private(function.name) for function in functions)
    importers = _importers(trees)
    return {
        "checkout": str(checkout),
        "files": len(texts),
        "lines": sum(lengths),
        "median_lines_of_file": statistics.median(lengths),
        "rooms": len({file.relative_to(package).parts[0] for file in texts} - {"__init__.py"}),
        "packages": sum(file.name == "__init__.py" for file in texts),
        "layers": _n_layers(checkout / "pyproject.toml"),
        "private_helpers_per_1000_lines": round(1000 * helpers / sum(lengths), 1),
        "public_names": len(importers),
        "public_names_with_one_importing_module": round(
            sum(n == 1 for n in importers.values()) / len(importers), 3
        ),
        "public_names_that_no_module_imports": round(
            sum(n == 0 for n in importers.values()) / len(importers), 3
        ),
        "body_lines_median": statistics.median(bodies),
        "body_lines_p90": bodies[int(0.9 * len(bodies))],
        "body_lines_most": bodies[-1],
    }


def _module(file: Path, package: Path) -> str:
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    statements = function.body[1:] if has_docstring else function.body
    return statements[-1].end_lineno - statements[0].lineno + 1 if statements else 0


def _importers(trees: dict[str, ast.Module]) -> Counter[tuple[str, str]]:
    """Count, by (module, public name), the other modules that import it, faces not counted."""
    found = Counter(
        {
            (module, node.name): 0
            for module, tree in trees.items()
            for node in tree.body
            if isinstance(node, Definition) and not node.name.startswith("_")
        }
    )
    faces = {
        (module, alias.asname or alias.name): (node.module, alias.name)
        for module, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    for module, tree in trees.items():
        is_face = any(other.startswith(f"{module}.") for other in trees)
        imported = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    name = (node.module, alias.name)
                    while name not in found and name in faces:
                        name = faces[name]
                    imported.add(name)
        for name in imported:
            if name in found and not is_face:
                found[name] += 1
    return found


def _n_layers(pyproject: Path) -> int:
    contracts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]
    return max(len(contract.get("layers", ())) for contract in contracts["contracts"])


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))))

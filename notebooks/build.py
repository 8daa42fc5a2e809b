"""Write the lessons' notebooks, in English and in Korean, from the files in ``source``.

A lesson's source is Python with cells: ``# %%`` begins one of code, ``# %% [en]`` and ``# %% [ko]``
one of text, whose lines are comments. ``# %% [setup]`` stands for the cells of ``setup.py``, with
which every lesson begins. Code is thereby written once, and the same in both languages.

    python notebooks/build.py
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ko")
MARKER = re.compile(r"^# %%(?: \[(\w+)\])?$", flags=re.MULTILINE)
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Cell:
    """A cell of a source: code, or text of one language."""

    kind: str  # code, en or ko
    text: str


def lessons() -> list[Path]:
    """Return the sources of the lessons, in their order."""
    return sorted(FOLDER.glob("source/[0-9]*.py"))


def read_cells(source: Path) -> list[Cell]:
    """Read the cells of a lesson, those of the set-up in their place."""
    _, *parts = MARKER.split(source.read_text(encoding="utf-8"))
    cells: list[Cell] = []
    for kind, text in zip(parts[::2], parts[1::2], strict=True):
        if kind == "setup":
            cells += read_cells(source.with_name("setup.py"))
        elif kind is None:
            cells.append(Cell("code", text.strip("\n")))
        else:
            lines = text.strip("\n").split("\n")
            cells.append(Cell(kind, "\n".join(re.sub("^# ?", "", line) for line in lines)))
    return cells


def notebook(cells: list[Cell], language: str) -> str:
    """Return the notebook of a language as JSON, the same bytes each time."""
    shown = [cell for cell in cells if cell.kind in ("code", language)]
    content = {
        "cells": [_as_json(cell, f"cell-{n:02}") for n, cell in enumerate(shown, start=1)],
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _as_json(cell: Cell, identifier: str) -> dict[str, object]:
    about = {"id": identifier, "metadata": {}, "source": cell.text.splitlines(keepends=True)}
    if cell.kind == "code":
        return {"cell_type": "code", "execution_count": None, "outputs": [], **about}
    return {"cell_type": "markdown", **about}


def notebooks() -> dict[Path, str]:
    """Return every notebook's content by its path."""
    return {
        FOLDER / language / f"{source.stem}.ipynb": notebook(read_cells(source), language)
        for source in lessons()
        for language in LANGUAGES
    }


if __name__ == "__main__":
    for path, content in notebooks().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")

"""The lessons: committed as the generator writes them, alike in both languages, and they run."""

import importlib.util
import json
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
HANGUL = re.compile("[가-힣]")
# Markdown does not end emphasis between punctuation and a letter: **코드(code)**는 keeps its stars.
UNRENDERED = re.compile(r"[^\w\s*]\*{1,2}[가-힣]")


def load_build():
    spec = importlib.util.spec_from_file_location("build_notebooks", FOLDER / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load_build()
SOURCES = build.lessons()
COMMITTED = sorted(FOLDER.glob("*/*.ipynb"))


def named(path):
    return path.stem


def code_of(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_committed_notebooks_are_what_the_generator_writes():
    written = build.notebooks()
    assert set(COMMITTED) == set(written)
    stale = [p for p in COMMITTED if p.read_text(encoding="utf-8") != written[p]]
    assert stale == [], "run: python notebooks/build.py"


@pytest.mark.parametrize("source", SOURCES, ids=named)
def test_every_text_stands_in_both_languages_side_by_side(source):
    texts = [cell for cell in build.read_cells(source) if cell.kind != "code"]
    assert [cell.kind for cell in texts] == ["en", "ko"] * (len(texts) // 2)
    for english, korean in zip(texts[::2], texts[1::2], strict=True):
        assert not HANGUL.search(english.text)
        assert HANGUL.search(korean.text), korean.text
        for part in ("<details>", "</details>", "<summary>", "$$", "```", "\n#"):
            assert english.text.count(part) == korean.text.count(part), (part, korean.text)
        assert not UNRENDERED.search(korean.text), korean.text


@pytest.mark.parametrize("source", SOURCES, ids=named)
def test_notebooks_are_valid_without_outputs_and_with_the_same_code(source):
    english, korean = (FOLDER / language / f"{source.stem}.ipynb" for language in build.LANGUAGES)
    assert code_of(english) == code_of(korean)
    for path in (english, korean):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_a_lesson_begins_with_its_title_and_a_time_and_has_exercises_with_answers():
    for path in COMMITTED:
        first, *others = nbformat.read(path, as_version=4).cells
        assert re.match(r"# \d\. ", first.source), path
        assert re.search(r"\d+ minutes|\d+분", first.source), path
        folded = sum(cell.source.count("<details>") for cell in others)
        assert folded >= 2, path


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(FOLDER.glob("en/*.ipynb")), ids=named)
def test_a_notebook_runs_from_its_first_cell_to_its_last(path):
    """In one language; the code of the other is the same, which a quick test looks at."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=900, kernel_name="python3", resources=place).execute()

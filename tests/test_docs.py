import re
import tomllib
from pathlib import Path

import pytest
import yaml

import deepdep
from deepdep.sources import sources
from deepdep.sources.accepted import accepted_page, with_accepted

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "deepdep"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_table_of_rooms_in_the_readme_names_every_folder_of_the_package():
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    rooms = {folder.name for folder in PACKAGE.iterdir() if any(folder.glob("*.py"))}
    assert len(listed) == len(set(listed))
    assert set(listed) == rooms


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_code_that_is_there(page):
    named = re.findall(r"(?<![\w/.])\w+(?:/\w+)+\.py\b", page.read_text())
    gone = [path for path in named if not any((top / path).exists() for top in (ROOT, PACKAGE))]
    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_links_to_files_that_are_there(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not (page.parent / link).exists()] == []


def test_the_version_is_the_same_wherever_it_stands():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert deepdep.__version__ == settings["version"] == str(citation["version"])
    assert citation["license"] == settings["license"]
    for page in ("README.md", "docs/install.md"):
        wheels = re.findall(r"deepdep-[\d.]+-py3", (ROOT / page).read_text(encoding="utf-8"))
        assert set(wheels) == {f"deepdep-{settings['version']}-py3"}


def test_the_page_on_data_says_what_imports_accept_as_the_code_has_it():
    page = (ROOT / "docs" / "data.md").read_text()
    remedy = "run: python -m deepdep.sources.accepted docs/data.md"
    assert page == with_accepted(page), remedy
    for source in sources():
        if source.name is not None:
            assert source.accepts(), source.name
            assert f"| `{source.name}` |" in accepted_page()

"""The documentation as a site, as ``make docs`` builds it."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from deepdep.cli.app import app
from deepdep.settings import GROUPS
from pipeline_runs.browser import CHROMIUM, DRIVER, browser

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
# Attributes by which a browser loads something for a page, by tag; `a` waits for a click.
LOADED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
NOT_LOADED = {"canonical", "next", "prev", "author", "license"}  # relations of a link


class Loads(HTMLParser):
    """Collects the addresses that a browser loads with a page."""

    def __init__(self, page):
        super().__init__()
        self.addresses = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "link" and values.get("rel") in NOT_LOADED:
            return
        self.addresses += [values[name] for name in LOADED.get(tag, ()) if values.get(name)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; a warning of MkDocs is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_no_page_asks_another_server_for_anything(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 50
    loaded = {url for page in pages for url in Loads(page.read_text(encoding="utf-8")).addresses}
    assert any(url.endswith(".css") for url in loaded)
    assert {url for url in loaded if re.match(r"(https?:)?//", url)} == set()
    styles = [sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css")]
    assert [s for s in styles if re.search(r"(@import|url\()\s*[\"']?(https?:)?//", s)] == []


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium here")
def test_the_search_works_in_pages_opened_as_files_and_asks_no_server(site, tmp_path):
    with browser(tmp_path) as driver:
        driver.get((site / "reference" / "commands.html").as_uri())
        driver.execute_script("document.querySelector('label[for=__search]').click()")
        driver.find_element(By.CSS_SELECTOR, "input.md-search__input").send_keys("fingerprint")
        wait = WebDriverWait(driver, 120)
        found = wait.until(lambda d: d.find_elements(By.CSS_SELECTOR, ".md-search-result__link"))
        assert found[0].get_attribute("href").startswith(site.as_uri())
        script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
        assert [url for url in driver.execute_script(script) if url.startswith("http")] == []
        assert [line for line in driver.get_log("browser") if line["level"] == "SEVERE"] == []


def test_what_a_page_loads_is_in_the_site(site):
    for page in site.rglob("*.html"):
        if page.name == "404.html":  # its addresses begin at the server's root
            continue
        for url in Loads(page.read_text(encoding="utf-8")).addresses:
            assert url.startswith(("data:", "#")) or (page.parent / url.split("?")[0]).exists(), url


def test_every_page_of_the_repository_is_in_the_site(site):
    pages = (file.relative_to(ROOT / "docs") for file in (ROOT / "docs").rglob("*.md"))
    assert [page for page in pages if not (site / page).with_suffix(".html").exists()] == []
    start = (site / "index.html").read_text(encoding="utf-8")
    assert "Two commands, and one more" in start
    assert 'href="data.html#predictions"' in start


def test_commands_settings_and_functions_are_described_from_the_code(site):
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    names = typer.main.get_command(app).commands
    assert [name for name in names if f">deepdep {name}</code>" not in commands] == []
    settings = (site / "reference" / "settings.html").read_text(encoding="utf-8")
    assert [group for group in GROUPS if f'<h2 id="{group}">' not in settings] == []
    assert "prepare.split.validation" in settings
    functions = (site / "reference" / "python" / "analysis.html").read_text(encoding="utf-8")
    assert 'id="deepdep.analysis.causes.causes_of_gene"' in functions
    front_door = (site / "reference" / "python" / "deepdep.html").read_text(encoding="utf-8")
    assert "deepdep.Predictor" in front_door

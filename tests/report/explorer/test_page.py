"""The page in itself, and in a headless Chromium whose network is cut."""

import base64
import csv
import gzip
import hashlib
import json
import re
import sys
import time
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from deepdep.report.explorer import explorer_page, page

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
from pipeline_runs.browser import CHROMIUM, DRIVER, browser

FORMULA, SCRIPT = "=cmd()", "<script>alert(1)</script>"
VIEWS = ("tumor", "gene", "alteration", "lineage", "map", "features", "quality")
SECONDS = 20

in_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="there is no chromium with its chromedriver"
    ),
]


def unpacked(packed):
    content = gzip.decompress(base64.b64decode(packed["bytes"]))
    low, high = np.frombuffer(content, np.uint8).reshape(2, -1)
    codes = (low.astype(np.uint16) | (high.astype(np.uint16) << 8)).view(np.int16)
    numbers = np.where(codes == page.NOTHING, np.nan, codes * packed["step"])
    return numbers.reshape(packed["shape"])


def held(html):
    text = re.search(r'id="held">([^<]+)<', html).group(1)
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_a_matrix_is_packed_to_within_half_a_step():
    rng = np.random.default_rng(0)
    values = np.where(rng.random((7, 5)) < 0.2, np.nan, rng.normal(0, 3, (7, 5)))
    found = unpacked(page.packed(values, 0.01))
    assert np.array_equal(np.isnan(found), np.isnan(values))
    assert np.nanmax(np.abs(found - values)) <= 0.005 + 1e-9


def test_the_page_holds_the_effects_and_is_the_same_each_time(explored, html):
    effects = unpacked(held(html)["effects"]["tumors"])
    assert np.allclose(effects, explored.sources["tumors"].matrix()[:], atol=6e-4)
    assert explorer_page(explored, "commit abc") == html
    assert len(html.encode()) < 2_000_000


def test_only_the_scripts_of_the_page_may_run(html):
    allowed = set(re.findall(r"'sha256-([^']+)'", html.split("<title>")[0]))
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts}
    assert len(scripts) == 2
    assert hashes == allowed
    assert "default-src 'none'" in html


def test_features_are_left_out_of_a_page_that_would_be_too_large(explored, html, monkeypatch):
    monkeypatch.setattr(page, "MOST_BYTES", len(html.encode()) - 1)
    little = held(explorer_page(explored, "commit abc"))
    assert little["features"] == little["overview"]["features"] == {}


def test_a_cohort_that_is_too_large_leads_to_the_command(explored, monkeypatch):
    monkeypatch.setattr(page, "MOST_CELLS", 10)
    text = explorer_page(explored)
    assert "deepdep explore" in text
    assert "<script" not in text


class Explorer:
    """The open page, as somebody at the keyboard has it."""

    def __init__(self, driver, address, downloads):
        self.driver, self.address, self.downloads = driver, address, downloads

    def open(self, **state):
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}#{urlencode(state)}")
        return self.wait()

    def wait(self):
        script = """const answer = document.getElementById('answer');
        return answer?.getAttribute('aria-busy') === 'false'
            && answer.dataset.shown === location.hash"""
        WebDriverWait(self.driver, SECONDS, 0.05).until(lambda d: d.execute_script(f"{script}"))
        return self

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    @property
    def finding(self):
        return self.driver.find_element(By.ID, "finding").text

    @property
    def drawn(self):
        """What is drawn and said, but for what the browser numbers anew each time."""
        html = self.script("return document.getElementById('content').innerHTML")
        return re.sub(r"(clip|gradient)_?\d+", r"\1", html)

    def labels(self, name):
        axis = f"[data-panel='{name}'] .role-axis-label text"
        texts = self.driver.find_elements(By.CSS_SELECTOR, axis)
        return [t.get_attribute("textContent") for t in texts]

    def csv(self, name):
        for old in self.downloads.iterdir():
            old.unlink()
        self.driver.find_element(By.CSS_SELECTOR, f"[data-csv='{name}']").click()
        file = self.downloads / f"deepdep-{name}.csv"
        WebDriverWait(self.driver, SECONDS, 0.05).until(lambda _: file.exists())
        with file.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    def resize(self, width):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)


@pytest.fixture(scope="module")
def explorer(html, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "explorer.html").write_text(html, encoding="utf-8")
    downloads = folder / "downloads"
    downloads.mkdir()
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        cut = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
        place = {"behavior": "allow", "downloadPath": str(downloads)}
        driver.execute_cdp_cmd("Page.setDownloadBehavior", place)
        yield Explorer(driver, (folder / "explorer.html").as_uri(), downloads)


@pytest.fixture(autouse=True)
def usual_size(request):
    if "explorer" in request.fixturenames:
        explorer = request.getfixturevalue("explorer")
        explorer.resize(1280)
        explorer.prefer("light")


class TestInTheBrowser:
    pytestmark = in_browser

    @pytest.mark.parametrize("view", VIEWS)
    def test_a_view_opens_without_a_request_a_message_or_anything_beyond_the_edge(
        self, explorer, view
    ):
        explorer.driver.get_log("browser")
        for width in (1280, 768, 390):
            explorer.resize(width)
            explorer.open(view=view)
            assert explorer.finding not in ("", "Loading …")
            assert explorer.script("return document.documentElement.scrollWidth") <= width
        assert explorer.script("return performance.getEntriesByType('resource').length") == 0
        assert explorer.driver.get_log("browser") == []

    @pytest.mark.parametrize(
        ("state", "picker"),
        [
            ({"view": "tumor"}, "sample"),
            ({"view": "tumor", "n": "20"}, "n"),
            ({"view": "tumor"}, "trusted"),
            ({"view": "tumor"}, "why"),
            ({"view": "gene"}, "gene"),
            ({"view": "alteration"}, "alteration"),
            ({"view": "alteration"}, "samples"),
            ({"view": "lineage"}, "lineage"),
            ({"view": "lineage"}, "direction"),
            ({"view": "map"}, "color"),
            ({"view": "map", "color": "gene"}, "gene"),
            ({"view": "map"}, "show"),
            ({"view": "features"}, "x"),
            ({"view": "features"}, "y"),
        ],
        ids=lambda given: given if isinstance(given, str) else given["view"],
    )
    def test_a_picker_changes_what_is_drawn_by_keyboard_alone(self, explorer, state, picker):
        explorer.open(**state)
        before, address = explorer.drawn, explorer.driver.current_url
        explorer.script(f"document.getElementById('pick-{picker}').focus()")
        if explorer.driver.switch_to.active_element.tag_name == "select":
            explorer.keys(Keys.ARROW_UP if picker in ("n", "samples") else Keys.ARROW_DOWN)
        else:
            explorer.keys("e", *[Keys.ARROW_DOWN] * 2, Keys.ENTER)
        WebDriverWait(explorer.driver, SECONDS).until(lambda d: d.current_url != address)
        explorer.wait()
        assert explorer.drawn != before
        assert explorer.driver.switch_to.active_element.get_attribute("id") == f"pick-{picker}"

    def test_tab_and_enter_lead_from_view_to_view(self, explorer):
        explorer.open(view="tumor")
        explorer.keys(Keys.TAB)  # skips to the answer
        explorer.keys(*[Keys.TAB] * 2)
        explorer.keys(Keys.ENTER)
        explorer.wait()
        assert "view=gene" in explorer.driver.current_url
        assert "SOX10" in explorer.finding

    def test_escape_gives_up_a_search_and_nothing_changes(self, explorer):
        explorer.open(view="gene", gene="BRAF")
        explorer.script("document.getElementById('pick-gene').focus()")
        explorer.keys("KR")
        assert explorer.script("return document.querySelector('.choices').hidden") is False
        explorer.keys(Keys.ESCAPE)
        assert explorer.script("return document.getElementById('pick-gene').value") == "BRAF"
        assert "BRAF" in explorer.finding

    def test_the_csv_of_a_tumour_is_its_plot(self, explorer, explored):
        explorer.open(view="tumor", sample="tumor-0005", n="10")
        rows = explorer.csv("dependencies")
        named = [label for label in explorer.labels("dependencies") if not label[-1].isdigit()]
        assert len(rows) > 3
        assert {row["gene"] for row in rows} >= {n for n in named if n.isalpha()} != set()
        genes = list(explored.genes)
        effect = explored.sample("tumors", "tumor-0005")["effect"]
        var = explored.cell_lines.var
        for row in rows:
            gene = row["gene"]
            assert float(row["effect"]) == pytest.approx(effect[genes.index(gene)])
            half = var.loc[gene, "half_width"]
            assert float(row["low"]) == pytest.approx(float(row["effect"]) - half, abs=1e-3)
        deviations = [float(row["deviation"]) for row in rows]
        assert deviations == sorted(deviations)

    @pytest.mark.parametrize(
        ("state", "name", "n_rows"),
        [
            ({"view": "gene", "gene": "SOX10"}, "lineages", 10),
            ({"view": "alteration", "alteration": "BRAF mutation"}, "observed", 24),
            ({"view": "alteration", "alteration": "BRAF mutation"}, "in-silico", 24),
            ({"view": "lineage", "lineage": "Skin", "n": "10"}, "lineage", 10),
            ({"view": "map"}, "map", 120),
            ({"view": "quality"}, "models", 4),
        ],
        ids=lambda given: given if isinstance(given, str) else "",
    )
    def test_the_csv_has_a_row_for_each_thing_drawn(self, explorer, state, name, n_rows):
        explorer.open(**state)
        assert len(explorer.csv(name)) == n_rows

    def test_what_makes_a_prediction_is_named_with_the_lines_that_are_like_the_sample(
        self, explorer
    ):
        explorer.open(view="tumor", sample="tumor-0007", why="BRAF")
        rows = explorer.csv("causes")
        assert [row["name"] for row in rows] == ["BRAF", f"'{FORMULA}", "MAPK"]
        assert [float(row["contribution"]) for row in rows] == [-0.5, 0.1, -0.3]
        nearest = explorer.csv("nearest")
        assert [row["what"] for row in nearest][1:-1] == ["line-0001", "line-0003"]

    def test_a_finding_is_that_of_the_data(self, explorer):
        explorer.open(view="lineage", lineage="Skin")
        assert explorer.finding.startswith("Skin needs SOX10")
        explorer.open(view="alteration", alteration="BRAF mutation")
        assert explorer.finding.startswith("Cells with BRAF mutation need BRAF more")

    @pytest.mark.parametrize(
        "state",
        [
            {"view": "tumor", "sample": "tumor-0007", "n": "10", "why": "BRAF"},
            {"view": "gene", "gene": SCRIPT},
            {"view": "map", "color": "gene", "gene": "KRAS", "show": "tumors"},
            {"view": "features", "x": "expression:feature3", "y": "measured:SOX10"},
        ],
        ids=lambda state: state["view"],
    )
    def test_a_link_restores_its_view(self, explorer, state):
        explorer.open(**state)
        explorer.driver.find_element(By.CSS_SELECTOR, ".keep button").click()
        address = explorer.script("return document.querySelector('.keep input').value")
        finding, drawn = explorer.finding, explorer.drawn.split('<p class="keep"')[0]
        explorer.driver.get("about:blank")
        explorer.driver.get(address)
        explorer.wait()
        assert explorer.finding == finding
        assert explorer.drawn.split('<p class="keep"')[0] == drawn

    def test_names_that_are_scripts_or_formulas_are_names(self, explorer):
        explorer.driver.get_log("browser")
        explorer.open(view="gene", gene=SCRIPT)
        assert SCRIPT in explorer.finding
        assert explorer.script("return document.querySelectorAll('#answer script').length") == 0
        explorer.open(view="map")
        assert explorer.csv("map")[0]["sample"] == f"'{FORMULA}"
        explorer.open(view="gene", gene="<img src=x onerror=alert(1)>")
        assert "There is no gene" in explorer.finding
        assert explorer.driver.get_log("browser") == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_no_serious_fault(self, explorer, scheme):
        axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        explorer.prefer(scheme)
        found = {}
        for view in VIEWS:
            explorer.open(view=view)
            explorer.script(axe)
            result = explorer.driver.execute_async_script(
                "axe.run(document, {resultTypes: ['violations']}).then(arguments[0])"
            )
            grave = [v for v in result["violations"] if v["impact"] in ("serious", "critical")]
            found |= {(view, v["id"]): [n["html"][:200] for n in v["nodes"]][:3] for v in grave}
        assert found == {}

    def test_colours_follow_the_scheme_that_is_preferred(self, explorer):
        explorer.open(view="lineage")
        colours = []
        for scheme in ("light", "dark"):
            explorer.prefer(scheme)
            time.sleep(0.3)
            explorer.wait()
            shown = "return getComputedStyle(document.body).backgroundColor"
            label = "return document.querySelector('.role-axis-label text').getAttribute('fill')"
            colours.append((explorer.script(shown), explorer.script(label)))
        assert colours[0][0] != colours[1][0]
        assert colours[0][1] != colours[1][1]

"""The explorer's server in a process of its own, asked as the page asks it."""

import json
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from deepdep.report.explorer import ExplorerData, explorer_page

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from explore import VIEWS, drawn, served, states_of_view, write_project
from pipeline_runs.browser import CHROMIUM, DRIVER, browser

pytestmark = pytest.mark.slow
FACTOR = 0.01  # of 9,000 tumours, 1,100 lines and 17,900 genes


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project without a report: nothing of it was evaluated."""
    folder = tmp_path_factory.mktemp("served")
    return folder, write_project(folder, FACTOR)


@pytest.fixture(scope="module")
def explored(project):
    with ExplorerData.open(project[0]) as data:
        yield data


@pytest.fixture(scope="module")
def address(project):
    with served(project[0]) as (found, _, _):
        yield found


def ask(address, path, headers=None, **parameters):
    request = Request(f"{address}{path}?{urlencode(parameters)}", headers=headers or {})
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        return refused.code, refused.read()


def test_answers_are_those_of_the_files(address, explored):
    for path, parameters, expected in (
        ("overview", {}, explored.overview()),
        (
            "sample",
            {"source": "tumors", "name": "TCGA-00007"},
            explored.sample("tumors", "TCGA-00007"),
        ),
        ("gene", {"name": "GENE5"}, explored.gene("GENE5")),
        ("lineage", {"name": "lineage 3"}, explored.lineage("lineage 3")),
        ("alteration", {"name": "DRIVER1 mutation"}, explored.alteration("DRIVER1 mutation")),
        ("pairs_of", {"gene": "GENE9"}, explored.pairs_of("GENE9")),
        ("causes", {"sample": "TCGA-00007"}, explored.causes_of("TCGA-00007")),
        (
            "feature",
            {"table": "expression", "name": "GENE2"},
            explored.feature("expression", "GENE2"),
        ),
    ):
        status, body = ask(address, f"/data/{path}", **parameters)
        assert (status, json.loads(body)) == (200, expected), path


@pytest.mark.parametrize(
    ("path", "parameters", "headers", "status"),
    [
        ("/data/gene", {"name": "<b>"}, {}, 404),
        ("/data/feature", {"table": "../../etc", "name": "passwd"}, {}, 404),
        ("/data/gene", {}, {}, 422),
        ("/data", {}, {}, 404),
        ("/../predictions/tumors.h5ad", {}, {}, 404),
        ("/", {}, {"Host": "evil.example"}, 403),
        ("/data/overview", {}, {"Origin": "https://evil.example"}, 403),
    ],
)
def test_what_is_not_there_or_not_for_everybody_is_refused(
    address, path, parameters, headers, status
):
    found, body = ask(address, path, headers, **parameters)
    assert found == status
    assert json.loads(body)


@pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="there is no chromium")
def test_the_served_page_shows_what_the_file_shows(address, project, explored, tmp_path):
    _, sizes = project
    file = tmp_path / "explorer.html"
    file.write_text(explorer_page(explored), encoding="utf-8")
    with browser(tmp_path / "profile") as page:
        shown = {}
        for place in (file.as_uri(), f"{address}/"):
            page.get(place)
            for view in VIEWS:
                drawn(page, states_of_view(view, 1, sizes))
                texts = "return document.getElementById('answer').innerText"
                shown[place, view] = page.execute_script(texts)
        requests = page.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        )
        assert page.get_log("browser") == []
    assert requests
    assert [request for request in requests if not request.startswith(f"{address}/data/")] == []
    for view in VIEWS:
        assert shown[file.as_uri(), view] == shown[f"{address}/", view]
        assert "There is no" not in shown[f"{address}/", view]

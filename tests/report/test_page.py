from dataclasses import replace

import pytest

from deepdep.domain.cohort import CohortIdentity
from deepdep.report.document import Column, Link, Mark, Prose, Row, Section, Table
from deepdep.report.page import Page, render_page


def page_with(*blocks) -> Page:
    return Page("A tab", "A <heading>", "A lead", [Section("first", "First", blocks)])


def test_a_page_has_its_title_heading_lead_and_sections(page_of):
    html = render_page(page_with(Prose("words")))
    assert "<title>A tab</title>" in html
    page = page_of(html)
    for text in ("A <heading>", "A lead", "First", "words"):
        assert text in page.text
    assert not page.all("heading")
    assert [section["id"] for section in page.all("section")] == ["first"]


def test_a_mark_is_seen_and_read(page_of):
    table = Table("", (Column(""),), [Row([Mark("failed", "it failed")])])
    page = page_of(render_page(page_with(table)))
    assert page.all("td") == [{"class": "mark failed"}]
    assert "it failed" in page.text


def test_a_link_is_relative_and_escaped(page_of):
    page = page_of(render_page(page_with(Link("to <there>", "other/index.html"))))
    assert page.all("a")[-1] == {"href": "other/index.html"}
    assert "to <there>" in page.text


def test_nothing_is_loaded_from_elsewhere(page_of):
    page = page_of(render_page(page_with()))
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy.startswith("default-src 'none'")


DEMO = CohortIdentity("simulated demo cohort, seed 0", simulated=True, sha256="0123456789abcdef")


def test_simulated_data_are_called_that_above_everything_else(page_of):
    html = render_page(replace(page_with(Prose("words")), cohort=DEMO))
    assert "Simulated data." in page_of(html).text
    assert html.index("Simulated data.") < html.index("<h1>")
    for cohort in (None, replace(DEMO, simulated=False)):
        assert "Simulated data." not in render_page(replace(page_with(), cohort=cohort))


@pytest.mark.parametrize(
    ("cohort", "code", "said"),
    [
        (DEMO, None, "Cohort: simulated demo cohort, seed 0 (sha256 0123456789ab)"),
        (DEMO, "commit 12ab of 2026-01-02", "seed 0 (sha256 0123456789ab) · Code: commit 12ab of"),
        (CohortIdentity(None, simulated=False, sha256=None), None, "Cohort: not named"),
        (CohortIdentity("<b>", simulated=False, sha256=None), None, "Cohort: <b>"),
    ],
)
def test_a_page_says_which_cohort_and_code_it_was_made_from(page_of, cohort, code, said):
    page = page_of(render_page(replace(page_with(), cohort=cohort, code=code)))
    assert said in " ".join(page.text.split())


def test_a_page_of_an_unknown_cohort_says_nothing_of_it(page_of):
    assert not [p for p in page_of(render_page(page_with())).all("p") if p.get("class") == "origin"]

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

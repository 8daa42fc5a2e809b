import re
from dataclasses import replace

import pytest

from deepdep.data.splits import NOT_JUDGED
from deepdep.report.report import build_report

PNG = b"\x89PNG\r\n\x1a\n"
SECTIONS = (
    "summary", "training", "accuracy", "codes", "dependencies", "tuning", "cohort", "reading",
)  # fmt: skip


def test_every_section_is_there_and_in_the_table_of_contents(page):
    ids = [attributes["id"] for attributes in page.all("section")]
    assert ids == list(SECTIONS)
    links = [link["href"] for link in page.all("a")]
    assert [link for link in links if link.startswith("#")] == [f"#{name}" for name in SECTIONS]


def test_a_gene_named_like_a_script_stays_a_name(page):
    assert "<script>alert(1)</script>" in page.text
    assert not page.all("script")


def test_the_page_refers_to_nothing_outside_itself(page):
    without_images = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page.html)
    assert not re.search(r"(https?:)?//[a-z]", without_images)
    assert "url(" not in without_images
    assert not page.all("link")
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.all("img"))


def test_figures_are_png_files_and_described_in_words(report, page):
    assert all(png.startswith(PNG) for png in report.plots.values())
    assert len(page.all("img")) == len(report.plots) == 14
    assert all(image["alt"] for image in page.all("img"))
    assert len(page.all("figcaption")) == len(page.all("img"))


def test_the_same_run_gives_the_same_bytes(report, results, settings):
    assert build_report(results, settings) == report


def test_no_date_or_version_is_written_into_a_figure(report):
    for png in report.plots.values():
        assert b"tEXt" not in png
        assert b"tIME" not in png


@pytest.mark.slow
def test_a_cohort_with_little_of_everything_gets_a_report(results_of, story, settings):
    little = replace(
        story, n_tumors=0, n_lines=24, n_genes=5, n_lineages=2, n_trials=0, omics_of_tumors=()
    )
    report = build_report(results_of(little), settings)
    assert "tuning" not in report.plots
    assert all(f'id="{section}"' in report.html for section in SECTIONS)


def test_without_lines_to_judge_by_the_page_says_so_and_shows_no_figure_of_them(
    unjudged, report, settings, page_of
):
    without = build_report(unjudged, settings)
    text = " ".join(page_of(without.html).text.split())
    assert NOT_JUDGED in text
    assert "0 test lines" in text
    assert "judged on unseen patients" not in text
    of_test = {
        "comparison", "measured_against_predicted", "per_gene_r", "interval_coverage",
        "predictor_against_ridge",
    }  # fmt: skip
    assert of_test < report.plots.keys()
    assert not of_test & without.plots.keys()
    assert not re.search(r"\b(nan|None)\b", text)

import re
from dataclasses import replace

import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.report.data_docs import data_docs
from deepdep.validation import validate_cohort

PAYLOAD = "<script>alert(1)</script>"
E = Omic.EXPRESSION


@pytest.fixture(scope="module")
def result(cohort, validate_settings):
    return validate_cohort(cohort, validate_settings)


@pytest.fixture(scope="module")
def html(result):
    return data_docs(result)


@pytest.fixture(scope="module")
def failed_html(cohort, validate_settings):
    """Docs of tumours of which a gene is named like a script, and has a value of -1."""
    table = cohort.tumors.omics[E]
    named = table.rename(columns={table.columns[3]: PAYLOAD})
    named.loc[named.index[0], PAYLOAD] = -1
    tumors = replace(cohort.tumors, omics=cohort.tumors.omics | {E: named}, release="Xena")
    return data_docs(validate_cohort(replace(cohort, tumors=tumors), validate_settings))


def test_every_check_stands_in_the_section_of_its_table(result, html, page_of):
    page = page_of(html)
    ids = [attributes["id"] for attributes in page.all("section")]
    assert ids[:4] == ["overview", "sources", "gene_effect-h5ad", "gene_sets-gmt"]
    assert len(ids) == 2 + len({check.table for check in result.checks})
    for title in {check.title for check in result.checks}:
        assert title in page.text


def test_a_cohort_that_passes_is_called_fit(html, page_of):
    page = page_of(html)
    assert "Yes: every check that the pipeline would stop for passed." in page.text
    assert "What must be put right" not in page.text
    assert "mark failed" not in [cell.get("class") for cell in page.all("td")]


def test_a_failure_is_told_with_what_to_do_and_what_it_concerns(failed_html, page_of):
    page = page_of(failed_html)
    assert "No: the pipeline stops, as 1 check failed." in page.text
    assert "What must be put right" in page.text
    assert "has a minimum of -1 (log2(TPM+1)), expected at least 0." in page.text
    assert "Convert the table to log2(TPM+1)" in page.text
    assert "mark failed" in [cell.get("class") for cell in page.all("td")]


def test_a_gene_named_like_a_script_stays_a_name(failed_html, page_of):
    page = page_of(failed_html)
    assert PAYLOAD in page.text
    assert not page.all("script")


def test_the_release_is_told_where_it_is_stated(html, failed_html):
    assert "assembly and release" not in html
    assert "Xena" in failed_html


def test_the_page_opens_offline(html, page_of):
    without_images = re.sub(r"base64,[A-Za-z0-9+/=]+", "", html)
    assert not re.search(r"(https?:)?//[a-z]", without_images)
    assert "url(" not in without_images
    page = page_of(html)
    assert not page.all("link")
    assert all(link["href"].startswith("#") for link in page.all("a"))
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.all("img"))


def test_no_sample_and_no_patient_is_named(cohort, html, failed_html):
    groups = (cohort.cell_lines, cohort.tumors)
    names = {name for group in groups for name in (*group.obs.index, *group.obs["patient_id"])}
    words = set(re.findall(r"[\w-]+", html + failed_html))
    assert names
    assert not names & words


def test_the_same_cohort_gives_the_same_bytes(cohort, validate_settings, html):
    assert data_docs(validate_cohort(cohort, validate_settings)) == html


def test_numbers_read_with_a_true_minus(html, page_of):
    assert "at least \N{MINUS SIGN}20" in page_of(html).text


def test_a_cohort_without_tumours_has_docs_without_a_comparison(cohort, validate_settings, page_of):
    alone = validate_cohort(replace(cohort, tumors=None), validate_settings)
    page = page_of(data_docs(alone))
    assert "sources" not in [attributes["id"] for attributes in page.all("section")]
    assert not page.all("img")


def test_gaps_too_few_to_round_are_not_called_none(cohort, validate_settings, page_of):
    table = cohort.tumors.omics[E].copy()
    assert table.size > 4000
    table.iloc[0, 0] = np.nan
    tumors = replace(cohort.tumors, omics={E: table})
    result = validate_cohort(replace(cohort, tumors=tumors), validate_settings)
    assert "< 0.05 %" in page_of(data_docs(result)).text


def test_the_page_of_a_simulated_cohort_says_so_and_one_of_measured_samples_does_not(
    cohort, html, result
):
    assert "Simulated data." in html
    measured = replace(result, cohort=replace(result.cohort, simulated=False))
    assert "Simulated data." not in data_docs(measured)


def test_the_page_names_the_commit_that_it_was_made_by(result, page_of):
    assert "Code: commit 12ab" in " ".join(page_of(data_docs(result, "commit 12ab")).text.split())

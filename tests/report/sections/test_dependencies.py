import re
from dataclasses import replace

import pytest

from deepdep.report.document import Table
from deepdep.report.sections.dependencies import dependencies_section


@pytest.fixture
def section_of():
    return lambda results, min_samples=3: dependencies_section(
        results, n=3, min_deviation=0.5, min_samples=min_samples
    )


def test_the_planted_addiction_leads_its_lineage(results, section_of):
    table = next(
        b for b in section_of(results).blocks if getattr(b, "title", "").startswith("Genes that")
    )
    genes = {row.cells[0]: [chip.text for chip in row.cells[2]] for row in table.rows}
    assert genes["Skin"][0] == "SOX10"
    assert all("SOX10" not in genes[lineage] for lineage in genes if lineage != "Skin")


def with_genes(results, **columns):
    genes = results.tumors.genes.assign(**columns)
    return replace(results, tumors=replace(results.tumors, genes=genes))


def chips(page):
    return set(re.findall(r'<span class="(chip.*?)">', page.html))


def test_genes_that_are_not_trusted_are_greyed(results, section_of, shown):
    page = shown(section_of(with_genes(results, trusted=0.0)))
    assert chips(page) == {"chip muted"}
    assert "0 of 24 genes do better than chance" in " ".join(page.text.split())


def test_r_stands_with_its_interval_wherever_a_gene_is_named(results, section_of, shown):
    known = {"cv_r": 0.61, "cv_r_low": 0.42, "cv_r_high": 0.73, "trusted": 1.0}
    section = section_of(with_genes(results, **known))
    page = shown(section)
    assert chips(page) == {"chip"}
    assert page.text.count("r 0.61 (0.42 to 0.73)") == page.html.count('class="chip"')
    tables = [block for block in section.blocks if isinstance(block, Table)]
    tables += [block for block in section.blocks[-1].blocks if isinstance(block, Table)]
    for table in tables[1:]:
        place = [column.title for column in table.columns].index("cross-validated r")
        assert {tuple(row.cells[place : place + 3]) for row in table.rows} == {
            ("0.61", "0.42 to 0.73", "yes")
        }


def test_a_prediction_stands_with_its_interval(results, section_of):
    section = section_of(with_genes(results, half_width=0.25))
    (table,) = section.blocks[-1].blocks
    titles = [column.title for column in table.columns]
    row = table.rows[0].cells
    low, high = (float(end.replace("\u2212", "-"))
                 for end in row[titles.index("90 % interval")].split(" to "))  # fmt: skip
    assert high - low == pytest.approx(0.5)
    predicted = float(row[titles.index("predicted effect")].replace("\u2212", "-"))
    assert (low + high) / 2 == pytest.approx(predicted, abs=0.011)


def test_without_cross_validation_the_test_lines_say_whom_to_trust(results, section_of, shown):
    absent = dict.fromkeys(("cv_r", "cv_r_low", "cv_r_high", "trusted"), float("nan"))
    page = shown(section_of(with_genes(results, **absent, test_r=0.0)))
    assert chips(page) == {"chip muted"}
    assert "(test r)" in page.text
    assert chips(shown(section_of(with_genes(results, **absent, test_r=0.95)))) == {"chip"}


def test_unscreened_genes_of_unknown_accuracy_are_greyed(results, section_of, shown):
    columns = ("cv_r", "cv_r_low", "cv_r_high", "trusted", "test_r", "half_width")
    page = shown(section_of(with_genes(results, **dict.fromkeys(columns, float("nan")))))
    assert chips(page) == {"chip muted"}


def test_without_tumours_the_lines_are_mapped_and_said_to_be(results, section_of, shown):
    page = shown(section_of(replace(results, tumors=None)))
    assert "the map is of the cell lines" in page.text
    assert "among a cell line's strongest" in page.text


def test_lineages_that_are_too_small_give_no_map(results, section_of, shown):
    text = shown(section_of(results, min_samples=1000)).text
    assert "No lineage has enough samples for a map by lineage." in text


def test_without_any_r_of_genes_it_says_that_nothing_is_known(unjudged, section_of, shown):
    unknown = dict.fromkeys(("cv_r", "cv_r_low", "cv_r_high", "trusted", "test_r"), float("nan"))
    page = shown(section_of(with_genes(unjudged, **unknown)))
    assert "nothing is known of how well each gene was predicted" in page.text
    assert chips(page) == {"chip muted"}

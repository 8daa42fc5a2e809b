import re
from dataclasses import replace

import pytest

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


def test_genes_predicted_no_better_than_chance_are_greyed(results, section_of, shown):
    useless = results.tumors.genes.assign(test_r=0.0)
    untrusted = replace(results, tumors=replace(results.tumors, genes=useless))
    page = shown(section_of(untrusted))
    assert set(re.findall(r'<span class="(chip.*?)">', page.html)) == {"chip muted"}
    assert "0 of 24 genes do better than chance" in " ".join(page.text.split())


def test_unscreened_genes_of_unknown_accuracy_are_greyed(results, section_of, shown):
    unknown = results.tumors.genes.assign(test_r=float("nan"))
    page = shown(section_of(replace(results, tumors=replace(results.tumors, genes=unknown))))
    assert set(re.findall(r'<span class="(chip.*?)">', page.html)) == {"chip muted"}


def test_without_tumours_the_lines_are_mapped_and_said_to_be(results, section_of, shown):
    page = shown(section_of(replace(results, tumors=None)))
    assert "the map is of the cell lines" in page.text
    assert "among a cell line's strongest" in page.text


def test_lineages_that_are_too_small_give_no_map(results, section_of, shown):
    text = shown(section_of(results, min_samples=1000)).text
    assert "No lineage has enough samples for a map by lineage." in text

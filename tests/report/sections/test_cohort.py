from dataclasses import replace

from deepdep.domain.omics import Omic
from deepdep.report.document import Bar
from deepdep.report.sections.cohort import cohort_section


def test_samples_are_counted_per_omic(results):
    table = cohort_section(results).blocks[0]
    rows = {row.cells[0]: row.cells[1:] for row in table.rows}
    lines = results.prepared.omics[Omic.EXPRESSION].cell_lines
    assert rows["expression"][2] == Bar(f"{len(lines)} of 60", len(lines) / 60)
    assert rows["methylation"][1] == Bar("0 of 60", 0.0)  # no tumour has it


def test_a_row_without_any_measurement_does_not_count(results):
    tables = results.prepared.omics[Omic.EXPRESSION]
    blank = tables.cell_lines.copy()
    blank.iloc[0] = float("nan")
    omics = {Omic.EXPRESSION: replace(tables, cell_lines=blank)}
    fewer = replace(results, prepared=replace(results.prepared, omics=omics))
    bar = cohort_section(fewer).blocks[0].rows[0].cells[3]
    assert bar.text == f"{len(blank) - 1} of 60"


def test_what_validation_noted_is_told(results, shown):
    noted = replace(results, validation_notes=["tumors.h5mu: one lineage only"])
    assert "Validation noted: tumors.h5mu: one lineage only" in shown(cohort_section(noted)).text


def test_genes_without_a_fingerprint_are_counted(results, shown):
    assert "1 screened gene in no gene set" in shown(cohort_section(results)).text


def test_a_link_leads_to_every_check(results, shown):
    assert link_to_checks(results, shown) == "../reports/data_docs/index.html"  # of a study
    beside = replace(results, pages="")
    assert link_to_checks(beside, shown) == "data_docs/index.html"


def link_to_checks(results, shown):
    (link,) = [a for a in shown(cohort_section(results)).all("a") if "#" not in a["href"]]
    return link["href"]

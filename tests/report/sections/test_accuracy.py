from dataclasses import replace

import pandas as pd

from deepdep.report.sections.accuracy import accuracy_section


def names(section) -> list[str]:
    return [block.name for block in section.blocks if hasattr(block, "png")]


def test_the_best_gene_leads_one_table_and_the_worst_the_other(results):
    best, worst = accuracy_section(results).blocks[-1].tables
    r = results.per_gene.query("model == 'predictor'").set_index("gene")["r"]
    assert best.rows[0].cells[0] == r.idxmax()
    assert worst.rows[0].cells[0] == r.idxmin()
    assert not {row.cells[0] for row in best.rows} & {row.cells[0] for row in worst.rows}


def test_without_ridge_there_is_nothing_to_compare_gene_by_gene(results):
    per_gene = results.per_gene[results.per_gene["model"] != "ridge"]
    predicted = {m: t for m, t in results.unseen.predicted.items() if m != "ridge"}
    alone = replace(results, per_gene=per_gene, unseen=replace(results.unseen, predicted=predicted))
    assert names(accuracy_section(alone)) == [
        "measured_against_predicted", "per_gene_r", "interval_coverage", "learning_curve",
    ]  # fmt: skip


def test_no_measured_test_line_is_said(results, shown):
    empty = pd.DataFrame().reindex_like(results.unseen.measured)
    nothing = replace(results, unseen=replace(results.unseen, measured=empty))
    assert "No gene effect of a test line was measured." in shown(accuracy_section(nothing)).text


def test_classes_are_drawn_like_effects(results_of, story):
    section = accuracy_section(results_of(replace(story, kind="class")))
    assert "measured_against_predicted" in names(section)


def test_coverage_is_shown_for_the_models_that_give_intervals(results):
    table = next(
        block
        for block in accuracy_section(results).blocks
        if getattr(block, "title", "") == "Coverage on unseen patients"
    )
    assert {row.cells[1] for row in table.rows} == {"predictor"}
    of_all = results.metrics["models"]["predictor"]["all"]
    assert table.rows[0].cells[0] == "all"
    assert table.rows[0].cells[3] == f"{of_all['coverage']:.3f}"


def test_without_intervals_or_a_learning_curve_neither_is_drawn(results):
    without = results.per_gene.assign(coverage=float("nan"))
    found = names(accuracy_section(replace(results, per_gene=without, learning_curve=None)))
    assert not {"interval_coverage", "learning_curve"} & set(found)

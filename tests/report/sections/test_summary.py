from dataclasses import replace

import pytest

from deepdep.report.sections.summary import summary_section


def test_all_baselines_stand_in_the_table_of_models(results, shown):
    html = shown(summary_section(results)).html
    table = html[html.index("All genes (") : html.index("Selective genes (")]
    rows = [f'<td class="name">{m}</td>' in table for m in ("ridge", "lineage mean", "gene mean")]
    assert all(rows)


@pytest.mark.parametrize(
    ("difference", "low", "high", "verdict"),
    [
        (0.03, 0.01, 0.05, "better than ridge on all omics by 0.030"),
        (-0.03, -0.05, -0.01, "worse than ridge on all omics by 0.030"),
        (0.03, -0.01, 0.07, "no difference from ridge on all omics can be claimed"),
        (0.03, None, None, "not compared with ridge on all omics"),
    ],
)
def test_it_says_plainly_whether_the_predictor_wins(results, shown, difference, low, high, verdict):
    against_ridge = {"all": {"mean_gene_r": {"difference": difference, "low": low, "high": high}}}
    metrics = {**results.metrics, "differences": {"predictor - ridge": against_ridge}}
    assert f"All genes: {verdict}" in shown(summary_section(replace(results, metrics=metrics))).text


def test_metrics_that_are_not_defined_read_as_dashes(results, shown):
    nothing = {
        model: {stratum: dict.fromkeys(values) for stratum, values in strata.items()}
        for model, strata in results.metrics["models"].items()
    }
    undefined = replace(results, metrics={"models": nothing, "differences": {}})
    text = shown(summary_section(undefined)).text
    assert "mean per-gene correlation of –" in text  # noqa: RUF001
    assert "None" not in text
    assert "nan" not in text.lower().split()


def test_a_run_without_ridge_says_so_in_its_row(results, shown):
    models = {name: of for name, of in results.metrics["models"].items() if name != "ridge"}
    page = shown(summary_section(replace(results, metrics={"models": models})))
    assert "ridge –" in page.text  # noqa: RUF001
    assert '<td class="name">ridge</td>' in page.html


def test_strata_without_genes_are_left_out(results, shown):
    models = {name: {"all": of["all"]} for name, of in results.metrics["models"].items()}
    text = shown(summary_section(replace(results, metrics={"models": models}))).text
    assert "All genes" in text
    assert "Common essential genes" not in text

from dataclasses import replace

import pytest

from deepdep.report.document import ABSENT, MINUS
from deepdep.report.sections.summary import summary_section


@pytest.fixture
def section(shown):
    return lambda results: shown(summary_section(results, min_samples=3))


def test_all_baselines_stand_in_the_table_of_models(results, section):
    html = section(results).html
    table = html[html.index("All genes (") : html.index("Selective genes (")]
    rows = [f'<td class="name">{m}</td>' in table for m in ("ridge", "lineage mean", "gene mean")]
    assert all(rows)


@pytest.mark.parametrize(
    ("difference", "low", "high", "cell", "verdict"),
    [
        (0.03, 0.01, 0.05, "✓ +0.030 (0.010 to 0.050)", "is better by 0.030"),
        (
            -0.03,
            -0.05,
            -0.01,
            f"✗ {MINUS}0.030 ({MINUS}0.050 to {MINUS}0.010)",
            "is worse by 0.030",
        ),
        (0.03, -0.01, 0.07, f"≈ +0.030 ({MINUS}0.010 to 0.070)", "cannot be told from it"),
        (0.03, None, None, ABSENT, "was not compared with it"),
    ],
)
def test_it_says_plainly_whether_the_predictor_wins(
    results, section, difference, low, high, cell, verdict
):
    against_ridge = {"all": {"mean_gene_r": {"difference": difference, "low": low, "high": high}}}
    models = {name: results.metrics["models"][name] for name in ("predictor", "ridge")}
    metrics = {"models": models, "differences": {"predictor - ridge": against_ridge}}
    text = " ".join(section(replace(results, metrics=metrics)).text.split())
    assert f"ridge on all omics {cell}" in text
    assert "The best baseline, ridge on all omics, has 0." in text
    assert f"the predictor {verdict}." in text


def test_the_first_words_are_of_what_was_found(results, section):
    page = section(results)
    assert page.text.index("need of SOX10 in Skin") < page.text.index("no model saw")
    assert page.text.index("The predictor beside its baselines") < page.text.index("All genes (")


def test_it_leads_to_what_can_be_done_next(results, section):
    page = section(replace(results, pages=""))
    links = [a["href"] for a in page.all("a") if "#" not in a["href"]]
    assert links == ["explorer.html", "data_docs/index.html"]
    assert "deepdep promote deepdep-predictor" in page.text


def test_without_a_judgement_what_was_found_still_stands(unjudged, section):
    text = section(unjudged).text
    assert "genes are predicted better than by chance" in text
    assert "The predictor beside its baselines" not in text


def test_metrics_that_are_not_defined_read_as_dashes(results, section):
    nothing = {
        model: {stratum: dict.fromkeys(values) for stratum, values in strata.items()}
        for model, strata in results.metrics["models"].items()
    }
    undefined = replace(results, metrics={"models": nothing, "differences": {}})
    text = section(undefined).text
    assert "mean per-gene correlation of –" in text  # noqa: RUF001
    assert "None" not in text
    assert "nan" not in text.lower().split()


def test_a_run_without_ridge_says_so_in_its_row(results, section):
    models = {name: of for name, of in results.metrics["models"].items() if name != "ridge"}
    page = section(replace(results, metrics={"models": models}))
    assert f"ridge on all omics {ABSENT}" in " ".join(page.text.split())
    assert '<td class="name">ridge</td>' in page.html


def test_strata_without_genes_are_left_out(results, section):
    models = {name: {"all": of["all"]} for name, of in results.metrics["models"].items()}
    text = section(replace(results, metrics={"models": models})).text
    assert "All genes" in text
    assert "Common essential genes" not in text

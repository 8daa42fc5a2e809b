from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.artifacts import ClosedFormComposition, Composition
from deepdep.report.document import Section
from deepdep.report.sections.makeup import makeup_blocks, strongest

WEIGHTS = {Omic.EXPRESSION: 3.0, Omic.MUTATION: 1.0, Omic.METHYLATION: 0.0}
PAYLOAD = "<script>alert(1)</script>"


def weights_of(n):
    """Genes whose weights of one feature grow, alternating in sign."""
    signs = np.where(np.arange(n) % 2, 1, -1)
    return pd.DataFrame(
        {
            "gene": [f"NEED{i}" for i in range(n)],
            "omic": "expression",
            "feature": "feature3",
            "weight": signs * np.arange(1, n + 1) / 100,
        }
    )


MAKEUP = Composition(
    n_networks=3,
    network_share=0.05,
    closed_form=ClosedFormComposition(WEIGHTS, "copy_number", weights_of(12)),
    trusted=pd.Series([True, True, True, False]),
)


@pytest.fixture
def of(results, shown):
    """Render the blocks of a make-up, as text in one line."""

    def text(makeup):
        blocks = makeup_blocks(replace(results, makeup=makeup))
        return " ".join(shown(Section("makeup", "Make-up", blocks)).text.split())

    return text


def test_shares_and_counts_are_said(of):
    text = of(MAKEUP)
    assert "5 % of a prediction comes from 3 networks, the rest from a closed form" in text
    assert "cell lines, fills copy number where a sample lacks it, and adds 12 weights" in text
    assert "to 12 genes" in text
    assert "75 % of 4 genes can be trusted" in text


def test_tables_show_their_weight_and_their_share_of_it(of):
    text = of(MAKEUP)
    for row in ("expression 3.00 75 %", "mutation 1.00 25 %", "methylation 0.00 0 %"):
        assert row in text


def test_a_model_of_an_earlier_format_fills_all_and_features_may_not_have_helped(of):
    earlier = ClosedFormComposition(WEIGHTS, None, weights_of(0))
    text = of(replace(MAKEUP, closed_form=earlier))
    assert "with cell lines, and adds no single feature" in text
    assert "Strongest" not in text


@pytest.mark.parametrize(
    ("makeup", "said"),
    [
        (replace(MAKEUP, closed_form=None, network_share=1.0), "is the mean of 3 networks."),
        (replace(MAKEUP, closed_form=None, n_networks=1), "is the mean of 1 network."),
        (replace(MAKEUP, n_networks=0, network_share=0.0), "a closed form alone, without any"),
        (replace(MAKEUP, trusted=None), "trust its genes is not known"),
    ],
)
def test_parts_that_are_absent_are_not_shown_as_if_they_were_there(of, makeup, said):
    assert said in of(makeup)


def test_ten_of_the_weights_are_listed_the_strongest_first(of):
    text = of(MAKEUP)
    assert "NEED11 expression feature3 +0.120" in text
    listed = [f"NEED{i}" for i in range(12) if f"NEED{i} " in text]
    assert listed == [f"NEED{i}" for i in range(2, 12)]
    assert text.index("NEED11 ") < text.index("NEED10 ") < text.index("NEED2 ")


def test_weights_are_ranked_by_what_a_standard_deviation_of_the_feature_does(results):
    omic = results.prepared.omics[Omic.EXPRESSION]
    steps = np.resize([-1.0, 1.0], len(omic.cell_lines))
    lines = omic.cell_lines.assign(feature0=3 * steps, feature1=steps)
    table = omic.space.table.copy()
    table.loc["feature1", "scale_cell_line"] = 10.0
    changed = replace(omic, cell_lines=lines, space=replace(omic.space, table=table))
    prepared = replace(results.prepared, omics={Omic.EXPRESSION: changed})
    sd = steps.std(ddof=1)
    weights = pd.DataFrame(
        {
            "gene": ["A", "B"],
            "omic": "expression",
            "feature": ["feature0", "feature1"],
            "weight": [1.0, -0.5],
        }
    )
    first, second = strongest(weights, prepared, 5).to_dict("records")
    assert (first["gene"], second["gene"]) == ("B", "A")  # 10 units per SD
    assert first["per_sd"] == pytest.approx(-5 * sd, rel=1e-4)
    assert second["per_sd"] == pytest.approx(3 * sd, rel=1e-4)
    assert list(strongest(weights, prepared, 1)["gene"]) == ["B"]


def test_a_gene_named_like_a_script_stays_a_name(results, shown):
    weights = weights_of(2).assign(gene=PAYLOAD)
    makeup = replace(MAKEUP, closed_form=ClosedFormComposition(WEIGHTS, 0.0, weights))
    page = shown(Section("makeup", "Make-up", makeup_blocks(replace(results, makeup=makeup))))
    assert PAYLOAD in page.text
    assert not page.all("script")

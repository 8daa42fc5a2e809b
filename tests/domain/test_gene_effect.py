import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind, gene_class


@pytest.mark.parametrize(
    ("kind", "effects", "share"),
    [
        (GeneEffectKind.GENE_EFFECT, [-1.2, -0.5, -0.49, 0.3], 0.5),  # a line at -0.5 depends
        (GeneEffectKind.CLASS, [-2, -1, 0, 0], 0.5),
        (GeneEffectKind.CLASS, [-0.9, 0, 0, 0], 0.0),
        (GeneEffectKind.GENE_EFFECT, [-1, np.nan, np.nan, 0], 0.5),  # of the lines screened
    ],
)
def test_the_share_of_dependent_lines(kind, effects, share):
    table = pd.DataFrame({"GENE": effects})
    assert GeneEffect(table, kind).dependent_share["GENE"] == share


def test_a_gene_that_no_line_screened_has_no_share():
    table = pd.DataFrame({"GENE": [np.nan, np.nan]})
    assert np.isnan(GeneEffect(table, GeneEffectKind.GENE_EFFECT).dependent_share["GENE"])


@pytest.mark.parametrize(
    ("kind", "mean", "sd", "named"),
    [
        (GeneEffectKind.GENE_EFFECT, -1.0, 0.1, "common_essential"),
        (GeneEffectKind.GENE_EFFECT, -1.0, 0.32, "selective"),  # 5.9 % of lines do without it
        (GeneEffectKind.GENE_EFFECT, -0.3, 0.15, "selective"),  # 9 % of lines depend on it
        (GeneEffectKind.GENE_EFFECT, 0.2, 0.25, "selective"),  # it varies
        (GeneEffectKind.GENE_EFFECT, 0.0, 0.1, "other"),
        (GeneEffectKind.CLASS, 0.0, 0.25, "other"),  # in which units it varies is not known
        (GeneEffectKind.CLASS, -1.9, 0.3, "common_essential"),
        (GeneEffectKind.CLASS, -0.5, 0.5, "selective"),
    ],
)
def test_a_gene_is_classed_by_its_mean_and_spread(kind, mean, sd, named):
    genes = pd.DataFrame({"mean": [mean], "sd": [sd]}, index=["GENE"])
    assert gene_class(genes, kind)["GENE"] == named

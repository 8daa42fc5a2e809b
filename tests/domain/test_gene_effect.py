import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind


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

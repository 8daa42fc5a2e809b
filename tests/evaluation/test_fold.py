import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.evaluation.fold import Stratum, gene_statistics, strata

LINES = [f"l{i}" for i in range(40)]


def effects(kind, **columns):
    return GeneEffect(pd.DataFrame(columns, index=LINES, dtype=float), kind)


def members_of(training, **further):
    found = strata(gene_statistics(training), training.kind, further)
    return {stratum: list(genes) for stratum, genes in found.items()}


@pytest.fixture
def gene_effect():
    """Share of dependent lines and spread are known for every gene."""
    even = np.linspace(-1, 1, 40) * np.sqrt(3)  # SD 1.025
    return effects(
        GeneEffectKind.GENE_EFFECT,
        never=0.05 * even,
        one_line=[-0.6, *[-0.4] * 39],  # 2.5 % of the lines, SD 0.03
        two_lines=[-0.6] * 2 + [-0.4] * 38,  # 5 %
        varied=0.25 * even,  # no line below -0.5
        highly_varied=[-2.0, *[0.0] * 39],  # one line; SD 0.316
        always=-1.5 + 0.1 * even,
    )


def test_strata_of_gene_effects(gene_effect):
    members = members_of(gene_effect)
    assert members == {
        Stratum.ALL: list(gene_effect.table.columns),
        Stratum.SELECTIVE: ["two_lines", "varied", "highly_varied"],
        Stratum.HIGH_VARIANCE: ["highly_varied"],
        Stratum.COMMON_ESSENTIAL: ["always"],
    }


def test_classes_are_selective_by_share_alone():
    classes = effects(
        GeneEffectKind.CLASS,
        one_line=[-2, *[0] * 39],  # SD 0.316 in classes
        some=[-1] * 10 + [0] * 30,
        always=[-1] * 20 + [-2] * 20,  # SD 0.5, but every line depends on it
    )
    members = members_of(classes)
    assert members == {
        Stratum.ALL: ["one_line", "some", "always"],
        Stratum.SELECTIVE: ["some"],
        Stratum.COMMON_ESSENTIAL: ["always"],
    }


def test_drivers_and_groups_of_ones_own_are_strata_where_they_were_screened():
    screen = effects(
        GeneEffectKind.CLASS, BRAF=[-1] * 5 + [0] * 35, PARP1=[0] * 40, SOX10=[0] * 40, x=[0] * 40
    )
    assert members_of(screen, mine=("x", "BRAF", "NRAS"), not_here=("WRN",)) == {
        Stratum.ALL: ["BRAF", "PARP1", "SOX10", "x"],
        Stratum.SELECTIVE: ["BRAF"],
        Stratum.DRIVERS: ["BRAF", "SOX10"],
        Stratum.WITH_CAUSE: ["BRAF"],
        Stratum.DRUGGABLE: ["BRAF", "PARP1"],
        "mine": ["BRAF", "x"],
    }


def test_statistics_ignore_lines_that_were_not_screened():
    missing = [float("nan")] * 36
    statistics = gene_statistics(
        effects(
            GeneEffectKind.GENE_EFFECT, g=[-1, -1, 1, 1, *missing], unknown=[*missing, *missing[:4]]
        )
    )
    assert statistics.loc["g", "dependent_share"] == 0.5
    assert statistics.loc["g", "training_mean"] == 0
    assert statistics.loc["g", "sd"] == pytest.approx(np.sqrt(4 / 3))
    assert statistics.loc["unknown"].isna().all()


def test_row_order_does_not_matter(gene_effect):
    reversed_rows = GeneEffect(gene_effect.table[::-1], gene_effect.kind)
    assert members_of(reversed_rows) == members_of(gene_effect)

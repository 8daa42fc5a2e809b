import numpy as np
import pandas as pd
import pytest

from deepdep.report.plots.intervals import interval_coverage


@pytest.fixture
def per_gene():
    return pd.DataFrame(
        {
            "coverage": [0.8, 0.9, 1.0, np.nan],
            "interval_width": [1.0, 0.5, np.inf, np.nan],
            "sd": [0.4, 0.3, 0.2, 0.1],
            "n_lines": [20, 20, 20, 0],
            "selective": [True, False, False, False],
        }
    )


def test_every_judged_gene_is_counted_beside_the_nominal_coverage(per_gene):
    axes = interval_coverage(per_gene, 0.9).axes[0]
    assert sum(bar.get_height() for bar in axes.patches[1:]) == 3
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["nominal 0.90", "mean 0.900"]


def test_a_gene_whose_interval_is_infinite_has_no_place_among_the_widths(per_gene):
    axes = interval_coverage(per_gene, 0.9).axes[1]
    drawn = np.concatenate([points.get_offsets() for points in axes.collections])
    assert sorted(drawn.tolist()) == [[0.3, 0.5], [0.4, 1.0]]


def test_all_covered_or_one_gene_alone_can_be_drawn(per_gene):
    assert interval_coverage(per_gene.assign(coverage=1.0), 0.9).axes
    assert interval_coverage(per_gene.iloc[[1]], 0.9).axes

import pandas as pd
import pytest

from deepdep.report.plots.learning_curve import learning_curve


@pytest.fixture
def table():
    """Rows out of order; ridge has no interval."""
    return pd.DataFrame(
        {
            "n_lines": [80, 20, 40, 20, 80],
            "model": ["predictor", "predictor", "predictor", "ridge", "ridge"],
            "mean_gene_r": [0.3, 0.2, 0.25, 0.1, 0.28],
            "low": [0.28, 0.15, 0.2, None, None],
            "high": [0.32, 0.25, 0.3, None, None],
        }
    )


def test_each_model_has_a_line_from_few_lines_to_many(table):
    axes = learning_curve(table).axes[0]
    lines = {line.get_label(): line for line in axes.lines if line.get_label()[0] != "_"}
    assert set(lines) == {"predictor", "ridge"}
    assert lines["predictor"].get_xdata().tolist() == [20, 40, 80]
    assert lines["predictor"].get_ydata().tolist() == [0.2, 0.25, 0.3]
    assert lines["predictor"].get_color() != lines["ridge"].get_color()


def test_a_band_is_drawn_where_there_is_an_interval(table):
    predictor, ridge = learning_curve(table).axes[0].collections
    assert predictor.get_paths()[0].get_extents().height == pytest.approx(0.32 - 0.15)
    assert not ridge.get_paths()


def test_sizes_are_the_ticks(table):
    assert learning_curve(table).axes[0].get_xticks().tolist() == [20, 40, 80]

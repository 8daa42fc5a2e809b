import pandas as pd
import pytest
from matplotlib.colors import to_hex

from deepdep.report.plots.parallel_coordinates import (
    SPREAD,
    numeric_scale,
    parallel_coordinates,
    scale_of,
)
from deepdep.report.plots.style import FAINT, VERMILION

SETTINGS = ["finetune.dropout", "pretrain.*.widths"]


@pytest.fixture
def trials():
    """Two complete trials, one pruned and one that failed."""
    return pd.DataFrame(
        {
            "number": range(4),
            "state": ["complete", "pruned", "complete", "fail"],
            "value": [0.1, 0.05, 0.3, None],
            "finetune.dropout": [0.0, 0.5, 1.0, 0.2],
            "pretrain.*.widths": ["[8]", "[8]", "[16]", "[4]"],
        }
    )


def trial_lines(figure):
    return [line for line in figure.axes[0].lines if len(line.get_ydata()) != 2 or (
        line.get_xdata()[0] != line.get_xdata()[1]
    )]  # fmt: skip


def test_a_complete_trial_ends_at_its_score_and_a_pruned_one_before(trials):
    pruned, worse, best = trial_lines(parallel_coordinates(trials, SETTINGS, chosen=2))
    assert len(pruned.get_ydata()) == 2
    assert pruned.get_color() == FAINT
    assert (worse.get_ydata()[0], worse.get_ydata()[-1]) == (0, 0)
    assert (best.get_ydata()[0], best.get_ydata()[-1]) == (1, 1)
    assert to_hex(best.get_color()) == VERMILION.lower()
    assert to_hex(worse.get_color()) != VERMILION.lower()


def test_one_setting_is_enough(trials):
    _, best = trial_lines(parallel_coordinates(trials[trials["state"] == "complete"], SETTINGS[:1]))
    assert best.get_ydata().tolist() == [1, 1]


def test_the_middle_of_a_logarithmic_axis_is_the_geometric_mean():
    values = pd.Series([0.001, 0.01, 0.1])
    assert numeric_scale(values, logarithmic=True).places.tolist() == pytest.approx([0, 0.5, 1])
    assert numeric_scale(values).places[1] < 0.1
    assert [text for _, text in numeric_scale(values).ticks] == ["0.001", "0.1"]


def test_a_setting_that_never_changed_stands_in_the_middle():
    scale = numeric_scale(pd.Series([0.3, 0.3]))
    assert scale.places.tolist() == [0.5, 0.5]
    assert scale.ticks == ((0.5, "0.3"),)


def test_choices_stand_in_the_order_of_their_numbers_before_words():
    scale = scale_of(pd.Series(["[128]", '"frozen"', "[16, 4]", "[16, 2]"]))
    assert [text for _, text in scale.ticks] == ["16 2", "16 4", "128", "frozen"]
    assert scale.places.rank().tolist() == [3, 4, 2, 1]


def test_a_list_of_words_is_shortened():
    scale = scale_of(pd.Series(['["mutation", "expression"]', '["mutation"]']))
    assert {text for _, text in scale.ticks} == {"muta expr", "mutation"}


def test_trials_that_chose_alike_do_not_fall_into_one_line():
    places = scale_of(pd.Series(["a", "a", "b"])).places
    assert places.tolist() == pytest.approx([-SPREAD, SPREAD, 1 - SPREAD])

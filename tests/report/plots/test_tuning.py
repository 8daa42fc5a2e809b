import numpy as np
import pandas as pd
import pytest

from deepdep.report.plots.tuning import (
    accuracy_against_size,
    pareto_front,
    setting_importances,
    trial_history,
)


@pytest.fixture
def trials():
    """Trial 2 is the best; one was stopped early and one failed."""
    return pd.DataFrame(
        {
            "number": range(5),
            "state": ["complete", "pruned", "complete", "fail", "complete"],
            "value": [0.1, 0.05, 0.3, np.nan, 0.2],
            "n_weights": [100, np.nan, 300, np.nan, 300],
        }
    )


def drawn(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_the_history_shows_the_best_so_far_and_what_became_of_each_trial(trials):
    lines = drawn(trial_history(trials, chosen=2))
    assert lines["best so far"].get_ydata().tolist() == [0.1, 0.3, 0.3]
    numbers = {name: line.get_xdata().tolist() for name, line in lines.items()}
    assert numbers["complete"] == [0, 2, 4]
    assert numbers["stopped early"] == [1]
    assert numbers["failed"] == [3]
    assert numbers["chosen"] == [2]


def test_a_history_without_pruned_or_failed_trials_does_not_name_them(trials):
    lines = drawn(trial_history(trials[trials["state"] == "complete"], chosen=2))
    assert set(lines) == {"best so far", "complete", "chosen"}


def test_importances_stand_in_their_order():
    table = pd.DataFrame({"setting": ["a", "b", "c"], "importance": [0.1, 0.7, 0.2]})
    axes = setting_importances(table).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "c", "a"]
    assert [bar.get_width() for bar in axes.patches] == [0.7, 0.2, 0.1]
    top, bottom = axes.patches[0], axes.patches[-1]
    assert (
        axes.transData.transform((0, top.get_y()))[1]
        > (axes.transData.transform((0, bottom.get_y()))[1])
    )


def test_on_the_front_only_more_weights_buy_accuracy(trials):
    front = pareto_front(trials[trials["state"] == "complete"])
    assert front["number"].tolist() == [0, 2]


def test_a_larger_network_that_is_no_better_is_not_on_the_front():
    trials = pd.DataFrame({"number": [0, 1], "value": [0.2, 0.2], "n_weights": [200, 100]})
    assert pareto_front(trials)["number"].tolist() == [1]


def test_size_and_accuracy_are_drawn_with_the_front_and_the_chosen_trial(trials):
    lines = drawn(accuracy_against_size(trials[trials["state"] == "complete"], chosen=2))
    assert lines["complete"].get_xdata().tolist() == [100, 300, 300]
    assert lines["none is both smaller\nand more accurate"].get_ydata().tolist() == [0.1, 0.3]
    assert lines["chosen"].get_xdata().tolist() == [300]

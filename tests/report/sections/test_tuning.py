from dataclasses import replace

import numpy as np
import pandas as pd

from deepdep.report.sections.tuning import (
    axes_to_draw,
    chosen_trial,
    flat,
    logarithmic_settings,
    tuning_section,
)

NO_IMPORTANCES = pd.DataFrame(columns=["setting", "importance"])


def pictures(section):
    return [block.name for block in section.blocks if block.kind == "picture"]


def words(page):
    return " ".join(page.text.split())


def test_tuning_that_was_off_is_said_to_be(results, shown):
    columns = ["number", "state", "value"]
    off = replace(results, trials=pd.DataFrame(columns=columns), best_values={})
    assert "Tuning was off" in shown(tuning_section(off)).text


def test_trials_are_counted_and_the_chosen_values_listed(results, shown):
    text = words(shown(tuning_section(results)))
    assert "6 trials (5 complete, 1 pruned)" in text
    assert "pretrain.expression.widths 64, 16" in text


def test_history_importances_and_settings_are_drawn(results):
    section = tuning_section(results)
    assert pictures(section) == ["tuning", "tuning_importances", "tuning_settings"]


def test_importances_of_few_trials_are_called_a_guess(results, shown):
    assert "From 5 complete trials this is little more than a guess" in words(
        shown(tuning_section(results))
    )
    number = np.arange(40)
    many = pd.DataFrame({"number": number, "state": "complete", "value": number / 40, "a": number})
    text = words(shown(tuning_section(replace(results, trials=many))))
    assert "guess" not in text


def test_trials_without_a_score_leave_a_section(results, shown):
    failed = results.trials.assign(state="fail", value=float("nan"))
    section = tuning_section(replace(results, trials=failed, importances=NO_IMPORTANCES))
    assert "6 fail" in shown(section).text
    assert not pictures(section)


def test_one_complete_trial_of_one_setting_has_a_history_alone(results):
    one = results.trials[["number", "state", "value", "finetune.dropout"]].iloc[:1]
    importances = pd.DataFrame({"setting": ["finetune.dropout"], "importance": [1.0]})
    section = tuning_section(replace(results, trials=one, importances=importances))
    assert pictures(section) == ["tuning"]


def test_trials_that_repeat_lost_ones_are_counted(results, shown):
    retried = results.trials.assign(retry_of=[np.nan, 0, np.nan, np.nan, 1, np.nan])
    text = words(shown(tuning_section(replace(results, trials=retried))))
    assert "2 trials repeated one that was lost with its process" in text


def test_two_aims_are_drawn_against_each_other(results):
    sized = results.trials.assign(state="complete", n_weights=[10, 20, 30, 40, 50, 60])
    assert "tuning_sizes" in pictures(tuning_section(replace(results, trials=sized)))


def test_of_equally_accurate_trials_the_smallest_then_the_first_is_chosen():
    trials = pd.DataFrame({"number": [0, 1, 2, 3], "value": [0.1, 0.3, 0.3, 0.3]})
    assert chosen_trial(trials) == 1
    assert chosen_trial(trials.assign(n_weights=[5, 30, 20, 20])) == 2
    assert chosen_trial(trials.iloc[:0]) is None


def test_only_the_most_important_of_many_settings_are_drawn_in_their_own_order():
    settings = [f"s{i:02}" for i in range(14)]
    importances = pd.DataFrame({"setting": settings, "importance": np.arange(14) / 10})
    assert axes_to_draw(settings, importances) == settings[3:]
    assert axes_to_draw(settings, NO_IMPORTANCES) == settings[:11]


def test_scales_come_from_the_space_that_was_searched(results):
    assert logarithmic_settings(results.params) == {"finetune.learning_rate"}
    assert logarithmic_settings({}) == set()


def test_nested_values_get_dotted_names():
    assert flat({"a": {"b": [1, 2], "c": None}, "d": {}}) == {
        "a.b": "1, 2",
        "a.c": "null",
        "d": "{}",
    }

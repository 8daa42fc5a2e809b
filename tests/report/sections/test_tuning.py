from dataclasses import replace

import pandas as pd

from deepdep.report.sections.tuning import flat, tuning_section


def test_tuning_that_was_off_is_said_to_be(results, shown):
    columns = ["number", "state", "value"]
    off = replace(results, trials=pd.DataFrame(columns=columns), best_values={})
    assert "Tuning was off" in shown(tuning_section(off)).text


def test_trials_are_counted_and_the_chosen_values_listed(results, shown):
    text = " ".join(shown(tuning_section(results)).text.split())
    assert "6 trials (5 complete, 1 pruned)" in text
    assert "pretrain.expression.widths 64, 16" in text


def test_trials_without_a_score_leave_a_section(results, shown):
    failed = results.trials.assign(state="fail", value=float("nan"))
    assert "6 fail" in shown(tuning_section(replace(results, trials=failed))).text


def test_nested_values_get_dotted_names():
    assert flat({"a": {"b": [1, 2], "c": None}, "d": {}}) == {
        "a.b": "1, 2",
        "a.c": "null",
        "d": "{}",
    }

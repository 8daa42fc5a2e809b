import pandas as pd
import pytest

from deepdep.validation import expectations as expect
from deepdep.validation.checks import N_EXAMPLES, run_suites
from deepdep.validation.expectations import Suite


@pytest.fixture
def frame() -> pd.DataFrame:
    """Eight rows; ``size`` counts up from 0."""
    return pd.DataFrame({"feature": [f"F{i}" for i in range(8)], "size": range(8), "is_there": 1})


def check_of(frame, expectation, shown=("feature",), samples=()):
    (check,) = run_suites([Suite("file/table", frame, [expectation], shown)], samples)
    return check


def test_what_passes_tells_the_value_nearest_to_the_limit(frame):
    low = check_of(frame, expect.at_least("size", -1, "size", "{observed:g}", "Grow"))
    high = check_of(frame, expect.at_most("size", 9, "size", "{observed:g}", "Shrink"))
    assert (low.success, low.observed, low.limit) == (True, 0, "at least -1")
    assert (high.success, high.observed, high.limit) == (True, 7, "at most 9")
    assert low.message is None
    assert low.n_failing == 0


def test_what_fails_tells_the_first_value_how_many_others_and_some_of_them(frame):
    check = check_of(
        frame, expect.at_most("size", 1, "size", "{feature}{others}: {observed:g}", "Shrink")
    )
    assert check.message == "file/table: 'F2' (and 5 more): 2, expected at most 1. Shrink."
    assert check.n_failing == 6
    assert check.examples == ("'F2'", "'F3'", "'F4'", "'F5'", "'F6'")
    assert len(check.examples) == N_EXAMPLES


def test_one_that_fails_has_no_others(frame):
    check = check_of(frame, expect.at_most("size", 6, "size", "{feature}{others}", "Shrink"))
    assert check.problem == "'F7'"


def test_rows_without_a_name_are_never_shown(frame):
    frame["feature"] = "secret"
    check = check_of(
        frame, expect.at_most("size", 1, "size", "size {observed:g}", "Shrink"), shown=()
    )
    assert check.problem == "size 7"
    assert (check.n_failing, check.examples) == (None, ())
    assert "secret" not in str(check)


def test_a_feature_with_a_samples_name_is_counted_but_not_named(frame):
    expectation = expect.at_most("size", 6, "size", "{feature}{others}", "Shrink")
    check = check_of(frame, expectation, samples={"F7"})
    assert check.problem == check.examples[0] == "(named like a sample)"


def test_braces_in_a_name_are_no_place_to_fill(frame):
    frame.loc[7, "feature"] = "{observed}{x}"
    assert check_of(frame, expect.at_most("size", 6, "size", "{feature}", "Shrink")).problem == (
        "'{observed}{x}'"
    )


def test_checks_come_in_the_order_of_their_expectations(frame):
    expectations = [
        expect.throughout("is_there", 1, "there", "absent", "one", "Bring it"),
        expect.rows(2, "rows", "Bring more"),
        expect.none("size", "size", "large", "none", "Shrink").as_note(),
    ]
    checks = list(run_suites([Suite("t", frame, expectations)], ()))
    assert [check.title for check in checks] == ["there", "rows", "size"]
    assert [check.severity for check in checks] == ["error", "error", "note"]
    assert [check.is_question for check in checks] == [True, False, False]


def test_an_expectation_that_cannot_be_checked_is_our_fault(frame):
    with pytest.raises(RuntimeError, match="file/table: ExpectColumnValuesToBeBetween broke"):
        check_of(frame, expect.at_most("absent", 1, "size", "", ""))

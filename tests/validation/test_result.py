import json
import math

import pytest

from deepdep.domain.cohort import CohortIdentity
from deepdep.domain.omics import Omic
from deepdep.validation import Check, Severity, SourceComparison, TableFacts, ValidationResult


def check(severity: Severity, *, success: bool) -> Check:
    problem, remedy = (None, None) if success else ("is wrong", "Put it right")
    return Check(
        table="tumors.h5mu",
        title="size",
        expectation="ExpectColumnValuesToBeBetween",
        column="size",
        severity=severity,
        success=success,
        observed=1.0,
        limit="at most 2",
        n_failing=None,
        examples=(),
        problem=problem,
        remedy=remedy,
    )


@pytest.fixture
def result() -> ValidationResult:
    """One check that passed, one that failed and two notes; no shift could be computed."""
    return ValidationResult(
        checks=(
            check(Severity.ERROR, success=True),
            check(Severity.ERROR, success=False),
            check(Severity.NOTE, success=False),
            check(Severity.NOTE, success=False),
        ),
        tables=(TableFacts("cell_lines.h5mu/mutation", 3, 4, "0/1", None, None, 0.5, 1, 2),),
        comparisons=(
            SourceComparison(Omic.MUTATION, "0/1", 4, 0.9, math.nan, 0.0, (0.0, 1.0), (4,), (4,)),
        ),
        cohort=CohortIdentity("demo", simulated=True, sha256="ab"),
    )


def test_failures_stop_and_notes_do_not(result):
    assert not result.success
    assert result.counts == {"n_checks": 4, "n_failed": 1, "n_notes": 2}


def test_a_failure_is_told_in_one_line(result):
    (failed,) = result.failed
    assert failed.message == "tumors.h5mu: is wrong, expected at most 2. Put it right."


def test_metrics_have_flat_names_and_are_numbers(result):
    assert result.metrics == {
        **result.counts,
        "cell_lines_mutation_missing_share": 0.5,
        "cell_lines_mutation_constant_share": 0.25,
        "cell_lines_mutation_repeated_share": 0.5,
        "mutation_mean_r": 0.9,
        "mutation_shifted_share": 0.0,
    }


def test_json_holds_the_messages_and_no_number_that_json_does_not_know(result):
    content = json.loads(result.to_json())
    assert content["success"] is False
    assert content["cohort"] == {"name": "demo", "simulated": True, "sha256": "ab"}
    assert content["comparisons"][0]["mean_shift"] is None
    assert [check["message"] is None for check in content["checks"]] == [True, False, False, False]

"""One thing that a table must satisfy, in words and as arguments of Great Expectations.

Great Expectations itself is imported in ``data.validation`` only, so that reading params.yaml
does not wait for it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

BETWEEN = "ExpectColumnValuesToBeBetween"


class Severity(StrEnum):
    """Whether the pipeline stops, or goes on and says so."""

    ERROR = "error"
    NOTE = "note"


@dataclass(frozen=True)
class Expectation:
    """One thing that a summary frame must satisfy.

    Attributes
    ----------
    type
        Name of a class of Great Expectations.
    arguments
        The arguments of that class.
    problem
        What is wrong when it fails, with places for ``{feature}``, the ``{others}`` that have
        it too, and ``{observed}``.
    expected
        What should have come.
    remedy
        What to do about it.
    """

    type: str
    arguments: dict[str, Any]
    problem: str
    expected: str
    remedy: str
    severity: Severity = Severity.ERROR

    @property
    def column(self) -> str | None:
        """The column of the frame that is looked at; None for the frame itself."""
        return self.arguments.get("column")

    def as_note(self) -> "Expectation":
        """Return the same expectation, of which a failure is only told."""
        return replace(self, severity=Severity.NOTE)


def at_least(column: str, limit: float, problem: str, remedy: str) -> Expectation:
    """Expect no value of a column to be lower."""
    arguments = {"column": column, "min_value": limit}
    return Expectation(BETWEEN, arguments, problem, f"at least {limit:g}", remedy)


def at_most(column: str, limit: float, problem: str, remedy: str) -> Expectation:
    """Expect no value of a column to be higher."""
    arguments = {"column": column, "max_value": limit}
    return Expectation(BETWEEN, arguments, problem, f"at most {limit:g}", remedy)


def below(column: str, limit: float, problem: str, remedy: str) -> Expectation:
    """Expect all values of a column to be lower."""
    arguments = {"column": column, "max_value": limit, "strict_max": True}
    return Expectation(BETWEEN, arguments, problem, f"below {limit:g}", remedy)


def throughout(column: str, value: object, problem: str, expected: str, remedy: str) -> Expectation:
    """Expect one value in all rows of a column."""
    arguments = {"column": column, "value_set": [value]}
    return Expectation("ExpectColumnValuesToBeInSet", arguments, problem, expected, remedy)


def rows(limit: int, noun: str, remedy: str) -> Expectation:
    """Expect at least so many rows."""
    problem, expected = f"holds {{observed:g}} {noun}", f"at least {limit}"
    arguments = {"min_value": limit}
    return Expectation("ExpectTableRowCountToBeBetween", arguments, problem, expected, remedy)


def no_match(regex: str, problem: str, expected: str, remedy: str) -> Expectation:
    """Expect no name of a feature to match a regular expression."""
    arguments = {"column": "feature", "regex": regex}
    return Expectation("ExpectColumnValuesToNotMatchRegex", arguments, problem, expected, remedy)

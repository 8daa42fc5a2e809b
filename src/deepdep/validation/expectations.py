"""What a table must satisfy, in words and as arguments of Great Expectations, and the limits."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pandas as pd

from deepdep.settings import Settings


@dataclass(frozen=True)
class ValidateSettings(Settings):
    """The ``validate`` group of params.yaml."""

    min_samples: int  # of every table
    min_features: int  # of every table
    min_labelled_lines: int  # screened cell lines with at least one omic
    min_shared_share: float  # of the cell lines' features in the tumours; below it, a note
    max_missing_share: float  # of a feature of an omic; of a sample, a note
    max_missing_share_gene_effect: float  # of a gene; libraries differ, so screens have gaps
    max_foreign_share: float  # of the features named by ids or as mouse genes
    min_mean_r: float  # of tumours' with cell lines' feature means; below it, a note
    max_mean_shift: float  # SD between the two overall means; above it, a note
    shift: float  # SD between two means of a feature from which on it counts as shifted
    max_shifted_share: float  # of the features; above it, a note
    twin_r: float  # of two samples' standardised profiles; from it on they are alike, a note
    twin_features: int  # that samples are compared on, the most variable


BETWEEN = "ExpectColumnValuesToBeBetween"


class Severity(StrEnum):
    """Whether the pipeline stops, or goes on with a note."""

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
    title
        What is looked at, for a table of checks.
    problem
        What is wrong when it fails, with places for ``{observed}``, for the ``{others}`` that
        have it too, and for the columns that the suite shows.
    expected
        What should have come.
    remedy
        What to do about it, with the same places.
    """

    type: str
    arguments: dict[str, Any]
    title: str
    problem: str
    expected: str
    remedy: str
    severity: Severity = Severity.ERROR

    @property
    def column(self) -> str | None:
        """The column of the frame that is looked at; None for the frame itself."""
        return self.arguments.get("column")

    def as_note(self) -> "Expectation":
        """Return the same expectation, whose failure does not stop the pipeline."""
        return replace(self, severity=Severity.NOTE)


@dataclass(frozen=True)
class Suite:
    """What one summary frame must satisfy.

    Attributes
    ----------
    table
        File of the cohort, with the modality behind a slash.
    shown
        Columns that identify a row, the first of them its name. Where rows are samples there are
        none, and nothing but passed or failed leaves Great Expectations.
    """

    table: str
    frame: pd.DataFrame
    expectations: list[Expectation]
    shown: tuple[str, ...] = ()


def at_least(column: str, limit: float, title: str, problem: str, remedy: str) -> Expectation:
    """Expect no value of a column to be lower."""
    arguments = {"column": column, "min_value": limit}
    return Expectation(BETWEEN, arguments, title, problem, f"at least {limit:g}", remedy)


def at_most(column: str, limit: float, title: str, problem: str, remedy: str) -> Expectation:
    """Expect no value of a column to be higher."""
    arguments = {"column": column, "max_value": limit}
    return Expectation(BETWEEN, arguments, title, problem, f"at most {limit:g}", remedy)


def none(column: str, title: str, problem: str, expected: str, remedy: str) -> Expectation:
    """Expect all values of a column, which are counts, to be 0."""
    arguments = {"column": column, "max_value": 0}
    return Expectation(BETWEEN, arguments, title, problem, expected, remedy)


def below(column: str, limit: float, title: str, problem: str, remedy: str) -> Expectation:
    """Expect all values of a column to be lower."""
    arguments = {"column": column, "max_value": limit, "strict_max": True}
    return Expectation(BETWEEN, arguments, title, problem, f"below {limit:g}", remedy)


def reaches_below(
    column: str, limit: float, title: str, problem: str, expected: str, remedy: str
) -> Expectation:
    """Expect the lowest value of a column to be lower."""
    arguments = {"column": column, "max_value": limit, "strict_max": True}
    return Expectation("ExpectColumnMinToBeBetween", arguments, title, problem, expected, remedy)


def throughout(
    column: str, value: object, title: str, problem: str, expected: str, remedy: str
) -> Expectation:
    """Expect one value in all rows of a column."""
    arguments = {"column": column, "value_set": [value]}
    return Expectation("ExpectColumnValuesToBeInSet", arguments, title, problem, expected, remedy)


def rows(limit: int, noun: str, remedy: str) -> Expectation:
    """Expect at least so many rows."""
    problem, expected = f"holds {{observed}} {noun}", f"at least {limit}"
    arguments = {"min_value": limit}
    return Expectation("ExpectTableRowCountToBeBetween", arguments, noun, problem, expected, remedy)


def unique(column: str, title: str, problem: str, expected: str, remedy: str) -> Expectation:
    """Expect each value of a column once."""
    kind = "ExpectColumnValuesToBeUnique"
    return Expectation(kind, {"column": column}, title, problem, expected, remedy)


def no_match(
    column: str, regex: str, title: str, problem: str, expected: str, remedy: str
) -> Expectation:
    """Expect no text of a column to match a regular expression."""
    arguments = {"column": column, "regex": regex}
    kind = "ExpectColumnValuesToNotMatchRegex"
    return Expectation(kind, arguments, title, problem, expected, remedy)

"""What came of a validation; nothing here names a sample."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from deepdep.domain.cohort import CohortIdentity
from deepdep.errors import ValidationFailedError
from deepdep.validation.expectations import Severity
from deepdep.validation.sources import SourceComparison

# What Great Expectations answers with yes or no.
QUESTIONS = (
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToBeUnique",
    "ExpectColumnValuesToNotMatchRegex",
)


@dataclass(frozen=True)
class Check:
    """What came of one expectation.

    Attributes
    ----------
    table
        File of the cohort, with the modality behind a slash.
    title
        What was looked at, in words.
    expectation
        Name of the class of Great Expectations.
    column
        Column of the summary frame.
    observed
        The value of the first row that fails; otherwise the one nearest to the limit, or None.
    limit
        What was expected.
    n_failing
        How many features fail; None where rows of the frame are not features.
    examples
        The first of them.
    problem, remedy
        What is wrong and what to do about it, when the check failed.
    """

    table: str
    title: str
    expectation: str
    column: str | None
    severity: Severity
    success: bool
    observed: float | None
    limit: str
    n_failing: int | None
    examples: tuple[str, ...]
    problem: str | None
    remedy: str | None

    @property
    def is_question(self) -> bool:
        """Whether the title is something that is so or not, rather than a number."""
        return self.expectation in QUESTIONS

    @property
    def message(self) -> str | None:
        """One line for a person, when the check failed."""
        if self.problem is None:
            return None
        return f"{self.table}: {self.problem}, expected {self.limit}. {self.remedy}."


@dataclass(frozen=True)
class TableFacts:
    """How large a table is and what it holds.

    Attributes
    ----------
    missing_share
        Of all its values.
    n_constant
        Features with one value in all samples.
    n_repeated
        Other features that have the values of another one in all samples.
    """

    table: str
    n_samples: int
    n_features: int
    unit: str
    assembly: str | None
    release: str | None
    missing_share: float
    n_constant: int
    n_repeated: int


@dataclass(frozen=True)
class ValidationResult:
    """All checks of a cohort, in the order in which they are reported."""

    checks: tuple[Check, ...]
    tables: tuple[TableFacts, ...]
    comparisons: tuple[SourceComparison, ...]
    cohort: CohortIdentity

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks for which the pipeline must stop."""
        return tuple(c for c in self.checks if not c.success and c.severity is Severity.ERROR)

    @property
    def notes(self) -> tuple[Check, ...]:
        """Checks that a person should know of."""
        return tuple(c for c in self.checks if not c.success and c.severity is Severity.NOTE)

    @property
    def success(self) -> bool:
        """Whether the pipeline may go on."""
        return not self.failed

    def require_success(self) -> None:
        """Raise ValidationFailedError with the first failed check, and how many more there are."""
        if not self.success:
            first, *more = self.failed
            others = f" ({len(more)} more failed)" if more else ""
            raise ValidationFailedError(f"{first.message}{others}")

    @property
    def counts(self) -> dict[str, int]:
        """How many checks there were, and what came of them."""
        n_failed, n_notes = len(self.failed), len(self.notes)
        return {"n_checks": len(self.checks), "n_failed": n_failed, "n_notes": n_notes}

    @property
    def metrics(self) -> dict[str, float]:
        """Figures for the tracking of runs, by flat names."""
        figures: dict[str, float] = dict(self.counts)
        for facts in self.tables:
            name = facts.table.replace(".h5mu/", "_").replace(".h5ad", "")
            n_features = max(facts.n_features, 1)
            figures[f"{name}_missing_share"] = facts.missing_share
            figures[f"{name}_constant_share"] = facts.n_constant / n_features
            figures[f"{name}_repeated_share"] = facts.n_repeated / n_features
        for compared in self.comparisons:
            figures[f"{compared.omic}_mean_r"] = compared.mean_r
            figures[f"{compared.omic}_mean_shift"] = compared.mean_shift
            figures[f"{compared.omic}_shifted_share"] = compared.shifted_share
        return {name: value for name, value in figures.items() if math.isfinite(value)}

    def to_json(self) -> str:
        """Return the result as JSON; the same cohort gives the same text."""
        content = {
            "success": self.success,
            "cohort": asdict(self.cohort),
            **self.counts,
            "tables": [_plain(facts) for facts in self.tables],
            "comparisons": [_plain(compared) for compared in self.comparisons],
            "checks": [_plain(check) | {"message": check.message} for check in self.checks],
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass; a number that is not there is None in JSON."""
    return {
        name: None if isinstance(field, float) and not math.isfinite(field) else field
        for name, field in asdict(value).items()
    }

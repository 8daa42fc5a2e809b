"""What each matrix of a cohort must satisfy; the only door to Great Expectations."""

from deepdep.validation.expectations import Severity, ValidateSettings
from deepdep.validation.result import Check, TableFacts, ValidationResult
from deepdep.validation.sources import SourceComparison
from deepdep.validation.validate import validate_cohort

__all__ = [
    "Check",
    "Severity",
    "SourceComparison",
    "TableFacts",
    "ValidateSettings",
    "ValidationResult",
    "validate_cohort",
]

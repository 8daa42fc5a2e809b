"""Whether a cohort is what the pipeline takes it for; the only door to Great Expectations."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

from deepdep.data import requirements, summaries
from deepdep.data.expectations import Expectation, Severity
from deepdep.data.requirements import ValidateSettings
from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.errors import ValidationFailedError
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import UNITS
from deepdep.io.cohort import CELL_LINES, GENE_EFFECT, GENE_SETS, TUMORS

REMEDIES = {
    GENE_EFFECT: "Make it with `deepdep import tables DIR --gene-effect NAME --to DIR` or with "
    "`deepdep simulate`: the predictor learns from it",
    GENE_SETS: "Copy a GMT file there, such as MSigDB's C2: it is all that is known of a gene",
}


@dataclass(frozen=True)
class Check:
    """What came of one expectation.

    Attributes
    ----------
    table
        File of the cohort, with the modality behind a slash.
    expectation
        Name of the class of Great Expectations.
    column
        Column of the summary frame; see ``data.summaries``.
    observed
        The value of the first row that fails; otherwise the one nearest to the limit, or None.
    limit
        What was expected.
    message
        One line for a person, when the check failed.
    """

    table: str
    expectation: str
    column: str | None
    severity: Severity
    success: bool
    observed: float | None
    limit: str
    message: str | None


@dataclass(frozen=True)
class ValidationResult:
    """All checks of a cohort, in the order in which they are told."""

    checks: tuple[Check, ...]

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

    @property
    def metrics(self) -> dict[str, float]:
        """Counts for the tracking of runs."""
        n_failed, n_notes = len(self.failed), len(self.notes)
        return {"n_checks": len(self.checks), "n_failed": n_failed, "n_notes": n_notes}

    def to_json(self) -> str:
        """Return the result as JSON; the same cohort gives the same text."""
        checks = [asdict(check) for check in self.checks]
        content = {"success": self.success, **self.metrics, "checks": checks}
        return json.dumps(content, indent=1) + "\n"


@dataclass(frozen=True)
class _Suite:
    """Expectations of one summary frame.

    ``key`` is the column that names a row; None where rows are samples, of which nothing but
    passed or failed leaves Great Expectations.
    """

    table: str
    frame: pd.DataFrame
    expectations: list[Expectation]
    key: str | None = None


def validate_cohort(cohort: Cohort, settings: ValidateSettings) -> ValidationResult:
    """Check every table of a cohort, and what they must have in common."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    checks: list[Check] = []
    for number, suite in enumerate(_suites(cohort, settings)):
        checks += _run(suite, context, name=f"{number} {suite.table}")
    return ValidationResult(tuple(checks))


def raise_if_failed(result: ValidationResult) -> None:
    """Raise ValidationFailedError with the first failed check, and how many more there are."""
    if not result.success:
        first, *more = result.failed
        others = f" ({len(more)} more failed)" if more else ""
        raise ValidationFailedError(f"{first.message}{others}")


def _suites(cohort: Cohort, settings: ValidateSettings) -> Iterator[_Suite]:
    for file, content in ((GENE_EFFECT, cohort.gene_effect), (GENE_SETS, cohort.gene_sets)):
        is_there = pd.DataFrame({"is_there": [int(content is not None)]})
        yield _Suite(file, is_there, requirements.presence(REMEDIES[file]))
    yield from _of_samples(cohort.cell_lines, CELL_LINES, settings)
    if cohort.tumors is not None:
        yield from _of_samples(cohort.tumors, TUMORS, settings)
        shared = summaries.overlap_summary(cohort.cell_lines, cohort.tumors)
        yield _Suite(TUMORS, shared, requirements.overlap(settings), key="omic")
    if cohort.gene_effect is not None:
        yield from _of_gene_effect(cohort.gene_effect, settings)
        yield from _of_labels(cohort, cohort.gene_effect.table, settings)


def _of_samples(samples: Samples, file: str, settings: ValidateSettings) -> Iterator[_Suite]:
    for omic, table in samples.omics.items():
        expected = requirements.omic_features(UNITS[samples.units[omic]], settings)
        yield from _of_table(f"{file}/{omic}", table, expected, settings)
    yield _Suite(file, summaries.metadata_summary(samples), requirements.metadata())


def _of_gene_effect(gene_effect: GeneEffect, settings: ValidateSettings) -> Iterator[_Suite]:
    expected = requirements.gene_effect_features(gene_effect.kind, settings)
    of_genes, of_lines = _of_table(GENE_EFFECT, gene_effect.table, expected, settings)
    yield from (of_genes, of_lines)
    essential = summaries.essential_summary(of_genes.frame)
    if essential["n_essential"].item() >= requirements.MIN_ESSENTIAL_GENES:
        yield _Suite(GENE_EFFECT, essential, requirements.essentials())


def _of_table(
    name: str, table: pd.DataFrame, expected: list[Expectation], settings: ValidateSettings
) -> Iterator[_Suite]:
    yield _Suite(name, summaries.feature_summary(table), expected, key="feature")
    yield _Suite(name, summaries.sample_summary(table), requirements.table_samples(settings))


def _of_labels(
    cohort: Cohort, gene_effect: pd.DataFrame, settings: ValidateSettings
) -> Iterator[_Suite]:
    counts = summaries.label_summary(gene_effect, cohort.cell_lines, cohort.gene_sets)
    yield _Suite(GENE_EFFECT, counts, requirements.labels(settings))
    if cohort.gene_sets is not None:
        yield _Suite(GENE_SETS, counts, requirements.gene_sets())


def _run(suite: _Suite, context: Any, *, name: str) -> Iterator[Check]:
    """Validate one frame in a checkpoint; rows of samples are never reported."""
    asset = context.data_sources.pandas_default.add_dataframe_asset(name)
    definition = gx.ValidationDefinition(
        name=name,
        data=asset.add_batch_definition_whole_dataframe(name),
        suite=context.suites.add(gx.ExpectationSuite(name=name, expectations=_to_gx(suite))),
    )
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format=_result_format(suite),
    )
    outcome = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": suite.frame})
    (validated,) = outcome.run_results.values()
    by_position = {
        result.expectation_config.meta["position"]: result for result in validated.results
    }
    for position, expectation in enumerate(suite.expectations):
        yield _check(suite, expectation, by_position[position])


def _to_gx(suite: _Suite) -> list[gxe.Expectation]:
    return [
        getattr(gxe, expectation.type)(
            **expectation.arguments,
            severity="critical" if expectation.severity is Severity.ERROR else "info",
            meta={"position": position},  # results come in another order
        )
        for position, expectation in enumerate(suite.expectations)
    ]


def _result_format(suite: _Suite) -> dict[str, Any]:
    if suite.key is None:
        return {"result_format": "BOOLEAN_ONLY"}
    return {
        "result_format": "SUMMARY",
        "unexpected_index_column_names": [suite.key],
        "partial_unexpected_count": 1,  # the first one is told
    }


def _check(suite: _Suite, expectation: Expectation, result: Any) -> Check:
    if "'raised_exception': True" in str(result.exception_info):
        raise RuntimeError(f"{suite.table}: {expectation.type} broke: {result.exception_info}")
    observed = _observed(suite, expectation, result.result)
    return Check(
        table=suite.table,
        expectation=expectation.type,
        column=expectation.column,
        severity=expectation.severity,
        success=bool(result.success),
        observed=observed,
        limit=expectation.expected,
        message=None if result.success else _message(suite, expectation, result.result, observed),
    )


def _observed(suite: _Suite, expectation: Expectation, details: dict[str, Any]) -> float | None:
    """Return the first value that failed; else the one nearest to the limit."""
    if expectation.column is None:
        return len(suite.frame)
    unexpected = details.get("partial_unexpected_list")
    values = pd.Series(unexpected) if unexpected else suite.frame[expectation.column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    at_most = "max_value" in expectation.arguments and expectation.column != "minimum"
    nearest = values.max() if at_most else values.min()
    return None if pd.isna(nearest) else float(f"{nearest:.6g}")


def _message(
    suite: _Suite, expectation: Expectation, details: dict[str, Any], observed: float | None
) -> str:
    feature, others = "", ""
    if rows := details.get("partial_unexpected_index_list"):
        feature = repr(rows[0][suite.key])
        if n_others := details["unexpected_count"] - 1:
            others = f" (and {n_others} more)"
    problem = expectation.problem.format(feature=feature, others=others, observed=observed)
    return f"{suite.table}: {problem}, expected {expectation.expected}. {expectation.remedy}."

"""Runs expectations on their frames; the only door to Great Expectations."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pandas as pd

from deepdep.validation.expectations import Expectation, Severity, Suite
from deepdep.validation.features import quote_feature
from deepdep.validation.result import Check

N_EXAMPLES = 5  # features that are named, of all that fail a check


def run_suites(suites: Iterable[Suite], samples: Collection[str]) -> Iterator[Check]:
    """Check each suite's frame.

    Parameters
    ----------
    samples
        Names that no check may show.
    """
    import great_expectations as gx  # here, since who reads results need not wait for it
    from great_expectations import expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.pandas_default.add_dataframe_asset("summary")
    batches = asset.add_batch_definition_whole_dataframe("summary")
    for suite in suites:
        expectations = [
            getattr(gxe, expectation.type)(
                **expectation.arguments,
                severity="critical" if expectation.severity is Severity.ERROR else "info",
                meta={"position": position},  # results come in another order
            )
            for position, expectation in enumerate(suite.expectations)
        ]
        result_format: dict[str, Any] = {"result_format": "BOOLEAN_ONLY"}
        if suite.shown:
            result_format = {
                "result_format": "SUMMARY",
                "unexpected_index_column_names": list(suite.shown),
                "partial_unexpected_count": N_EXAMPLES,
            }
        batch = batches.get_batch(batch_parameters={"dataframe": suite.frame})
        validated = batch.validate(
            gx.ExpectationSuite(name=suite.table, expectations=expectations),
            result_format=result_format,
        )
        by_position = {
            result.expectation_config.meta["position"]: result for result in validated.results
        }
        for position, expectation in enumerate(suite.expectations):
            yield _check(suite, expectation, by_position[position], samples)


def _check(suite: Suite, expectation: Expectation, result: Any, samples: Collection[str]) -> Check:
    if "'raised_exception': True" in str(result.exception_info):
        raise RuntimeError(f"{suite.table}: {expectation.type} broke: {result.exception_info}")
    success, details = bool(result.success), result.result
    observed = _observed(suite, expectation, details)
    rows = [] if success else details.get("partial_unexpected_index_list") or []
    are_features = "feature" in suite.shown
    examples = tuple(quote_feature(row["feature"], samples) for row in rows if are_features)
    problem = remedy = None
    if not success:
        n_others = int(details.get("unexpected_count", 1)) - 1
        places = dict(rows[0]) if rows else {}
        places["others"] = f" (and {n_others:,} more)" if n_others > 0 else ""
        places["observed"] = observed
        if examples:
            places["feature"] = examples[0]
        problem = expectation.problem.format(**places)
        remedy = expectation.remedy.format(**places)
    return Check(
        table=suite.table,
        title=expectation.title,
        expectation=expectation.type,
        column=expectation.column,
        severity=expectation.severity,
        success=success,
        observed=observed,
        limit=expectation.expected,
        n_failing=int(details.get("unexpected_count", 0)) if are_features else None,
        examples=examples,
        problem=problem,
        remedy=remedy,
    )


def _observed(suite: Suite, expectation: Expectation, details: dict[str, Any]) -> float | None:
    """Return the first value that failed; else the one nearest to the limit."""
    if expectation.column is None:
        return len(suite.frame)
    unexpected = details.get("partial_unexpected_list")
    values = pd.Series(unexpected[:1]) if unexpected else suite.frame[expectation.column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    at_most = "max_value" in expectation.arguments and expectation.column != "minimum"
    nearest = values.max() if at_most else values.min()
    return None if pd.isna(nearest) else float(f"{nearest:.6g}")

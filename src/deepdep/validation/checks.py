"""Runs expectations on their frames; the only door to Great Expectations."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

from deepdep.validation.expectations import Expectation, Severity, Suite
from deepdep.validation.identifiers import told
from deepdep.validation.result import Check

N_EXAMPLES = 5  # features that are named, of all that fail a check


def run_suites(suites: Iterable[Suite], samples: Collection[str]) -> Iterator[Check]:
    """Check each suite's frame.

    Parameters
    ----------
    samples
        Names that no check may show.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.pandas_default.add_dataframe_asset("summary")
    batches = asset.add_batch_definition_whole_dataframe("summary")
    for suite in suites:
        batch = batches.get_batch(batch_parameters={"dataframe": suite.frame})
        expectations = gx.ExpectationSuite(name=suite.table, expectations=_to_gx(suite))
        validated = batch.validate(expectations, result_format=_result_format(suite))
        by_position = {
            result.expectation_config.meta["position"]: result for result in validated.results
        }
        for position, expectation in enumerate(suite.expectations):
            yield _check(suite, expectation, by_position[position], samples)


def _to_gx(suite: Suite) -> list[gxe.Expectation]:
    return [
        getattr(gxe, expectation.type)(
            **expectation.arguments,
            severity="critical" if expectation.severity is Severity.ERROR else "info",
            meta={"position": position},  # results come in another order
        )
        for position, expectation in enumerate(suite.expectations)
    ]


def _result_format(suite: Suite) -> dict[str, Any]:
    if not suite.told:
        return {"result_format": "BOOLEAN_ONLY"}
    return {
        "result_format": "SUMMARY",
        "unexpected_index_column_names": list(suite.told),
        "partial_unexpected_count": N_EXAMPLES,
    }


def _check(suite: Suite, expectation: Expectation, result: Any, samples: Collection[str]) -> Check:
    if "'raised_exception': True" in str(result.exception_info):
        raise RuntimeError(f"{suite.table}: {expectation.type} broke: {result.exception_info}")
    success, details = bool(result.success), result.result
    observed = _observed(suite, expectation, details)
    rows = [] if success else details.get("partial_unexpected_index_list") or []
    are_features = "feature" in suite.told
    problem = remedy = None
    if not success:
        places = _places(rows, details, observed, samples)
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
        examples=tuple(told(row["feature"], samples) for row in rows if are_features),
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


def _places(
    rows: list[dict[str, Any]],
    details: dict[str, Any],
    observed: float | None,
    samples: Collection[str],
) -> dict[str, Any]:
    """Fill what the words of an expectation leave open, from the first row that fails."""
    n_others = int(details.get("unexpected_count", 1)) - 1
    first = dict(rows[0]) if rows else {}
    if "feature" in first:
        first["feature"] = told(first["feature"], samples)
    others = f" (and {n_others:,} more)" if n_others > 0 else ""
    return {"observed": observed, "others": others, **first}

"""How long it takes to check a whole cohort, and how one expectation per column would do.

The cohort is made in memory: 1,000 cell lines and 1,000 tumours, four omics of 19,000 features
each, and 1,000 x 17,000 gene effects. `seconds` is one call of `validate_cohort`: every summary,
the profiles of samples, tumours against cell lines, and Great Expectations; imports (told apart)
and the reading of files are not in it. One expectation per column is measured on a few columns
of one table and scaled to all columns of that table; `ratio` sets it against the whole check.
"""

import json
import resource
import time

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from genome_wide import make_cohort

SEED = 0
SAMPLED_COLUMNS = 100


def main() -> None:
    cohort = make_cohort(np.random.default_rng(SEED))
    start = time.perf_counter()
    from deepdep.settings import read_settings
    from deepdep.validation import ValidateSettings, validate_cohort
    from pipeline_runs.project import ROOT

    import_seconds = time.perf_counter() - start
    settings = read_settings(ROOT / "params.yaml", "validate", ValidateSettings)
    before = peak_gigabytes()
    start = time.perf_counter()
    result = validate_cohort(cohort, settings)
    seconds = time.perf_counter() - start
    peak = peak_gigabytes()
    by_column = per_column_seconds(cohort.cell_lines.omics[Omic.EXPRESSION])
    figures = {
        "benchmark": "validate",
        "tables": len(result.tables),
        **result.counts,
        "seconds": round(seconds, 2),
        "import_seconds": round(import_seconds, 2),
        "peak_gigabytes": round(peak, 2),
        "peak_gigabytes_before": round(before, 2),
        "one_expectation_per_column_seconds": round(by_column, 1),
        "ratio": round(by_column / seconds, 1),
    }
    print(json.dumps(figures))


def per_column_seconds(table: pd.DataFrame) -> float:
    """Check that the values of each of some columns are in range; scale the time to all."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    columns = table.iloc[:, :: table.shape[1] // SAMPLED_COLUMNS].iloc[:, :SAMPLED_COLUMNS]
    asset = context.data_sources.pandas_default.add_dataframe_asset("columns")
    batches = asset.add_batch_definition_whole_dataframe("columns")
    start = time.perf_counter()
    expectations = [
        gxe.ExpectColumnValuesToBeBetween(column=name, min_value=0, max_value=25)
        for name in columns.columns
    ]
    suite = gx.ExpectationSuite(name="columns", expectations=expectations)
    validated = batches.get_batch(batch_parameters={"dataframe": columns}).validate(suite)
    seconds = time.perf_counter() - start
    if not validated.success:
        raise RuntimeError("the benchmark's own values are out of range")
    return seconds * table.shape[1] / SAMPLED_COLUMNS


def peak_gigabytes() -> float:
    """Memory of this process at its highest; Linux counts it in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()

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

from deepdep.domain.cohort import Cohort, Samples, Source
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic

SEED = 0
N_SAMPLES, N_FEATURES, N_GENES = 1_000, 19_000, 17_000
FEATURES = [f"SIM{i:05d}" for i in range(N_FEATURES)]
PROBES = [f"cg{i:08d}" for i in range(N_FEATURES)]
SAMPLED_COLUMNS = 100


def main() -> None:
    cohort = make_cohort(np.random.default_rng(SEED))
    start = time.perf_counter()
    from deepdep.data.validation.settings import ValidateSettings
    from deepdep.data.validation.validate import validate_cohort
    from deepdep.params import read_settings
    from roads.project import ROOT

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


def make_cohort(rng: np.random.Generator) -> Cohort:
    cell_lines = make_samples(rng, Source.CELL_LINE)
    effects = rng.normal(-0.1, 0.3, (N_SAMPLES, N_GENES)).astype(np.float32)
    effects[rng.random(effects.shape) < 0.02] = np.nan
    table = pd.DataFrame(effects, index=cell_lines.obs.index, columns=FEATURES[:N_GENES])
    return Cohort(
        cell_lines=cell_lines,
        tumors=make_samples(rng, Source.TUMOR),
        gene_effect=GeneEffect(table, GeneEffectKind.GENE_EFFECT),
        gene_sets={"SET": tuple(FEATURES[:100])},
    )


def make_samples(rng: np.random.Generator, source: Source) -> Samples:
    names = [f"{source}-{i}" for i in range(N_SAMPLES)]
    obs = pd.DataFrame({"patient_id": names, "lineage": "Lung", "source": source}, index=names)
    tables = {
        omic: pd.DataFrame(
            make_values(rng, omic),
            index=names,
            columns=PROBES if omic is Omic.METHYLATION else FEATURES,
        )
        for omic in Omic
    }
    return Samples(tables, obs, dict(DEFAULT_UNITS))


def make_values(rng: np.random.Generator, omic: Omic) -> np.ndarray:
    """Values in the omic's unit; the later a feature stands, the higher its mean."""
    level = np.linspace(0.2, 0.8, N_FEATURES, dtype=np.float32)
    values = rng.random((N_SAMPLES, N_FEATURES), dtype=np.float32)
    match omic:
        case Omic.MUTATION:
            return (values < 0.1 * level).astype(np.uint8)
        case Omic.EXPRESSION:
            return 12 * level + 4 * (values - 0.5)
        case Omic.METHYLATION:
            beta = level + 0.4 * (values - 0.5)
            beta[rng.random(beta.shape, dtype=np.float32) < 0.02] = np.nan
            return beta
        case Omic.COPY_NUMBER:
            return level - 0.5 + 2 * (values - 0.5)


def per_column_seconds(table: pd.DataFrame) -> float:
    """Check that the values of each of some columns are in range; scale the time to all."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    columns = table.iloc[:, :: N_FEATURES // SAMPLED_COLUMNS].iloc[:, :SAMPLED_COLUMNS]
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

"""Whether continuous effects beside coarse classes make better labels, on real2.

Classes of 945 lines are what real2 has most of; 329 of these lines have CERES effects of 456 genes,
92 have Chronos effects of 3,432. For each fold by patient of one seed the closed form is fitted to

- ``classes``: as `benchmarks/real.py` does;
- ``mixed``: continuous effects where there are any, given each gene's mean and SD of the classes
  of the lines that have both;
- ``soft``: mixed, and where there are classes alone, what a regression says of the continuous
  effect by the class and by what was predicted of the line when it was left out. Its two weights
  are one pair for all genes, learned on lines that have both.

Each is judged on the fold's lines by the class, by CERES and by Chronos, over the same genes: mean
per-gene r, with the 90 % interval of what a way gains over ``classes``, patients resampled. No
label of a judged line is learned from, of any kind. Prints one JSON line; without real2 none is
run.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from deepdep.data.cohort import read_cohort
from deepdep.data.folds import SplitMode
from deepdep.data.prepare import PreparedFold, prepare_fold
from deepdep.data.splits import LEARNED_FROM
from deepdep.experiments.models import FoldModels
from deepdep.experiments.plan import Plan
from deepdep.experiments.settings import TrainedModel
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.cross_fit import CrossFittedClosedForm
from real import TABLES_2, cohort_and_params
from real_pipeline import absent_data

CLASSES, CONTINUOUS = "dependency_class_22q1", ("ceres_20q4", "chronos_25q2")
MIN_BOTH = 10  # lines of a gene that have a class and a continuous effect
MIN_JUDGED = 10  # lines, of a gene and over all folds
N_RESAMPLES = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if absent := absent_data(TABLES_2):
        print(json.dumps({"benchmark": "labels", "skipped": f"there is no {absent[0]}"}))
        return
    continuous = {
        kind: pd.read_parquet(TABLES_2 / "gene_effect" / f"{kind}.parquet").astype(float)
        for kind in CONTINUOUS
    }
    predicted: dict[str, list[pd.DataFrame]] = {"classes": [], "mixed": [], "soft": []}
    folder, cohort_folder, params = cohort_and_params("real2", CLASSES)
    plan = Plan.read(cohort_folder, params, [SplitMode.PATIENT], str(given.seed), "closed_form")
    cohort, judged = read_cohort(cohort_folder), []
    for fold in plan.folds(cohort, folder / "labels"):
        prepared = prepare_fold(
            cohort, plan.prepare, plan.omics, plan.gene_list, fold.fold, fold.mode
        )
        judged.append(prepared.gene_effect.table.loc[prepared.lines, prepared.genes].astype(float))
        for way, effects in predictions(prepared, plan, given.seed, continuous).items():
            predicted[way].append(effects)
    patients = cohort.cell_lines.obs["patient_id"].astype(str)
    classes = pd.concat(judged, join="inner")
    of_ways = {way: pd.concat(of_folds, join="inner") for way, of_folds in predicted.items()}
    tables = {CLASSES: classes} | {
        kind: table * np.sign(agreement(table, classes)) for kind, table in continuous.items()
    }
    figures = {
        kind: compared(table, of_ways, patients, np.random.default_rng(given.seed))
        for kind, table in tables.items()
    }
    print(json.dumps({"benchmark": "labels", "seed": given.seed, "judged_by": figures}))


def predictions(
    fold: PreparedFold, plan: Plan, seed: int, continuous: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Predict the fold's lines by the closed form of each way of labels."""
    model, settings = plan.benchmark.models["closed_form"], plan.settings["closed_form"]
    if not isinstance(model, TrainedModel) or settings.finetune.closed_form is None:
        raise TypeError("closed_form is not trained")
    classes = fold.prepared.background.table.astype(float)
    mixed = classes.copy()
    for table in continuous.values():
        scaled = as_classes(table, classes)
        mixed.update(scaled)
    form = CrossFittedClosedForm.fit(fold.prepared, settings.finetune.closed_form)
    soft = softened(classes, mixed, form.left_out)
    found = {}
    for way, labels in {"classes": classes, "mixed": mixed, "soft": soft}.items():
        of_lines = fold.prepared.gene_effect.table.astype(float).copy()
        learned = fold.prepared.lines(*LEARNED_FROM)
        of_lines.loc[learned] = labels.reindex(index=learned, columns=of_lines.columns)
        prepared = replace(
            fold.prepared,
            gene_effect=replace(fold.prepared.gene_effect, table=of_lines),
            background=replace(fold.prepared.background, table=labels),
        )
        models = FoldModels(replace(fold, prepared=prepared), seed, plan.judge.baselines)
        found[way] = models.predict(replace(model, intervals=False), settings).predicted
    return found


def as_classes(effects: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Scale continuous effects, gene by gene, to the classes of the lines that have both."""
    lines = effects.index.intersection(classes.index)
    genes = effects.columns.intersection(classes.columns)
    given, known = effects.loc[lines, genes], classes.loc[lines, genes]
    both = given.notna() & known.notna()
    given, known = given.where(both), known.where(both)
    usable = (both.sum() >= MIN_BOTH) & (known.std() > 0) & (given.std() > 0)
    slope = known.std() / given.std() * np.sign(agreement(given, known))
    return ((given - given.mean()) * slope + known.mean()).loc[:, usable]


def softened(classes: pd.DataFrame, mixed: pd.DataFrame, left_out: pd.DataFrame) -> pd.DataFrame:
    """Put the expected continuous effect where there is a class alone and a prediction."""
    genes = left_out.columns.intersection(classes.columns)
    mean, sd = classes[genes].mean(), classes[genes].std().clip(lower=1e-6)
    z = [
        ((table.reindex(index=left_out.index, columns=genes) - mean) / sd).to_numpy()
        for table in (classes, left_out, mixed)
    ]
    has_both = np.isfinite(z[2]) & (z[2] != z[0])
    parts = np.stack([z[0][has_both], z[1][has_both]], axis=1)
    weights = np.linalg.lstsq(parts, z[2][has_both], rcond=None)[0]
    expected = weights[0] * z[0] + weights[1] * z[1]
    soft = pd.DataFrame(np.where(has_both, z[2], expected), left_out.index, genes) * sd + mean
    found = mixed.copy()
    found.loc[left_out.index, genes] = soft
    return found


def agreement(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """Correlate two tables over what both have; one may be positive where the other is negative."""
    lines, genes = a.index.intersection(b.index), a.columns.intersection(b.columns)
    x, y = (t.loc[lines, genes].to_numpy(float).ravel() for t in (a, b))
    both = np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[both], y[both])[0, 1])


def compared(
    measured: pd.DataFrame,
    predicted: Mapping[str, pd.DataFrame],
    patients: pd.Series,
    rng: np.random.Generator,
) -> dict:
    """Judge each way by one kind of labels."""
    first = predicted["classes"]
    lines = first.index.intersection(measured.index)
    genes = first.columns.intersection(measured.columns)
    kept = measured.loc[lines, genes]
    kept = kept.loc[:, (kept.notna().sum() >= MIN_JUDGED) & (kept.std() > 0)]

    def mean_r(table: pd.DataFrame, rows: Sequence[str]) -> float:
        sample = (each.loc[rows, kept.columns].reset_index(drop=True) for each in (kept, table))
        return float(pearson_per_gene(*sample).mean())

    of_patient = pd.Series(lines, lines).groupby(patients[lines].to_numpy()).agg(list)
    draws = []
    for _ in range(N_RESAMPLES):
        rows = [
            line
            for of in of_patient.iloc[rng.integers(len(of_patient), size=len(of_patient))]
            for line in of
        ]
        r = {way: mean_r(table, rows) for way, table in predicted.items()}
        draws.append({way: r[way] - r["classes"] for way in r})
    low, high = pd.DataFrame(draws).quantile(0.05), pd.DataFrame(draws).quantile(0.95)
    return {
        "lines": len(lines),
        "genes": len(kept.columns),
        "r": {way: round(mean_r(table, list(lines)), 4) for way, table in predicted.items()},
        "gain": {
            way: [round(float(low[way]), 4), round(float(high[way]), 4)]
            for way in predicted
            if way != "classes"
        },
    }


if __name__ == "__main__":
    main()

"""What the closed form costs, from 700 genes to all that a screen of today has.

Labels of 1,100 lines are simulated: a part that lines alike in expression share, a mutation of
another gene for every twentieth gene, noise, and a library's gaps. Four tables of features have
the sizes of DepMap's, cut by a factor that is printed. Each number of genes is fitted once in a
process of its own, with the settings of params.yaml, beside ridge on the expression by the code of
the baseline, its penalty tuned.

Processor seconds; the share of them that goes to products that no fit avoids, at the speed of
products of this machine, measured in the same process: lines with lines by each table, genes with
genes, a kernel with the labels, features with what is left over of the labels. Growth is the ratio
of seconds over the ratio of genes: 1 is proportional.
"""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from deepdep.models.baselines.baseline import fit_ridge
from deepdep.models.baselines.task import BaselineSettings, Task
from deepdep.models.closed_form import ClosedForm, ClosedFormSettings
from deepdep.models.kernel_fit import KernelLabels
from deepdep.settings import read_settings
from full_size.own_process import in_own_process, peak_gib
from full_size.published import SEED
from pipeline_runs.project import ROOT

PARAMS = ROOT / "params.yaml"
N_LINES, N_GENES = 1_100, (700, 3_500, 17_900)
N_FEATURES = {
    "mutation": 18_000,
    "expression": 19_000,
    "methylation": 20_000,
    "copy_number": 24_000,
}
N_FACTORS = 50  # what lines alike share
MUTATED = 0.03
GAPS = (0.1, 0.05)  # share of the lines, and of the genes, that a library lacks
SIDE = 3_000  # of the matrices whose product tells the machine's speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=int, default=4, help="that features are cut by")
    parser.add_argument("--genes", type=int, nargs="+", default=N_GENES)
    args = parser.parse_args()
    measured = {n: in_own_process(fit_genes, n, args.factor) for n in args.genes}
    figures = {
        "benchmark": "closed_form",
        "n_lines": N_LINES,
        "n_features": sum(N_FEATURES.values()) // args.factor,
        "features_cut_by": args.factor,
        "by_genes": measured,
        "growth": {
            f"{few} to {many}": round(
                measured[many]["seconds"] / measured[few]["seconds"] / (many / few), 2
            )
            for few, many in zip(args.genes, args.genes[1:], strict=False)
        },
    }
    print(json.dumps(figures))


def fit_genes(n_genes: int, factor: int) -> dict[str, float]:
    """Fit the closed form and ridge to so many genes, in this process alone."""
    rng = np.random.default_rng(SEED)
    tables, labels = simulated(n_genes, factor, rng)
    names = labels.effect.columns
    sets = {f"SET{k}": tuple(rng.choice(names, 50, replace=False)) for k in range(200)}
    settings = read_settings(PARAMS, "finetune.closed_form", ClosedFormSettings)
    fitted: list[ClosedForm] = []
    taken = processor_seconds(lambda: fitted.append(ClosedForm.fit(tables, labels, sets, settings)))
    weights = fitted[0].single_features.weights
    ridge = processor_seconds(lambda: tuned_ridge(tables["expression"], labels))
    single, double = gflops(np.float32), gflops(np.float64)
    n_features = sum(table.shape[1] for table in tables.values())
    products = {
        single: N_LINES**2 * n_features + N_LINES * n_genes**2,
        double: N_LINES**2 * n_genes + N_LINES * n_features * n_genes,
    }
    unavoidable = sum(2 * n / speed / 1e9 for speed, n in products.items())
    return {
        "seconds": round(taken, 1),
        "share_of_products": round(unavoidable / taken, 2),
        "ridge_seconds": round(ridge, 1),
        "n_weights": len(weights),
        "peak_gib": round(peak_gib(), 2),
        "gflops_float32": round(single, 1),
        "gflops_float64": round(double, 1),
    }


def simulated(
    n_genes: int, factor: int, rng: np.random.Generator
) -> tuple[dict[str, pd.DataFrame], KernelLabels]:
    """Tables of features (line, feature), and labels of so many genes; a patient has one line."""
    lines = pd.Index([f"L{k:04d}" for k in range(N_LINES)])
    factors = rng.normal(size=(N_LINES, N_FACTORS)).astype(np.float32)
    tables = {}
    for name, n_all in N_FEATURES.items():
        shape = (N_LINES, n_all // factor)
        if name == "mutation":
            values = (rng.random(shape, np.float32) < MUTATED).astype(np.float32) - MUTATED
        else:
            loadings = rng.normal(size=(N_FACTORS, shape[1])).astype(np.float32)
            values = 0.2 * factors @ loadings + rng.normal(size=shape).astype(np.float32)
        tables[name] = pd.DataFrame(values, lines, [f"G{k}" for k in range(shape[1])])
    effect = 0.1 * factors @ rng.normal(size=(N_FACTORS, n_genes)) + rng.normal(
        size=(N_LINES, n_genes)
    )
    of_others = rng.integers(tables["mutation"].shape[1], size=len(range(0, n_genes, 20)))
    effect[:, ::20] += 3 * tables["mutation"].to_numpy()[:, of_others]
    lacks = np.ix_(rng.random(N_LINES) < GAPS[0], rng.random(n_genes) < GAPS[1])
    effect[lacks] = np.nan
    patients = pd.Series([f"P{k:04d}" for k in range(N_LINES)], lines)
    names = [f"G{k}" for k in range(n_genes)]
    return tables, KernelLabels(pd.DataFrame(effect, lines, names), patients)


def tuned_ridge(features: pd.DataFrame, labels: KernelLabels) -> pd.DataFrame:
    """Tune and fit ridge on the lines but the last hundred, and predict these."""
    z = (features - features.mean()) / features.std()
    train, lines = labels.effect.index[:-100], labels.effect.index[-100:]
    effect = labels.effect.loc[train]
    settings = read_settings(PARAMS, "evaluate.baselines", BaselineSettings)
    obs = pd.DataFrame({"patient_id": labels.patient_id})
    return fit_ridge(effect, z, Task(effect, {}, obs, lines, effect.columns, {}, settings))


def processor_seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def gflops(dtype: type[np.floating]) -> float:
    """Multiply two square matrices a few times; return the best, per second of one processor."""
    matrix = np.random.default_rng(SEED).random((SIDE, SIDE)).astype(dtype)
    return 2 * SIDE**3 / min(processor_seconds(lambda: matrix @ matrix) for _ in range(4)) / 1e9


if __name__ == "__main__":
    main()

"""A project whose every number is small: folds, networks and epochs."""

import sys
from pathlib import Path

import yaml

from deepdep.settings import merged, overridden, read_params

ROOT = Path(__file__).parents[1]
SMALL = {
    "pretrain.*.encoder.widths": [8, 4],
    "pretrain.*.epochs": 2,
    "finetune.network.cell_widths": [8],
    "finetune.network.gene_widths": [8],
    "finetune.network.embedding": 4,
    "finetune.epochs": 3,
    "finetune.n_members": 1,
    "finetune.closed_form.kernel.weights": [0.3],
    "finetune.closed_form.kernel.penalties": [1.0, 4.0],
    "finetune.closed_form.kernel.n_folds": 2,
    "finetune.closed_form.single_features": {"n_candidates": 5, "penalties": [0.3], "n_folds": 2},
    "evaluate.protocol.n_bootstrap": 20,
    "evaluate.baselines.penalties": [1.0, 8.0],
}
CLOSED_FORM = {"finetune.n_members": 0}
NETWORK = {"finetune.n_members": 1, "finetune.closed_form": None}


def write_params(models, folder, omics=("mutation", "expression"), **of_benchmark):
    """Write a params.yaml, and the gene list it names; return its path."""
    tree = read_params(ROOT / "params.yaml")
    tree["omics"] = list(omics)
    (folder / "genes.txt").write_text("")
    tree["prepare"]["gene_list"] = str(folder / "genes.txt")
    tree = overridden(tree, SMALL)
    benchmark = {
        "folds": {"n_folds": 2, "validation": 0.2, "min_lines_per_lineage": 10},
        "modes": ["patient"],
        "seeds": [1],
        **of_benchmark,
    }
    tree["benchmark"] = merged(benchmark, {"models": models})
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return path


def main(data, folder):
    """Run the benchmark of a folder's params.yaml with two workers, without MLflow."""
    from deepdep.data.cohort import read_cohort
    from deepdep.experiments.plan import Plan
    from deepdep.experiments.run import run_folds_in_processes

    plan, to = Plan.read(data, folder / "params.yaml"), folder / "cells"
    folds = plan.folds(read_cohort(data), to)
    list(run_folds_in_processes(plan, folds, to, 2))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""Turns the JSON line of a benchmark of the pipeline into the tables of docs/benchmarks.md.

Usage: python benchmarks/real_pipeline.py | python benchmarks/tabulate.py
With `--strata all,drivers` one table has a pair of columns for each group of genes: mean per-gene r
and the lead of `--reference` over the model, with 95 % intervals.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from deepdep.evaluation import PREDICTOR, markdown_tables


def table_of_strata(metrics: Mapping[str, Any], strata: Sequence[str], reference: str) -> str:
    """Set one row per model, groups of genes side by side."""
    models = metrics["models"]
    n_genes = {s: next(iter(models.values()))[s]["n_genes"] for s in strata}
    header = [
        "model",
        *(cell for s in strata for cell in (f"{s}, {n_genes[s]:,.0f} genes", "lead")),
    ]
    rows = [header, ["---"] * len(header)]
    for model, of in models.items():
        row = [model]
        for stratum in strata:
            figures, r = of[stratum], "mean_gene_r"
            ends = f"{figures[f'{r}_low']:.3f} to {figures[f'{r}_high']:.3f}"
            compared = metrics["differences"].get(f"{reference} - {model}")
            row += [f"{figures[r]:.3f} ({ends})", _lead(compared[stratum][r]) if compared else ""]
        rows.append(row)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _lead(figures: Mapping[str, float]) -> str:
    return f"{figures['difference']:+.3f} ({figures['low']:+.3f} to {figures['high']:+.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strata", help="groups of genes, separated by commas")
    parser.add_argument("--reference", default=PREDICTOR, help="the model whose leads are told")
    given = parser.parse_args()
    metrics = json.loads(sys.stdin.read().splitlines()[-1])
    if given.strata:
        print(table_of_strata(metrics, given.strata.split(","), given.reference))
    else:
        print(markdown_tables(metrics, reference=given.reference))

"""Turns the JSON line of a road's benchmark into the tables of docs/benchmarks.md.

Usage: python benchmarks/real_road.py | python benchmarks/tabulate.py
"""

import json
import sys

COLUMNS = {
    "mean_gene_r": "mean per-gene r",
    "median_gene_r": "median r",
    "mean_gene_spearman": "Spearman",
    "share_gene_r_above_0.2": "share r > 0.2",
    "skill": "skill",
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "within_lineage_r": "r within lineage",
    "calibration_slope": "calibration",
    "overall_r": "overall r",
    "overall_mse": "overall MSE",
}


def main() -> None:
    figures = json.loads(sys.stdin.read().splitlines()[-1])
    for stratum in next(iter(figures["models"].values())):
        print(f"\n{stratum} ({figures['models']['predictor'][stratum]['n_genes']} genes)\n")
        print(table(figures, stratum))


def table(figures: dict, stratum: str) -> str:
    """Set one row per model, the interval beside the mean and the predictor's lead last."""
    header = ["model", *COLUMNS.values(), "predictor's lead"]
    rows = [header, ["---"] * len(header)]
    for model, strata in figures["models"].items():
        of = strata[stratum]
        cells = [shown(of[name]) for name in COLUMNS]
        cells[0] += f" ({shown(of['mean_gene_r_low'])} to {shown(of['mean_gene_r_high'])})"
        rows.append(
            [model, *cells, lead(figures["differences"].get(f"predictor - {model}"), stratum)]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def lead(difference: dict | None, stratum: str) -> str:
    if difference is None:
        return ""
    of = difference[stratum]["mean_gene_r"]
    return f"{of['difference']:+.3f} ({of['low']:+.3f} to {of['high']:+.3f})"


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()

"""Metrics as Markdown, one table per group of genes; the worse models stand in it too."""

from collections.abc import Mapping
from typing import Any

from deepdep.evaluation.comparison import PREDICTOR

ABSENT = "-"
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
    "coverage": "coverage",
    "interval_width": "width",
    "r_of_gene_means": "r of gene means",
    "overall_r": "overall r",
    "overall_mse": "overall MSE",
    "n_cells": "cells",
}


def markdown_tables(metrics: Mapping[str, Any], *, reference: str = PREDICTOR) -> str:
    """Set a table for each stratum, under a line that names it.

    Parameters
    ----------
    metrics
        ``models`` and ``differences`` as in ``reports/metrics.json`` or ``Comparison``.
    reference
        Whose lead over each other model stands in the last column.
    """
    models = metrics["models"].values()
    tables = []
    for stratum in dict.fromkeys(stratum for strata in models for stratum in strata):
        n_genes = max(strata[stratum]["n_genes"] or 0 for strata in models if stratum in strata)
        table = markdown_table(metrics, stratum, reference)
        tables.append(f"**{stratum}** ({n_genes:,.0f} genes)\n\n{table}")
    return "\n\n".join(tables)


def markdown_table(metrics: Mapping[str, Any], stratum: str, reference: str) -> str:
    """Set one row per model: figures, the interval beside the mean, the reference's lead last.

    A column that no model has a figure for is left out, and so are models without this stratum.
    """
    models = {
        name: strata[stratum] for name, strata in metrics["models"].items() if stratum in strata
    }
    columns = [name for name in COLUMNS if any(of.get(name) is not None for of in models.values())]
    leads = {name: _lead(metrics, f"{reference} - {name}", stratum) for name in models}
    header = ["model", *(COLUMNS[name] for name in columns), f"lead of {reference}"]
    rows = [header, ["---"] * len(header)]
    rows += [
        [model, *(_cell(of, column) for column in columns), leads[model]]
        for model, of in models.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(figures: Mapping[str, Any], column: str) -> str:
    value = figures.get(column)
    if column == "mean_gene_r" and value is not None:
        return f"{value:.3f} ({_ends(figures, 'mean_gene_r_', '.3f')})"
    if isinstance(value, int):
        return str(value)
    return _shown(value, ".3f")


def _lead(metrics: Mapping[str, Any], comparison: str, stratum: str) -> str:
    figures = metrics["differences"].get(comparison, {}).get(stratum, {}).get("mean_gene_r")
    if figures is None or figures["difference"] is None:
        return ""
    spread = f"{figures['difference']:+.3f} ({_ends(figures, '', '+.3f')}"
    p = figures.get("p_holm")
    if p is None:
        return f"{spread})"
    return f"{spread}; p < 0.001)" if p < 0.001 else f"{spread}; p {p:.3f})"


def _ends(figures: Mapping[str, Any], prefix: str, form: str) -> str:
    low, high = (_shown(figures[f"{prefix}{end}"], form) for end in ("low", "high"))
    return f"{low} to {high}"


def _shown(value: float | None, form: str) -> str:
    return ABSENT if value is None else format(value, form)

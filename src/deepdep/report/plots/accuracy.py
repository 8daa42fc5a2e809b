"""How well effects of unseen patients are predicted, always beside the baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from deepdep.report.document import number
from deepdep.report.plots.labels import label_points
from deepdep.report.plots.style import (
    FAINT,
    INK,
    MODEL_COLORS,
    SOFT,
    VERMILION,
    letter,
    model_title,
    new_figure,
    styled,
)

Z_95 = 1.96
OF_MODEL = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high")
OF_DIFFERENCE = ("difference", "low", "high")
N_NAMED = 5  # genes named at either end


@styled
def comparison(
    models: Mapping[str, Mapping[str, Mapping[str, float | None]]],
    differences: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float | None]]]],
    strata: Sequence[str],
) -> Figure:
    """Draw mean per-gene r of each model, and how far the predictor is ahead of it.

    Parameters
    ----------
    models, differences
        The parts of ``reports/metrics.json`` with these names.
    strata
        Which groups of genes to draw, from top to bottom.
    """
    figure = new_figure(max(1.8, 0.55 + 0.185 * len(strata) * (len(models) + 1)))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.1, 1))
    names: list[str] = []  # of the rows, a heading above each stratum's models
    for stratum in strata:
        _heading(left, len(names), f"{stratum.replace('_', ' ')} genes")
        names.append("")
        for model, of_stratum in models.items():
            ahead = differences.get(f"predictor - {model}", {}).get(stratum, {})
            color = MODEL_COLORS.get(model, INK)
            own, lead = of_stratum.get(stratum, {}), ahead.get("mean_gene_r", {})
            _interval(left, len(names), _estimate(own, OF_MODEL), color)
            _interval(right, len(names), _estimate(lead, OF_DIFFERENCE), color)
            names.append(model_title(model))
    left.set_yticks(range(len(names)), names)
    left.set_ylim(len(names) - 0.4, -0.6)
    left.set(title="mean per-gene r", xlabel="Pearson's r, 95 % interval")
    right.set(title="predictor minus baseline", xlabel="difference in mean per-gene r")
    for axes, name in ((left, "a"), (right, "b")):
        axes.margins(x=0.04)
        axes.axvline(0, color=INK, linewidth=0.6, linestyle=":", zorder=0)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        letter(axes, name, x=0.02)
    return figure


@styled
def per_gene_r_distribution(per_gene: pd.DataFrame, n_lines: float) -> Figure:
    """Draw how per-gene r is distributed, for all genes and for the selective ones.

    Parameters
    ----------
    per_gene
        Columns ``model``, ``r`` and ``selective``.
    n_lines
        Typical number of test lines per gene; it says how far r strays by chance.
    """
    figure = new_figure(2.8)
    panels = figure.subplots(1, 2, sharex=True)
    groups = {"all genes": per_gene, "selective genes": per_gene[per_gene["selective"]]}
    by_chance = Z_95 / np.sqrt(max(n_lines - 1, 1))
    for axes, name, (title, genes) in zip(panels, "ab", groups.items(), strict=True):
        axes.axvspan(-by_chance, by_chance, color=FAINT, alpha=0.45, linewidth=0, zorder=0)
        models = genes["model"].unique()
        for model in sorted(models, key=_place):
            _density(axes, model, genes.loc[genes["model"] == model, "r"].dropna().to_numpy())
        n_genes = genes["gene"].nunique()
        axes.set(title=f"{title} ({n_genes:,})", xlabel="Pearson's r per gene", ylim=(0, None))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=2)
        letter(axes, name, x=0.03)
    panels[0].set_ylabel("density of genes")
    panels[0].set_xlim(_limits(per_gene["r"], by_chance))
    return figure


@styled
def predictor_against_ridge(genes: pd.DataFrame) -> Figure:
    """Draw per-gene r of the predictor against ridge, and where the difference lies.

    Parameters
    ----------
    genes
        Columns ``predictor`` and ``ridge`` (per-gene r), ``selective`` and ``sd``; gene names as
        index.
    """
    figure = new_figure(3.3)
    left, right = figure.subplots(1, 2)
    gain = genes["predictor"] - genes["ridge"]
    _scatter(left, genes["ridge"], genes["predictor"], genes["selective"])
    limits = _limits(pd.concat([genes["ridge"], genes["predictor"]]), 0.2)
    left.axline((0, 0), slope=1, color=INK, linewidth=0.6, linestyle=":")
    left.set(xlim=limits, ylim=limits, aspect="equal", title="accuracy per gene")
    left.set(xlabel="r per gene, ridge", ylabel="r per gene, predictor")
    in_axes = left.transAxes
    left.text(0.03, 0.94, f"predictor better: {(gain > 0).sum():,} genes", transform=in_axes)
    left.text(
        0.97, 0.03, f"ridge better: {(gain < 0).sum():,} genes", ha="right", transform=in_axes
    )
    _scatter(right, genes["sd"], gain, genes["selective"])
    right.axhline(0, color=INK, linewidth=0.6, linestyle=":")
    right.set(title="where they differ", xlabel="SD of the effect over training lines")
    right.set_ylabel("r predictor minus r ridge")
    right.margins(0.08)
    right.legend(loc="lower right", handletextpad=0.1)
    for axes, name in ((left, "a"), (right, "b")):
        letter(axes, name)
    best = genes.nlargest(N_NAMED, "predictor")
    _name(left, best["ridge"], best["predictor"])
    ends = pd.concat([gain.nlargest(N_NAMED), gain.nsmallest(N_NAMED)])
    ends = ends[~ends.index.duplicated()]
    _name(right, genes.loc[ends.index, "sd"], ends)
    return figure


def _scatter(axes: Axes, x: pd.Series, y: pd.Series, selective: pd.Series) -> None:
    for is_one, color, name in ((False, SOFT, "other genes"), (True, VERMILION, "selective")):
        chosen = selective == is_one
        axes.scatter(x[chosen], y[chosen], s=9, color=color, alpha=0.55, linewidths=0, label=name)


def _name(axes: Axes, x: pd.Series, y: pd.Series) -> None:
    label_points(axes, np.column_stack([x, y]), [str(gene) for gene in x.index], italic=True)


@dataclass(frozen=True)
class _Estimate:
    """A figure and its interval, None where not computed."""

    middle: float | None
    low: float | None
    high: float | None


def _estimate(metrics: Mapping[str, float | None], keys: tuple[str, str, str]) -> _Estimate:
    return _Estimate(*(metrics.get(key) for key in keys))


def _heading(axes: Axes, row: int, words: str) -> None:
    axes.annotate(
        words,
        (0, row),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontweight="bold",
    )


def _interval(axes: Axes, row: int, estimate: _Estimate, color: str) -> None:
    if estimate.middle is None or not np.isfinite(estimate.middle):
        return
    if estimate.low is not None and estimate.high is not None:
        ends = [estimate.low, estimate.high]
        axes.plot(ends, [row, row], color=color, linewidth=1.6, solid_capstyle="round")
    axes.plot([estimate.middle], [row], "o", color=color, markersize=4.5)
    axes.annotate(
        number(estimate.middle),
        (1.03, row),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=6.5,
        annotation_clip=False,
    )


def _place(model: str) -> tuple[int, str]:
    """Sort the predictor first, then the baselines from hard to easy, then the rest."""
    known = list(MODEL_COLORS)
    return (known.index(model) if model in known else len(known), model)


def _density(axes: Axes, model: str, r: np.ndarray) -> None:
    if not len(r):
        return
    color = MODEL_COLORS.get(model, INK)
    label = f"{model_title(model)}: median {number(np.median(r), 2)}"
    if len(r) < 3 or np.ptp(r) < 1e-6:
        axes.axvline(np.median(r), color=color, linewidth=1.2, linestyle="--", label=label)
        return
    grid = np.linspace(-1, 1, 401)
    density = gaussian_kde(r)(grid)
    if model == "predictor":
        axes.fill_between(grid, density, color=color, alpha=0.2, linewidth=0)
    axes.plot(
        grid, density, color=color, linewidth=1.8 if model == "predictor" else 1.2, label=label
    )


def _limits(values: pd.Series, at_least: float) -> tuple[float, float]:
    low = min(values.min(skipna=True), -at_least)
    high = max(values.max(skipna=True), at_least)
    if not np.isfinite([low, high]).all():
        return -1.0, 1.0
    return max(low - 0.1, -1.02), min(high + 0.1, 1.02)

"""Measured against predicted effects of unseen patients, pair by pair."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from deepdep.report.document import number
from deepdep.report.plots.style import BLUE, INK, halo, letter, model_title, new_figure, styled

N_HEXAGONS = 42
CENTRAL = (0.0005, 0.9995)  # beyond these quantiles, pairs are drawn at the edge
MOST_CLASSES = 5  # a screen with so few distinct values holds classes, not effects


@dataclass(frozen=True)
class Panel:
    """Measured and predicted values of one model, flat, NaN where not measured."""

    model: str
    measured: np.ndarray
    predicted: np.ndarray


@styled
def measured_against_predicted(
    measured: pd.DataFrame, predicted: dict[str, pd.DataFrame], gene_mean: pd.Series
) -> Figure:
    """Draw effects (above) and deviations from the gene mean (below) of two models each.

    Parameters
    ----------
    measured
        Effects of test lines, shape (cell line, gene), NaN where not screened.
    predicted
        Tables with the same labels: ``predictor`` and whichever baselines there are.
    gene_mean
        Mean of the training lines per gene.
    """
    deviating = {m: t for m, t in predicted.items() if m in ("predictor", "ridge", "lineage_mean")}
    second = next((m for m in ("ridge", "lineage_mean") if m in deviating), None)
    effects = [
        _panel(m, measured, predicted[m]) for m in ("predictor", "gene_mean") if m in predicted
    ]
    deviations = [
        _panel(m, measured - gene_mean, predicted[m] - gene_mean)
        for m in ("predictor", second)
        if m
    ]
    figure = new_figure(6.3)
    grid = figure.subplots(2, 2)
    drawn = []
    rows = (
        (effects, "effects", "effect"),
        (deviations, "deviations", "deviation from the gene mean"),
    )
    for axes_of_row, (row, title, quantity) in zip(grid, rows, strict=True):
        for axes, panel in zip(axes_of_row, row, strict=False):
            drawn.append(_draw(axes, panel, _range(row), title, quantity))
        for axes in axes_of_row[len(row) :]:
            axes.set_visible(False)
    for axes, name in zip(grid.flat, "abcd", strict=True):
        letter(axes, name)
    _share_colors(figure, grid, [cells for cells in drawn if cells is not None])
    return figure


def _panel(model: str, measured: pd.DataFrame, predicted: pd.DataFrame) -> Panel:
    own = predicted.loc[measured.index, measured.columns].to_numpy(float).ravel()
    truth = measured.to_numpy(float).ravel()
    known = np.isfinite(truth) & np.isfinite(own)
    return Panel(model, truth[known], own[known])


def _range(row: list[Panel]) -> tuple[float, float]:
    values = [side for panel in row for side in (panel.measured, panel.predicted) if len(side)]
    if not values:
        return -1.0, 1.0
    low = min(np.quantile(side, CENTRAL[0]) for side in values)
    high = max(np.quantile(side, CENTRAL[1]) for side in values)
    margin = 0.03 * (high - low) + 1e-6
    if len(np.unique(row[0].measured)) <= MOST_CLASSES:
        margin = 0.3  # room for the box of the outermost class
    return float(low - margin), float(high + margin)


def _draw(
    axes: Axes, panel: Panel, limits: tuple[float, float], title: str, quantity: str
) -> PolyCollection | None:
    axes.axline((limits[0],) * 2, slope=1, color=INK, linewidth=0.6, linestyle=":", zorder=3)
    axes.set(xlim=limits, ylim=limits, aspect="equal", title=f"{model_title(panel.model)}, {title}")
    axes.set(xlabel=f"predicted {quantity}", ylabel=f"measured {quantity}")
    axes.annotate(
        f"r = {number(_r(panel), 2)}\n{len(panel.measured):,} pairs",
        (0.04, 0.96),
        xycoords="axes fraction",
        va="top",
        path_effects=halo(),
        zorder=4,
    )
    classes = np.unique(panel.measured)
    if 0 < len(classes) <= MOST_CLASSES:
        _draw_classes(axes, panel, classes)
        return None
    return axes.hexbin(
        np.clip(panel.predicted, *limits),
        np.clip(panel.measured, *limits),
        gridsize=N_HEXAGONS,
        extent=(*limits, *limits),
        mincnt=1,
        cmap="viridis_r",
        linewidths=0.1,
    )


def _draw_classes(axes: Axes, panel: Panel, classes: np.ndarray) -> None:
    """Draw how predictions spread within each measured class, where classes were measured."""
    axes.boxplot(
        [panel.predicted[panel.measured == value] for value in classes],
        positions=classes,
        orientation="horizontal",
        widths=0.35,
        sym="",
        whis=(5, 95),
        patch_artist=True,
        boxprops={"facecolor": BLUE, "alpha": 0.35, "linewidth": 0.6},
        medianprops={"color": INK},
        manage_ticks=False,
    )


def _r(panel: Panel) -> float:
    if len(panel.measured) < 3 or np.ptp(panel.measured) == 0 or np.ptp(panel.predicted) == 0:
        return float("nan")
    return float(np.corrcoef(panel.measured, panel.predicted)[0, 1])


def _share_colors(figure: Figure, grid: np.ndarray, drawn: list[PolyCollection]) -> None:
    if not drawn:
        return
    norm = LogNorm(1, max(2.0, *(float(np.max(np.asarray(cells.get_array()))) for cells in drawn)))
    for cells in drawn:
        cells.set_norm(norm)
    bar = figure.colorbar(drawn[0], ax=grid, shrink=0.35, aspect=18, pad=0.02)
    bar.set_label("pairs of line and gene")
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    bar.outline.set_visible(False)

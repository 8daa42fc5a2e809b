"""What more labelled cell lines are worth."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from deepdep.report.plots.style import (
    BLUE,
    GREEN,
    INK,
    MODEL_COLORS,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    VERMILION,
    model_title,
    new_figure,
    styled,
)

OTHER_COLORS = (BLUE, VERMILION, GREEN, SOFT, PURPLE, SKY, ORANGE)
MARKERS = "osD^v"


@styled
def learning_curve(table: pd.DataFrame) -> Figure:
    """Draw mean per-gene r against the number of labelled lines, a line with a band per model.

    Parameters
    ----------
    table
        Columns ``n_lines``, ``model``, ``mean_gene_r``, ``low`` and ``high`` (95 % interval, NaN
        where not computed).
    """
    figure = new_figure(2.7)
    axes, legend = figure.subplots(1, 2, width_ratios=(3.6, 1))
    legend.set_axis_off()
    models = list(dict.fromkeys(table["model"]))
    colors = _colors(models)
    for position, model in enumerate(models):
        of = table[table["model"] == model].sort_values("n_lines")
        axes.fill_between(of["n_lines"], of["low"], of["high"], color=colors[model], alpha=0.15,
                          linewidth=0)  # fmt: skip
        axes.plot(of["n_lines"], of["mean_gene_r"], color=colors[model], markersize=4,
                  marker=MARKERS[position % len(MARKERS)], label=model_title(model))  # fmt: skip
    sizes = sorted(table["n_lines"].unique())
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.axhline(0, color=INK, linewidth=0.6, linestyle=":", zorder=0)
    axes.set(xlabel="labelled cell lines to learn from", ylabel="mean per-gene r")
    axes.set_title("accuracy on unseen patients")
    handles, names = axes.get_legend_handles_labels()
    legend.legend(handles, names, loc="center left", bbox_to_anchor=(-0.15, 0.5), handlelength=2.4)
    return figure


def _colors(models: list[str]) -> dict[str, str]:
    """Give known models their colour, and the others those that are left."""
    known = {model: MODEL_COLORS[model] for model in models if model in MODEL_COLORS}
    left = [color for color in OTHER_COLORS if color not in known.values()] or [INK]
    others = [model for model in models if model not in known]
    return known | {model: left[i % len(left)] for i, model in enumerate(others)}

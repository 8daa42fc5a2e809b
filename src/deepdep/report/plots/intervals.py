"""Whether intervals hold what they promise on unseen patients, and how wide they are."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepdep.report.document import number
from deepdep.report.plots.style import BLUE, FAINT, INK, SOFT, VERMILION, letter, new_figure, styled

Z_95 = 1.96
Z_90_TWO_SIDED = 1.645


@styled
def interval_coverage(per_gene: pd.DataFrame, nominal: float) -> Figure:
    """Draw each gene's coverage beside the nominal one, and its width beside the gene's spread.

    Parameters
    ----------
    per_gene
        Of one model: columns ``coverage``, ``interval_width``, ``sd``, ``n_lines`` and
        ``selective``.
    nominal
        Share of lines that the intervals promise to hold.
    """
    figure = new_figure(2.7)
    left, right = figure.subplots(1, 2)
    _coverage(left, per_gene, nominal)
    _width(right, per_gene)
    for axes, name in ((left, "a"), (right, "b")):
        letter(axes, name)
    return figure


def _coverage(axes: Axes, per_gene: pd.DataFrame, nominal: float) -> None:
    coverage = per_gene["coverage"].dropna()
    n_lines = max(float(per_gene["n_lines"].median()), 1.0)
    by_chance = Z_95 * np.sqrt(nominal * (1 - nominal) / n_lines)
    axes.axvspan(nominal - by_chance, min(nominal + by_chance, 1), color=FAINT, alpha=0.45,
                 linewidth=0, zorder=0)  # fmt: skip
    lowest = min(float(coverage.min()), nominal - by_chance)
    # As fine as the lines can tell, and no finer: shares of n lines are multiples of 1 / n.
    step = max(1 / n_lines, 0.01)
    edges = 1 + step / 2 - step * np.arange(int((1 - lowest) / step) + 3)[::-1]
    axes.hist(coverage, bins=edges.tolist(), color=BLUE, alpha=0.75, linewidth=0)
    axes.axvline(nominal, color=INK, linestyle=":", linewidth=0.9, label=f"nominal {nominal:.2f}")
    axes.axvline(coverage.mean(), color=VERMILION, linewidth=1.2,
                 label=f"mean {number(coverage.mean())}")  # fmt: skip
    axes.set(title=f"coverage per gene ({len(coverage):,})", ylabel="genes")
    axes.set_xlabel("share of test lines within the interval")
    axes.set_xlim(edges[0], edges[-1])
    axes.legend(loc="upper left")


def _width(axes: Axes, per_gene: pd.DataFrame) -> None:
    finite = per_gene[np.isfinite(per_gene["interval_width"])]
    for is_selective, color, name in ((False, SOFT, "other genes"), (True, VERMILION, "selective")):
        of = finite[finite["selective"] == is_selective]
        axes.scatter(of["sd"], of["interval_width"], s=9, color=color, alpha=0.55, linewidths=0,
                     label=name)  # fmt: skip
    axes.axline((0, 0), slope=2 * Z_90_TWO_SIDED, color=INK, linewidth=0.6, linestyle=":")
    axes.set(title="width of the interval", xlabel="SD of the effect over training lines")
    axes.set_ylabel("mean width, in gene effect")
    axes.set_xlim(0, 1.08 * finite["sd"].max() if len(finite) else 1)
    axes.set_ylim(0, 1.12 * finite["interval_width"].max() if len(finite) else 1)
    axes.legend(loc="lower right", handletextpad=0.1)

"""Where the predictor places tumours and cell lines."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepdep.analysis.codes import Alignment
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.report.plots.labels import label_points
from deepdep.report.plots.style import (
    FAINT,
    INK,
    LINEAGE_COLORS,
    SOFT,
    legible,
    letter,
    new_figure,
    styled,
)

OTHER = "other"  # lineages beyond the colours there are, and unknown ones


@styled
def code_map(samples: pd.DataFrame, alignment: Alignment | None) -> Figure:
    """Draw the plane of codes, and beside it a legend that says how well lines meet tumours.

    Parameters
    ----------
    samples
        Columns ``x``, ``y``, ``lineage`` and ``is_line``.
    """
    shown = samples.assign(group=_groups(samples["lineage"]))
    counts = pd.crosstab(shown["group"], shown["is_line"]).reindex(
        columns=[False, True], fill_value=0
    )
    named = sorted(set(counts.index) - {OTHER})
    colors = dict(zip(named, LINEAGE_COLORS, strict=False)) | {OTHER: SOFT}
    rows = [*named, OTHER] if OTHER in counts.index else named
    figure = new_figure(max(4.3, 1.0 + 0.185 * len(rows)))
    plane, legend = figure.subplots(1, 2, width_ratios=(2.5, 1))
    _draw_legend(legend, rows, counts, colors, alignment)
    _draw_plane(plane, shown, colors)
    letter(plane, "a", x=0.03)
    letter(legend, "b", x=-0.6)
    return figure


def _groups(lineages: pd.Series) -> pd.Series:
    known = lineages[lineages != UNKNOWN_LINEAGE]
    named = known.value_counts().sort_index().nlargest(len(LINEAGE_COLORS), keep="first").index
    return lineages.where(lineages.isin(named), OTHER)


def _draw_plane(axes: Axes, shown: pd.DataFrame, colors: dict[str, str]) -> None:
    of_tumors, of_lines = shown[~shown["is_line"]], shown[shown["is_line"]]
    axes.scatter(
        of_tumors["x"], of_tumors["y"], s=5, alpha=0.55, linewidths=0,
        c=[colors[group] for group in of_tumors["group"]],
    )  # fmt: skip
    axes.scatter(
        of_lines["x"], of_lines["y"], s=16, marker="^", linewidths=0.5, edgecolors=INK,
        c=[colors[group] for group in of_lines["group"]],
    )  # fmt: skip
    axes.set(xticks=[], yticks=[], xlabel="t-SNE 1", ylabel="t-SNE 2", title="codes by lineage")
    axes.margins(0.06)
    named = shown[shown["group"] != OTHER]
    sizes = named["group"].value_counts().sort_index()
    order = sizes.sort_values(ascending=False, kind="stable").index
    centers = named.groupby("group")[["x", "y"]].median().loc[order]
    label_points(axes, centers.to_numpy(), list(order), fontsize=6.5, centered=True)


def _draw_legend(
    axes: Axes,
    rows: list[str],
    counts: pd.DataFrame,
    colors: dict[str, str],
    alignment: Alignment | None,
) -> None:
    """Draw one row per lineage: its marks, its counts, and the share of its lines that align."""
    y = np.arange(len(rows))
    row_colors = [colors[row] for row in rows]
    marks = axes.get_yaxis_transform()
    axes.scatter(np.full(len(rows), -0.14), y, s=9, c=row_colors, transform=marks, clip_on=False)
    axes.scatter(
        np.full(len(rows), -0.06), y, s=14, marker="^", c=row_colors, linewidths=0.4,
        edgecolors=INK, transform=marks, clip_on=False,
    )  # fmt: skip
    axes.set_yticks(y, [legible(row) for row in rows])
    axes.tick_params(axis="y", length=0, pad=21)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    for position, row in enumerate(rows):
        n_tumors, n_lines = counts.loc[row]
        axes.annotate(
            f"{n_tumors:,} | {n_lines:,}",
            (1.36, position),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            fontsize=6,
            color=INK,
            annotation_clip=False,
        )
    axes.set_title("share that meets")
    axes.annotate(
        "tumours | lines",
        (1.36, 1),
        xytext=(0, 4),
        ha="right",
        fontsize=6,
        xycoords="axes fraction",
        textcoords="offset points",
        annotation_clip=False,
    )
    if alignment is None:
        axes.set(xticks=[], xlim=(0, 1))
        axes.spines["bottom"].set_visible(False)
        axes.text(0.5, 0.5, "not compared", transform=axes.transAxes, ha="center", color=SOFT)
        return
    share = alignment.by_lineage["share"].reindex(rows)
    axes.barh(y, np.ones(len(rows)), height=0.62, color=np.where(share.notna(), FAINT, "white"))
    axes.barh(y, share.fillna(0), height=0.62, color=row_colors)
    axes.axvline(alignment.chance, color=INK, linewidth=0.8, linestyle=":")
    axes.set(xlim=(0, 1), xticks=(0, 0.5, 1), xlabel="share of lines (dotted: chance)")
    axes.set_xticklabels(["0", "50 %", "100 %"])

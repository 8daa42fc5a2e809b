"""How each omic is distributed in tumours and in cell lines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from deepdep.report.plots.style import BLUE, VERMILION, new_figure, styled
from deepdep.validation import SourceComparison

HEIGHT = 1.9  # inches


@styled
def source_distributions(comparisons: Sequence[SourceComparison]) -> Figure:
    """Draw, per omic, the share of features by their mean, one outline per source."""
    figure = new_figure(HEIGHT)
    panels = figure.subplots(1, max(len(comparisons), 4), squeeze=False)[0]
    for axes, compared in zip(panels, comparisons, strict=False):
        for label, counts, color in (
            ("cell lines", compared.cell_lines, BLUE),
            ("tumours", compared.tumors, VERMILION),
        ):
            share = np.array(counts) / max(sum(counts), 1)
            axes.stairs(share, compared.edges, color=color, label=label, linewidth=1.2)
        axes.set(title=str(compared.omic).replace("_", " "), yticks=[])
        axes.set_xlabel(compared.unit.replace(" within", "\nwithin"))
        axes.spines["left"].set_visible(False)
    for axes in panels[len(comparisons) :]:
        axes.set_axis_off()
    panels[0].set_ylabel("share of features")
    panels[0].legend(loc="best")
    return figure

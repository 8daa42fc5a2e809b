"""What each trial of the search found."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepdep.report.plots.style import BLUE, INK, SOFT, VERMILION, new_figure, styled


@styled
def trial_history(trials: pd.DataFrame) -> Figure:
    """Draw the score of every trial in the order they ran.

    Parameters
    ----------
    trials
        Columns ``number``, ``state`` (complete, pruned, fail) and ``value``, NaN without a score.
    """
    figure = new_figure(2.2)
    axes = figure.subplots()
    state = trials["state"].str.lower()
    scored = trials["value"].notna()
    complete, pruned = trials[(state == "complete") & scored], trials[(state == "pruned") & scored]
    axes.plot(
        complete["number"], complete["value"].cummax(), color=BLUE, drawstyle="steps-post",
        label="best so far",
    )  # fmt: skip
    axes.plot(
        complete["number"], complete["value"], "o", color=INK, markersize=3.5, label="complete"
    )
    axes.plot(
        pruned["number"], pruned["value"], "o", markerfacecolor="none", markeredgecolor=SOFT,
        markersize=3.5, label="stopped early",
    )  # fmt: skip
    if len(complete):
        best = complete.loc[complete["value"].idxmax()]
        axes.plot(best["number"], best["value"], "o", color=VERMILION, markersize=5, label="chosen")
    axes.set(xlabel="trial", ylabel="mean per-gene r\non validation lines")
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure

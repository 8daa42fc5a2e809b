"""What each trial of the search found, and which settings it hung on."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepdep.report.plots.style import (
    BLUE,
    FAINT,
    INK,
    SOFT,
    VERMILION,
    legible,
    new_figure,
    styled,
)

LONGEST_HISTORY_OF_LARGE_POINTS = 60  # trials; more are drawn smaller
ACCURACY = "mean per-gene r\non validation lines"


@styled
def trial_history(trials: pd.DataFrame, chosen: int | None = None) -> Figure:
    """Draw the score of every trial in the order they ran.

    Parameters
    ----------
    trials
        Columns ``number``, ``state`` (complete, pruned, fail) and ``value``, NaN without a score.
    chosen
        Number of the trial whose settings were kept.
    """
    figure = new_figure(2.2)
    axes = figure.subplots()
    size = 3.5 if len(trials) <= LONGEST_HISTORY_OF_LARGE_POINTS else 2.2
    scored = trials[trials["value"].notna()]
    complete, pruned = scored[scored["state"] == "complete"], scored[scored["state"] == "pruned"]
    failed = trials[trials["state"] == "fail"]
    axes.plot(
        complete["number"], complete["value"].cummax(), color=BLUE, drawstyle="steps-post",
        label="best so far",
    )  # fmt: skip
    axes.plot(
        complete["number"], complete["value"], "o", color=INK, markersize=size, label="complete"
    )
    if len(pruned):
        axes.plot(
            pruned["number"], pruned["value"], "o", markerfacecolor="none", markeredgecolor=SOFT,
            markersize=size, label="stopped early",
        )  # fmt: skip
    if len(failed):  # without a score: they stand on the axis
        axes.plot(
            failed["number"], [0] * len(failed), "x", color=VERMILION, markersize=3.5,
            transform=axes.get_xaxis_transform(), clip_on=False, label="failed",
        )  # fmt: skip
    best = complete[complete["number"] == chosen]
    axes.plot(best["number"], best["value"], "o", color=VERMILION, markersize=5, label="chosen")
    axes.set(xlabel="trial", ylabel=ACCURACY)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@styled
def setting_importances(importances: pd.DataFrame) -> Figure:
    """Draw how much each setting mattered, the most important first.

    Parameters
    ----------
    importances
        Columns ``setting`` and ``importance``.
    """
    ranked = importances.sort_values("importance", ascending=False, kind="stable")
    figure = new_figure(0.6 + 0.17 * len(ranked))
    axes = figure.subplots()
    rows = range(len(ranked))
    axes.barh(rows, ranked["importance"], height=0.65, color=BLUE)
    for row, importance in zip(rows, ranked["importance"], strict=True):
        axes.annotate(
            f"{importance:.2f}", (importance, row), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=6.5,
        )  # fmt: skip
    axes.set_yticks(rows, [legible(name) for name in ranked["setting"]])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(ranked) - 0.4, -0.6)
    axes.set_xlim(0, 1.08 * max(float(ranked["importance"].max()), 1e-9))
    axes.set_xlabel("importance, of 1 in all")
    return figure


@styled
def accuracy_against_size(trials: pd.DataFrame, chosen: int | None = None) -> Figure:
    """Draw the accuracy of complete trials against the size of their network.

    Parameters
    ----------
    trials
        Columns ``number``, ``value`` and ``n_weights``, complete trials only.
    chosen
        Number of the trial whose settings were kept.
    """
    figure = new_figure(2.6)
    axes = figure.subplots()
    front = pareto_front(trials)
    axes.plot(
        trials["n_weights"], trials["value"], "o", color=SOFT, markersize=3.5, label="complete"
    )
    axes.plot(
        front["n_weights"], front["value"], "o-", color=BLUE, markersize=3.5, linewidth=0.9,
        drawstyle="steps-post", label="none is both smaller\nand more accurate",
    )  # fmt: skip
    best = trials[trials["number"] == chosen]
    axes.plot(best["n_weights"], best["value"], "o", color=VERMILION, markersize=5, label="chosen")
    axes.set(xlabel="weights of the network", ylabel=ACCURACY)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", color=FAINT, linewidth=0.4)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def pareto_front(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that no other beats in accuracy without more weights; smallest first."""
    by_size = trials.sort_values(["n_weights", "value"], ascending=[True, False], kind="stable")
    best_before = by_size["value"].cummax().shift(fill_value=float("-inf"))
    return by_size[by_size["value"] > best_before]

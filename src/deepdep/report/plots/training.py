"""Curves of training: what each epoch brought, and where it stopped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepdep.report.plots.style import BLUE, INK, SOFT, VERMILION, letter, new_figure, styled


@dataclass(frozen=True)
class Curve:
    """One column of a history: how it is drawn and named."""

    column: str
    label: str
    color: str
    dashed: bool = False


TRAINING = Curve("loss", "training", SOFT, dashed=True)
VALIDATION = Curve("val_loss", "held out", BLUE)
THIN = 0.7  # points: one line per network
VALIDATION_R = Curve("val_mean_gene_r", "held out", BLUE)


@styled
def autoencoder_curves(
    histories: Mapping[str, pd.DataFrame], without_learning: Mapping[str, float]
) -> Figure:
    """Draw the loss of each omic's autoencoder.

    Parameters
    ----------
    histories
        Columns ``epoch``, ``loss`` and ``val_loss``; no row when the autoencoder stayed untrained.
    without_learning
        Loss of restoring every feature as its mean, per omic: what an autoencoder must beat.
    """
    figure = new_figure(2.2)
    panels = figure.subplots(1, max(len(histories), 2), squeeze=False)[0]
    for axes, (omic, history) in zip(panels, histories.items(), strict=False):
        axes.set_title(omic.replace("_", " "))
        if history.empty:
            _say(axes, "starts untrained")
            continue
        _draw(axes, history, (TRAINING, VALIDATION))
        _mark_best(axes, history, VALIDATION.column, best=np.nanargmin, below=True)
        _draw_baseline(axes, without_learning[omic], "feature means")
        axes.set_ylim(bottom=0)
        handles = axes.get_legend_handles_labels()
        if not figure.legends and handles[0]:
            figure.legend(*handles, loc="outside lower right", ncols=2)
    for axes in panels[len(histories) :]:
        axes.set_visible(False)
    panels[0].set_ylabel("reconstruction loss")
    return figure


@styled
def predictor_curves(history: pd.DataFrame) -> Figure:
    """Draw loss and mean per-gene r by network; its best r decides which epoch of it is kept.

    Parameters
    ----------
    history
        Columns ``network``, ``epoch``, ``loss``, ``val_loss`` and ``val_mean_gene_r``.
    """
    figure = new_figure(2.3)
    left, right = figure.subplots(1, 2)
    right.margins(y=0.15)
    curves = [curve for _, curve in history.groupby("network")]
    for curve in curves:
        _draw(left, curve, (TRAINING, VALIDATION), THIN)
        _draw(right, curve, (VALIDATION_R,), THIN)
        _mark_best(
            right,
            curve,
            VALIDATION_R.column,
            best=np.nanargmax,
            below=False,
            named=len(curves) == 1,
        )
    _draw_baseline(left, 1.0, "gene mean (training lines)")
    left.set(title="loss", ylabel="squared error of standardised effects")
    once = dict(zip(*reversed(left.get_legend_handles_labels()), strict=True))
    left.legend(once.values(), once.keys(), loc="best")
    _draw_baseline(right, 0.0, "gene mean")
    right.set(title="accuracy on held-out lines", ylabel="mean per-gene r")
    for axes, name in ((left, "a"), (right, "b")):
        letter(axes, name)
    return figure


def _draw(
    axes: Axes, history: pd.DataFrame, curves: tuple[Curve, ...], linewidth: float | None = None
) -> None:
    for curve in curves:
        if curve.column in history and history[curve.column].notna().any():
            style = (0, (3, 1.5)) if curve.dashed else "-"
            axes.plot(
                history["epoch"] + 1,
                history[curve.column],
                color=curve.color,
                linestyle=style,
                linewidth=linewidth,
                label=curve.label,
            )
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))


def _mark_best(
    axes: Axes,
    history: pd.DataFrame,
    column: str,
    *,
    best: Callable[[np.ndarray], np.intp],
    below: bool,
    named: bool = True,
) -> None:
    if column not in history or not history[column].notna().any():
        return
    row = history.iloc[int(best(history[column].to_numpy()))]
    axes.plot(row["epoch"] + 1, row[column], "o", color=VERMILION, markersize=4, zorder=5)
    if not named:  # several names would cover each other
        return
    axes.annotate(
        f"epoch {int(row['epoch']) + 1}: {row[column]:.3f}",
        (row["epoch"] + 1, row[column]),
        xytext=(0, -11 if below else 6),
        textcoords="offset points",
        ha="right" if row["epoch"] > history["epoch"].max() / 2 else "left",
        fontsize=6.5,
        color=VERMILION,
    )


def _draw_baseline(axes: Axes, value: float, name: str) -> None:
    axes.axhline(value, color=INK, linewidth=0.6, linestyle=":")
    axes.annotate(
        name,
        (1, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        fontsize=6,
        color=INK,
    )


def _say(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, ha="center", va="center", color=SOFT, transform=axes.transAxes)
    axes.set(xticks=[], yticks=[])

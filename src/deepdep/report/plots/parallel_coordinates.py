"""Every trial as a line across its settings, which ends at its score."""

import json
import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from deepdep.report.plots.style import (
    FAINT,
    INK,
    VERMILION,
    WIDTH,
    halo,
    legible,
    new_figure,
    styled,
)

COLORS = "viridis_r"  # dark is good, and paper stays light
INCHES_PER_CHARACTER = 0.055  # of a tick
LETTERS_OF_A_WORD = 4  # that are shown where a choice is a list of words
SPREAD = 0.04  # of an axis: choices that several trials share do not fall into one line


@dataclass(frozen=True)
class Scale:
    """Where the values of one axis stand between 0 and 1, and the ticks that say so."""

    places: pd.Series
    ticks: tuple[tuple[float, str], ...]


@styled
def parallel_coordinates(
    trials: pd.DataFrame,
    settings: Sequence[str],
    *,
    logarithmic: Collection[str] = (),
    chosen: int | None = None,
) -> Figure:
    """Draw complete trials in the colour of their score, and behind them those that were pruned.

    Parameters
    ----------
    trials
        Columns ``number``, ``state``, ``value`` and the settings; at least one is complete.
    settings
        Which to draw, from left to right.
    logarithmic
        Settings whose axes are.
    chosen
        Number of the trial whose settings were kept.
    """
    drawn = trials[trials["state"].isin(["complete", "pruned"])]
    complete = drawn[drawn["state"] == "complete"]
    score = numeric_scale(complete["value"])
    scales = [scale_of(drawn[name], logarithmic=name in logarithmic) for name in settings]
    figure = new_figure(3.0)
    axes = figure.subplots()
    color_of = ScalarMappable(_limits(complete["value"]), matplotlib.colormaps[COLORS])
    for row in drawn[drawn["state"] == "pruned"].index:
        axes.plot([scale.places[row] for scale in scales], color=FAINT, linewidth=0.7, zorder=1)
    for row in complete.sort_values("value", kind="stable").index:  # the best on top
        is_chosen = complete.loc[row, "number"] == chosen
        axes.plot(
            [*(scale.places[row] for scale in scales), score.places[row]],
            color=VERMILION if is_chosen else color_of.to_rgba(complete.loc[row, "value"]),
            linewidth=1.8 if is_chosen else 0.9,
            zorder=3 if is_chosen else 2,
        )
    _draw_axes(axes, [*scales, score], [*map(_stacked, settings), "mean\nper-gene r"])
    return figure


def scale_of(values: pd.Series, *, logarithmic: bool = False) -> Scale:
    """Return the scale of numbers, or of a few choices in their order."""
    numeric = pd.api.types.is_numeric_dtype(values)
    return numeric_scale(values, logarithmic=logarithmic) if numeric else _choice_scale(values)


def numeric_scale(values: pd.Series, *, logarithmic: bool = False) -> Scale:
    """Spread numbers from the smallest to the largest; one value alone stands in the middle."""
    numbers = np.log(values) if logarithmic else values.astype(float)
    low, high = numbers.min(), numbers.max()
    if not high > low:
        return Scale(numbers * 0 + 0.5, ((0.5, _short(values.min())),))
    ends = ((0.0, _short(values.min())), (1.0, _short(values.max())))
    return Scale((numbers - low) / (high - low), ends)


def _choice_scale(values: pd.Series) -> Scale:
    names = values.astype(str)
    order = sorted(names.unique(), key=_place_of_choice)
    step = 1 / max(len(order) - 1, 1)
    place = {name: i * step if len(order) > 1 else 0.5 for i, name in enumerate(order)}
    within = names.groupby(names).transform(lambda of: np.linspace(-SPREAD, SPREAD, len(of)))
    ticks = tuple((place[name], _name_of_choice(name)) for name in order)
    return Scale(names.map(place) + within.astype(float), ticks)


def _parts_of(name: str) -> list[Any]:
    """Return what a choice, stored as JSON, is a list of; one value is a list of one."""
    try:
        value = json.loads(name)
    except ValueError:
        return [name]
    return value if isinstance(value, list) else [value]


def _place_of_choice(name: str) -> tuple[int, Any]:
    """Numbers and lists of numbers come in their order, before words in theirs."""
    parts = _parts_of(name)
    if all(isinstance(part, int | float) for part in parts):
        return (0, [float(part) for part in parts])
    return (1, name)


def _name_of_choice(name: str) -> str:
    parts = _parts_of(name)
    if len(parts) == 1:
        return parts[0] if isinstance(parts[0], str) else json.dumps(parts[0])
    return " ".join(str(part)[:LETTERS_OF_A_WORD] for part in parts)


def _draw_axes(axes: Axes, scales: Sequence[Scale], names: Sequence[str]) -> None:
    room = max(6, int(WIDTH / len(scales) / INCHES_PER_CHARACTER))
    for position, scale in enumerate(scales):
        axes.axvline(position, color=INK, linewidth=0.6, zorder=4)
        for place, text in scale.ticks:
            axes.annotate(
                _wrapped(text, room), (position, place), xytext=(3, 0),
                textcoords="offset points", va="center", fontsize=6, zorder=5,
                path_effects=halo(2.5),
            )  # fmt: skip
    axes.set_xticks(range(len(scales)), names)
    axes.tick_params(axis="x", length=0, labelsize=6)
    axes.set_yticks([])
    axes.set_ylim(-0.08, 1.08)
    axes.set_xlim(-0.3, len(scales) - 1 + 0.4)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _wrapped(text: str, room: int) -> str:
    return "\n".join(legible(line) for line in textwrap.wrap(text, room)[:3])


def _stacked(setting: str) -> str:
    """Put the parts of a dotted name, and its words, below each other."""
    return "\n".join(legible(part) for part in setting.replace("_", ".").split("."))


def _short(value: float) -> str:
    return f"{value:.3g}"


def _limits(values: pd.Series) -> Normalize:
    low, high = float(values.min()), float(values.max())
    return Normalize(low, high if high > low else low + 1)

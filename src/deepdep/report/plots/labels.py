"""Names beside points that do not cover one another."""

from collections.abc import Sequence
from itertools import product
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from deepdep.report.plots.style import INK, halo, legible

DISTANCES = (4, 9, 16, 26)  # points from the place that is named
N_DIRECTIONS = 8


def label_points(
    axes: Axes,
    positions: np.ndarray,
    names: Sequence[str],
    *,
    fontsize: float = 6,
    italic: bool = False,
    centered: bool = False,
) -> None:
    """Name the points at ``positions`` (point, 2), the most important first.

    A name takes the nearest free place around its point and is left out where there is none.
    Call it last: what is drawn later may move the axes.
    """
    figure = cast(Figure, axes.get_figure(root=True))
    figure.draw_without_rendering()
    frame = axes.get_window_extent()
    taken: list[Bbox] = []
    for position, name in zip(positions, names, strict=True):
        label = axes.annotate(
            legible(name),
            position,
            xytext=(0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=fontsize,
            fontstyle="italic" if italic else "normal",
            color=INK,
            path_effects=halo(),
            zorder=10,
        )
        label.set_in_layout(False)
        if not _settle(label, _offsets(label, figure.dpi, centered), taken, frame):
            label.remove()


def _settle(
    label: Annotation, offsets: Sequence[tuple[float, float]], taken: list[Bbox], frame: Bbox
) -> bool:
    for offset in offsets:
        label.set_position(offset)
        box = label.get_window_extent()
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
        inside = inside and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            taken.append(box)
            return True
    return False


def _offsets(label: Annotation, dpi: float, centered: bool) -> list[tuple[float, float]]:
    """Return places around a point, nearest first, so that the name's edge keeps its distance."""
    box = label.get_window_extent()
    points_per_pixel = 72 / dpi
    half_width = box.width * points_per_pixel / 2
    half_height = box.height * points_per_pixel / 2
    angles = np.arange(N_DIRECTIONS) * 2 * np.pi / N_DIRECTIONS
    around = [
        (
            float(np.cos(angle) * (half_width + distance)),
            float(np.sin(angle) * (half_height + distance)),
        )
        for distance, angle in product(DISTANCES, angles)
    ]
    return [(0.0, 0.0), *around] if centered else around

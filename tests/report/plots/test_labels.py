from itertools import combinations

import numpy as np
from matplotlib.figure import Figure

from deepdep.report.plots.labels import label_points


def labelled(n_points: int, spread: float) -> Figure:
    figure = Figure(figsize=(3, 3))
    axes = figure.subplots()
    positions = np.random.default_rng(0).uniform(0.5 - spread, 0.5 + spread, (n_points, 2))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label_points(axes, positions, [f"GENE{i}" for i in range(n_points)])
    return figure


def test_names_do_not_cover_one_another_and_stay_inside():
    figure = labelled(12, spread=0.3)
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) > 6
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    frame = axes.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


def test_where_there_is_no_room_the_least_important_names_are_left_out():
    names = [text.get_text() for text in labelled(80, spread=0.01).axes[0].texts]
    assert "GENE0" in names
    assert len(names) < 80

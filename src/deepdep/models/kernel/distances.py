"""How unlike samples are, omic by omic, and kernels made of it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic


def squares_of(rows: np.ndarray) -> np.ndarray:
    """Return the squared length of each row."""
    return (rows.astype(float) ** 2).sum(axis=1)


def squared_distances(
    samples: np.ndarray, lines: np.ndarray, line_squares: np.ndarray | None = None
) -> np.ndarray:
    """Squared Euclidean distances, shape (sample, line), of rows with the same features.

    Parameters
    ----------
    line_squares
        ``squares_of(lines)``, where it is known.
    """
    of_lines = squares_of(lines) if line_squares is None else line_squares
    squares = squares_of(samples)[:, None] + of_lines
    return (squares - 2 * (samples @ lines.T)).clip(0)


def distances_to(
    samples: Mapping[Omic, pd.DataFrame],
    lines: Mapping[Omic, pd.DataFrame],
    line_squares: Mapping[Omic, np.ndarray],
    mean_distance: Mapping[Omic, float],
) -> dict[Omic, np.ndarray]:
    """Squared distances per omic, (sample, line), in units of ``mean_distance``."""
    return {
        omic: squared_distances(table.to_numpy(), lines[omic].to_numpy(), line_squares[omic])
        / mean_distance[omic]
        for omic, table in samples.items()
    }


def kernel_of(
    distances: Mapping[Omic, np.ndarray], weights: Mapping[Omic, float], width: float
) -> np.ndarray:
    """Return a Gaussian kernel of the weighted mean of the omics' squared distances.

    Width 0 is its limit, up to what centring takes away: minus the distance, whose centred form
    is the product of the centred profiles.
    """
    total = sum(weights.values())
    distance = np.add.reduce([distances[o] * (w / total) for o, w in weights.items() if w])
    return np.exp(-width * distance) if width else -distance

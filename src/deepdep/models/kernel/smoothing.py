"""Labels drawn towards what the other genes of a line say.

A dependency call is noisy, and genes that work together are needed together: the labels of a line
in thousands of genes tell which of its calls in a few are likely errors. Lines without any omic
help too, for they show which genes go together.
"""

import numpy as np
import pandas as pd


def label_products(background: pd.DataFrame) -> np.ndarray:
    """Products between lines of their deviations from the gene means, shape (line, line).

    Parameters
    ----------
    background
        Gene effects (line, gene), NaN where not screened.
    """
    deviations = (background - background.mean()).fillna(0).to_numpy(np.float32)
    return (deviations @ deviations.T).astype(float)


def smooth_labels(labels: np.ndarray, products: np.ndarray, strength: float) -> np.ndarray:
    """Ridge of the labels on the lines' own label profiles.

    Parameters
    ----------
    labels
        Shape (line, gene), NaN where not screened, which counts as the gene's mean.
    products
        From ``label_products``, of the same lines.
    strength
        Penalty, in units of the mean eigenvalue; 0 returns the labels.
    """
    mean = np.nanmean(labels, axis=0)
    deviations = np.nan_to_num(labels - mean)
    if not strength:
        return mean + deviations
    n_lines = len(products)
    centering = np.eye(n_lines) - 1 / n_lines
    centred = centering @ products @ centering
    penalty = strength * np.trace(centred) / n_lines
    if not penalty:
        return mean + deviations
    drawn = np.linalg.solve(centred + penalty * np.eye(n_lines), centred @ deviations)
    return mean + drawn

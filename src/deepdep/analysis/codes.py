"""Where the predictor places samples: a map to look at, and how well lines sit among tumours."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from deepdep.domain.lineages import UNKNOWN_LINEAGE

N_COMPONENTS = 20  # what t-SNE reads; codes are seldom of higher rank
PERPLEXITY = 30.0  # the neighbours each sample keeps close; the usual value


@dataclass(frozen=True)
class Alignment:
    """How often the tumours nearest to a cell line are of its own lineage.

    Attributes
    ----------
    share
        Of the cell lines, those whose nearest tumours are mostly of the line's own lineage.
    chance
        What ``share`` would be if the lineages of the lines were shuffled.
    by_lineage
        Columns ``n_lines`` and ``share``, one row per lineage.
    """

    share: float
    chance: float
    by_lineage: pd.DataFrame


def embed_codes(codes: np.ndarray, *, seed: int) -> np.ndarray:
    """Project codes to a plane, (sample, width) -> (sample, 2): PCA, then t-SNE.

    The same codes and seed give the same plane: one thread, because sums over several depend
    on their order.
    """
    n_samples = len(codes)
    if n_samples < 3 or not np.ptp(codes, axis=0).any():
        return np.zeros((n_samples, 2))
    with threadpool_limits(1):
        n_components = min(N_COMPONENTS, n_samples, codes.shape[1])
        reduced = PCA(n_components, svd_solver="full").fit_transform(codes.astype(np.float64))
        if n_components < 2:
            return np.column_stack([reduced[:, 0], np.zeros(n_samples)])
        perplexity = min(PERPLEXITY, (n_samples - 1) / 3)
        return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(reduced)


def alignment_score(
    line_codes: pd.DataFrame,
    line_lineages: pd.Series,
    tumor_codes: pd.DataFrame,
    tumor_lineages: pd.Series,
    *,
    n_neighbors: int,
) -> Alignment | None:
    """Compare each line's lineage with the commonest one among its nearest tumours.

    Lines of unknown lineage, or of one that no tumour has, are left out: no tumour could agree
    with them. None when no line is left.

    Parameters
    ----------
    line_codes, tumor_codes
        Shape (sample, width), with the samples' names.
    """
    tumor_of = tumor_lineages[tumor_lineages != UNKNOWN_LINEAGE]
    comparable = line_lineages[line_lineages.isin(tumor_of)]
    if comparable.empty:
        return None
    k = min(n_neighbors, len(tumor_of))
    tree = NearestNeighbors(n_neighbors=k).fit(tumor_codes.loc[tumor_of.index].to_numpy())
    nearest = tree.kneighbors(line_codes.loc[comparable.index].to_numpy(), return_distance=False)
    assigned = _commonest(tumor_of.to_numpy()[nearest])
    actual = comparable.to_numpy(str)
    agrees = pd.Series(assigned == actual, index=comparable.index)
    grouped = agrees.groupby(comparable)
    return Alignment(
        share=float(agrees.mean()),
        chance=float(
            sum(np.mean(assigned == name) * np.mean(actual == name) for name in np.unique(actual))
        ),
        by_lineage=pd.DataFrame({"n_lines": grouped.size(), "share": grouped.mean()}),
    )


def _commonest(names: np.ndarray) -> np.ndarray:
    """Return the commonest name of each row; among equals, the one that comes first."""
    rows = [np.unique(row, return_index=True, return_counts=True) for row in names.astype(str)]
    return np.array([found[np.lexsort((first, -counts))[0]] for found, first, counts in rows])

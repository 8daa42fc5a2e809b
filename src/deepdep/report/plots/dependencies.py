"""Which lineage needs which gene."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import leaves_list, linkage

from deepdep.report.plots.style import BLUE, FAINT, INK, SOFT, legible, new_figure, styled

FADED = 0.28  # opacity of genes whose predictions deserve no trust


@styled
def lineage_heatmap(
    deviation: pd.DataFrame, accuracy: pd.DataFrame, n_samples: pd.Series
) -> Figure:
    """Draw mean deviations per lineage, below them how well each gene was predicted.

    Parameters
    ----------
    deviation
        Mean deviation from the gene's mean in SD, shape (lineage, gene).
    accuracy
        Columns ``r`` on unseen patients, ``low``, ``high`` and ``trusted``, one row per gene.
    n_samples
        Samples per lineage.
    """
    ordered = _ordered(deviation)
    genes, lineages = ordered.columns, ordered.index
    height = 0.17 * max(len(lineages), 6)
    figure = new_figure(1.75 + height)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(0.6, height))
    of_genes = accuracy.loc[genes]
    believed = of_genes["trusted"].to_numpy(bool)
    x = np.arange(len(genes))
    top.bar(x, of_genes["r"].fillna(0).clip(lower=0), width=0.72,
            color=np.where(believed, BLUE, FAINT))  # fmt: skip
    top.vlines(x, of_genes["low"].clip(lower=0), of_genes["high"].clip(lower=0),
               color=np.where(believed, INK, SOFT), linewidth=0.8)  # fmt: skip
    top.set(ylabel="r", ylim=(0, 1), yticks=(0, 0.5, 1))
    top.tick_params(axis="x", length=0, labelbottom=False)
    largest = max(float(np.nanquantile(np.abs(ordered.to_numpy()), 0.99)), 1e-6)
    values = np.ma.masked_invalid(ordered.to_numpy())
    alpha = np.broadcast_to(np.where(believed, 1.0, FADED), ordered.shape)
    image = bottom.imshow(
        values, aspect="auto", cmap="RdBu", vmin=-largest, vmax=largest, alpha=alpha
    )
    names = [f"{legible(str(name))} ({n_samples[name]:,})" for name in lineages]
    bottom.set_yticks(np.arange(len(lineages)), names)
    bottom.set_xticks(x, [legible(str(gene)) for gene in genes], rotation=90, fontstyle="italic")
    for label, is_believed in zip(bottom.get_xticklabels(), believed, strict=True):
        label.set_color(INK if is_believed else SOFT)
    bottom.tick_params(length=0)
    bottom.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=bottom, aspect=22, pad=0.01, fraction=0.03)
    bar.set_label("mean deviation (SD)\nred: needed more")
    bar.outline.set_visible(False)
    return figure


def _ordered(deviation: pd.DataFrame) -> pd.DataFrame:
    """Put alike lineages together, and each gene where the lineage stands that needs it most."""
    rows = np.arange(len(deviation))
    if len(deviation) > 2:
        known = deviation.fillna(0).to_numpy()
        rows = leaves_list(linkage(known, "average", optimal_ordering=True))
    ordered = deviation.iloc[rows]
    strongest = ordered.fillna(np.inf).to_numpy().argmin(axis=0)
    return ordered.iloc[:, np.lexsort((ordered.min().to_numpy(), strongest))]

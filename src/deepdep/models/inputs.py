"""What a predictor reads, as arrays, and in blocks.

Apart from the network, for what predicts without one: Keras takes seconds to load.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

MEASURED = "measured"  # input of the predictor: which omics a sample has, (sample, omic)
FINGERPRINT = "fingerprint"  # input of the predictor: gene sets of a gene, (gene, gene set)
N_SAMPLES = 256  # encoded at once

# Layers at which samples meet genes: where the network places each, and where pairs read them.
CELL_EMBEDDING, GENE_EMBEDDING = "cell_embedding", "gene_embedding"
CELL_PART, GENE_PART = "cell_part", "gene_part"


def sample_inputs(
    profiles: Mapping[str, pd.DataFrame], samples: Sequence[str] | pd.Index
) -> dict[str, np.ndarray]:
    """Align the omics of some samples by name and fill what is absent.

    Parameters
    ----------
    profiles
        Standardised tables (sample, feature); a table need not have every sample.

    Returns
    -------
    One float32 array (sample, feature) per omic, 0 where nothing was measured, and ``measured``
    (sample, omic): 1 where the sample has the omic, in the order of ``profiles``.
    """
    inputs = {
        str(omic): np.nan_to_num(table.reindex(list(samples)).to_numpy(np.float32), nan=0.0)
        for omic, table in profiles.items()
    }
    present = [pd.Index(samples).isin(table.index) for table in profiles.values()]
    return inputs | {MEASURED: np.stack(present, axis=1).astype(np.float32)}


def row_blocks(n_rows: int, size: int) -> Iterator[slice]:
    """Cut rows into consecutive blocks."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))

"""Labelled lines of DeepDEP's full size, with a signal that can be learned."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.training.finetune import LabelledLines

# Chiu et al. 2021: features per omic, gene sets, and share of genes in a gene set.
N_FEATURES = {
    Omic.MUTATION: 4539,
    Omic.EXPRESSION: 6016,
    Omic.METHYLATION: 6617,
    Omic.COPY_NUMBER: 7460,
}
N_LINES, N_GENES, N_SETS = 278, 1298, 3115
SETS_PER_GENE = 33
N_TUMORS = 8238


@dataclass(frozen=True)
class Size:
    """Of a cohort; ``features`` is the share of each omic's features."""

    n_lines: int = N_LINES
    n_validation: int = 28
    n_genes: int = N_GENES
    n_sets: int = N_SETS
    features: float = 1.0


def labelled_lines(size: Size, seed: int) -> LabelledLines:
    """Lines whose effects follow ten hidden programmes that omics and gene sets tell of."""
    rng = np.random.default_rng(seed)
    n = size.n_lines + size.n_validation
    programmes = rng.normal(size=(n, 10))
    lines = pd.Index([f"ACH-{k:06d}" for k in range(n)])
    genes = [f"G{k}" for k in range(size.n_genes)]
    profiles = {omic: _profiles(omic, programmes, lines, size, rng) for omic in N_FEATURES}
    member = rng.random((size.n_genes, size.n_sets)) < SETS_PER_GENE / size.n_sets
    loadings = member @ rng.normal(size=(size.n_sets, 10)) / SETS_PER_GENE**0.5
    mean = member @ rng.normal(size=size.n_sets) / SETS_PER_GENE**0.5
    noise = rng.normal(scale=0.2, size=(n, size.n_genes))
    effects = 0.3 * mean + 0.08 * programmes @ loadings.T + noise
    table = pd.DataFrame(effects.astype(np.float32), index=lines, columns=genes)
    sets = {
        f"S{s}": tuple(genes[g] for g in np.flatnonzero(member[:, s])) for s in range(size.n_sets)
    }
    return LabelledLines(profiles, table.iloc[: size.n_lines], table.iloc[size.n_lines :], sets)


def counts(size: Size) -> Mapping[str, int]:
    """Sizes for a benchmark's line."""
    return {
        "n_lines": size.n_lines,
        "n_genes": size.n_genes,
        "n_sets": size.n_sets,
        **{f"n_{omic}": round(n * size.features) for omic, n in N_FEATURES.items()},
    }


def _profiles(
    omic: Omic, programmes: np.ndarray, lines: pd.Index, size: Size, rng: np.random.Generator
) -> pd.DataFrame:
    n_features = round(N_FEATURES[omic] * size.features)
    loadings = rng.normal(size=(programmes.shape[1], n_features)) / programmes.shape[1] ** 0.5
    values = programmes @ loadings + rng.normal(size=(len(lines), n_features))
    match omic:  # in the units that DeepDEP reads, unscaled
        case Omic.MUTATION:
            values = values > 2.5
        case Omic.EXPRESSION:
            values = np.clip(3 + 1.5 * values, 0, None)
        case Omic.METHYLATION:
            values = 1 / (1 + np.exp(-values))
        case Omic.COPY_NUMBER:
            values = 0.3 * values
    names = [f"{omic}{k}" for k in range(n_features)]
    return pd.DataFrame(np.asarray(values, np.float32), index=lines, columns=names)

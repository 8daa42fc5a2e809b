"""A cohort of a real one's size, made in memory: every value in its unit, no signal."""

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Cohort, Samples, Source
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic

N_SAMPLES, N_FEATURES, N_GENES = 1_000, 19_000, 17_000
FEATURES = [f"SIM{i:05d}" for i in range(N_FEATURES)]
PROBES = [f"cg{i:08d}" for i in range(N_FEATURES)]


def make_cohort(rng: np.random.Generator) -> Cohort:
    """1,000 cell lines and 1,000 tumours of four omics, and the lines' gene effects."""
    cell_lines = make_samples(rng, Source.CELL_LINE)
    effects = rng.normal(-0.1, 0.3, (N_SAMPLES, N_GENES)).astype(np.float32)
    effects[rng.random(effects.shape) < 0.02] = np.nan
    table = pd.DataFrame(effects, index=cell_lines.obs.index, columns=FEATURES[:N_GENES])
    return Cohort(
        cell_lines=cell_lines,
        tumors=make_samples(rng, Source.TUMOR),
        gene_effect=GeneEffect(table, GeneEffectKind.GENE_EFFECT),
        gene_sets={"SET": tuple(FEATURES[:100])},
    )


def make_samples(rng: np.random.Generator, source: Source) -> Samples:
    names = [f"{source}-{i}" for i in range(N_SAMPLES)]
    obs = pd.DataFrame({"patient_id": names, "lineage": "Lung", "source": source}, index=names)
    tables = {
        omic: pd.DataFrame(
            make_values(rng, omic),
            index=names,
            columns=PROBES if omic is Omic.METHYLATION else FEATURES,
        )
        for omic in (Omic.MUTATION, Omic.EXPRESSION, Omic.METHYLATION, Omic.COPY_NUMBER)
    }
    return Samples(tables, obs, dict(DEFAULT_UNITS))


def make_values(rng: np.random.Generator, omic: Omic) -> np.ndarray:
    """Values in the omic's unit; the later a feature stands, the higher its mean."""
    level = np.linspace(0.2, 0.8, N_FEATURES, dtype=np.float32)
    values = rng.random((N_SAMPLES, N_FEATURES), dtype=np.float32)
    match omic:
        case Omic.MUTATION:
            return (values < 0.1 * level).astype(np.uint8)
        case Omic.EXPRESSION:
            return 12 * level + 4 * (values - 0.5)
        case Omic.METHYLATION:
            beta = level + 0.4 * (values - 0.5)
            beta[rng.random(beta.shape, dtype=np.float32) < 0.02] = np.nan
            return beta
        case Omic.COPY_NUMBER:
            return level - 0.5 + 2 * (values - 0.5)

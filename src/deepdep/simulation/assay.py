"""What an assay reads of a sample: cancer cells in a dish, or mixed with normal cells in a body."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.omics import Omic
from deepdep.simulation.biology import Biology
from deepdep.simulation.tissue import ExpressionModel

DECIMALS = 3  # of every stored value
BLOOD_CANCERS = ("Lymphoid", "Myeloid")
TECHNICAL_SD = {Omic.EXPRESSION: 0.1, Omic.METHYLATION: 0.1}
MISSING_BETA = 0.005  # share of beta values that did not pass quality control
MISSED_MUTATIONS = 0.1  # share missed, times the share of normal cells
LATE_MUTATIONS = 0.001  # per gene, gained by a line in culture


@dataclass(frozen=True)
class Mixture:
    """Shares of cancer cells, fibroblasts and immune cells in each sample; they add up to 1."""

    cancer: np.ndarray
    stroma: dict[str, np.ndarray]

    @classmethod
    def draw(cls, obs: pd.DataFrame, rng: np.random.Generator) -> "Mixture":
        """Draw the purity of tumours; cell lines are pure."""
        blood = obs["lineage"].isin(BLOOD_CANCERS).to_numpy()
        purity = np.where(blood, rng.beta(14, 2, len(obs)), rng.beta(9, 3.5, len(obs)))
        purity = np.where(is_line(obs), 1.0, np.clip(purity, 0.2, 1.0))
        fibroblasts = np.where(blood, 0.1, rng.beta(3, 2, len(obs))) * (1 - purity)
        return cls(purity, {"fibroblast": fibroblasts, "immune": 1 - purity - fibroblasts})


def is_line(obs: pd.DataFrame) -> np.ndarray:
    """Which samples are cell lines."""
    return (obs["source"] == str(Source.CELL_LINE)).to_numpy()


def read_expression(
    cancer: pd.DataFrame,
    model: ExpressionModel,
    obs: pd.DataFrame,
    mixture: Mixture,
    biology: Biology,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Read log2(TPM+1) of samples from log2(TPM) of their patients' cancer cells."""
    values = cancer.loc[obs["patient_id"]].to_numpy(np.float32)
    culture = model.draw_culture_shift(biology, rng)
    values += np.where(is_line(obs)[:, None], culture, np.float32(0))
    values += TECHNICAL_SD[Omic.EXPRESSION] * rng.standard_normal(values.shape, dtype=np.float32)
    tpm = np.exp2(values) * mixture.cancer[:, None].astype(np.float32)
    for kind, share in mixture.stroma.items():
        families = biology.families.stroma[kind]
        profile = np.exp2(model.draw_normal_profile(biology.genes_of(families), rng))
        tpm += np.outer(share, profile).astype(np.float32)
    return rounded(np.log2(tpm + 1), obs.index, cancer.columns)


def read_methylation(
    cancer: pd.DataFrame, obs: pd.DataFrame, mixture: Mixture, rng: np.random.Generator
) -> pd.DataFrame:
    """Read beta of samples from its logit in their patients' cancer cells; a few are missing."""
    logit = cancer.loc[obs["patient_id"]].to_numpy(np.float32)
    culture = np.abs(rng.normal(0, 0.35, cancer.shape[1])).astype(np.float32)
    logit += np.where(is_line(obs)[:, None], culture, np.float32(0))
    logit += TECHNICAL_SD[Omic.METHYLATION] * rng.standard_normal(logit.shape, dtype=np.float32)
    beta = 1 / (1 + np.exp(-logit)) * mixture.cancer[:, None].astype(np.float32)
    normal_level = cancer.median().to_numpy()
    for share in mixture.stroma.values():
        normal = 1 / (1 + np.exp(-(normal_level + rng.normal(0, 0.8, cancer.shape[1]))))
        beta += np.outer(share, normal).astype(np.float32)
    beta[rng.random(beta.shape, dtype=np.float32) < MISSING_BETA] = np.nan
    return rounded(np.clip(beta, 0, 1), obs.index, cancer.columns)


def read_copy_number(cancer: pd.DataFrame, obs: pd.DataFrame, mixture: Mixture) -> pd.DataFrame:
    """Read log2(CN/2) of samples: normal cells have two copies and dilute every change."""
    ratio = np.exp2(cancer.loc[obs["patient_id"]].to_numpy(np.float32))
    purity = mixture.cancer[:, None].astype(np.float32)
    return rounded(np.log2(ratio * purity + 1 - purity), obs.index, cancer.columns)


def read_mutations(
    cancer: pd.DataFrame, obs: pd.DataFrame, mixture: Mixture, rng: np.random.Generator
) -> pd.DataFrame:
    """Read mutations, 0 or 1: tumours miss a few for impurity, lines gained a few in culture."""
    mutated = cancer.loc[obs["patient_id"]].to_numpy()
    missed = rng.random(mutated.shape) < MISSED_MUTATIONS * (1 - mixture.cancer[:, None])
    late = (rng.random(mutated.shape) < LATE_MUTATIONS) & is_line(obs)[:, None]
    values = ((mutated & ~missed) | late).astype(np.uint8)
    return pd.DataFrame(values, index=obs.index, columns=cancer.columns)


def drop_omics(
    tables: dict[Omic, pd.DataFrame], obs: pd.DataFrame, rng: np.random.Generator
) -> dict[Omic, pd.DataFrame]:
    """Leave out one to three of the omics of a tenth of the samples, methylation most often."""
    lacking = rng.permutation(len(obs))[: round(0.1 * len(obs))]
    weights = np.array([3.0 if omic is Omic.METHYLATION else 1.0 for omic in tables])
    keeps = pd.DataFrame(True, index=obs.index, columns=list(tables))
    for sample in lacking:
        n_lost = rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1])
        lost = rng.choice(len(tables), size=n_lost, replace=False, p=weights / weights.sum())
        keeps.iloc[sample, lost] = False
    return {omic: table.loc[keeps[omic]] for omic, table in tables.items()}


def rounded(values: np.ndarray, samples: pd.Index, features: pd.Index) -> pd.DataFrame:
    """Round and label values, (sample, feature), so that files are small."""
    # Adding 0 turns -0.0, which a rounding leaves behind, into 0.0.
    short = np.round(values, DECIMALS).astype(np.float32) + np.float32(0)
    return pd.DataFrame(short, index=samples, columns=features)

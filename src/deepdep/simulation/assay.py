"""What an assay reads of a sample: cancer cells in a dish, or mixed with normal cells in a body."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.omics import Omic
from deepdep.simulation.biology import Biology
from deepdep.simulation.patients import draw_hits, row_blocks
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
    culture = model.draw_culture_shift(biology, rng)
    values = _in_culture(cancer, obs, culture, TECHNICAL_SD[Omic.EXPRESSION], rng)
    normal = {
        kind: np.exp2(model.draw_normal_profile(biology.genes_of(families), rng))
        for kind, families in biology.families.stroma.items()
        if kind in mixture.stroma
    }
    for rows in row_blocks(len(values)):
        tpm = np.exp2(values[rows]) * mixture.cancer[rows, None].astype(np.float32)
        for kind, share in mixture.stroma.items():
            tpm += np.outer(share[rows], normal[kind]).astype(np.float32)
        values[rows] = np.log2(tpm + 1)
    return rounded(values, obs.index, cancer.columns)


def read_methylation(
    cancer: pd.DataFrame, obs: pd.DataFrame, mixture: Mixture, rng: np.random.Generator
) -> pd.DataFrame:
    """Read beta of samples from its logit in their patients' cancer cells; a few are missing."""
    culture = np.abs(rng.normal(0, 0.35, cancer.shape[1])).astype(np.float32)
    values = _in_culture(cancer, obs, culture, TECHNICAL_SD[Omic.METHYLATION], rng)
    normal_level = cancer.median().to_numpy()
    shares = list(mixture.stroma.values())
    normal = [
        1 / (1 + np.exp(-(normal_level + rng.normal(0, 0.8, cancer.shape[1])))) for _ in shares
    ]
    for rows in row_blocks(len(values)):
        beta = 1 / (1 + np.exp(-values[rows])) * mixture.cancer[rows, None].astype(np.float32)
        for share, of_kind in zip(shares, normal, strict=True):
            beta += np.outer(share[rows], of_kind).astype(np.float32)
        beta[rng.random(beta.shape, dtype=np.float32) < MISSING_BETA] = np.nan
        values[rows] = np.clip(beta, 0, 1)
    return rounded(values, obs.index, cancer.columns)


def read_copy_number(cancer: pd.DataFrame, obs: pd.DataFrame, mixture: Mixture) -> pd.DataFrame:
    """Read log2(CN/2) of samples: normal cells have two copies and dilute every change."""
    values = cancer.loc[obs["patient_id"]].to_numpy(np.float32)
    for rows in row_blocks(len(values)):
        purity = mixture.cancer[rows, None].astype(np.float32)
        values[rows] = np.log2(np.exp2(values[rows]) * purity + 1 - purity)
    return rounded(values, obs.index, cancer.columns)


def read_mutations(
    cancer: pd.DataFrame, obs: pd.DataFrame, mixture: Mixture, rng: np.random.Generator
) -> pd.DataFrame:
    """Read mutations, 0 or 1: tumours miss a few for impurity, lines gained a few in culture."""
    mutated = cancer.loc[obs["patient_id"]].to_numpy()
    chance_missed = MISSED_MUTATIONS * (1 - mixture.cancer[:, None])
    chance_late = LATE_MUTATIONS * is_line(obs)[:, None]
    missed = draw_hits(mutated.shape, lambda rows: chance_missed[rows], rng)
    late = draw_hits(mutated.shape, lambda rows: chance_late[rows], rng)
    values = ((mutated & ~missed) | late).astype(np.uint8)
    return pd.DataFrame(values, index=obs.index, columns=cancer.columns)


def draw_kept(omics: Sequence[Omic], obs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw who has which omic, shape (sample, omic), bool.

    A tenth of the samples lacks one to three, methylation most often.
    """
    lacking = rng.permutation(len(obs))[: round(0.1 * len(obs))]
    weights = np.array([3.0 if omic is Omic.METHYLATION else 1.0 for omic in omics])
    keeps = pd.DataFrame(True, index=obs.index, columns=list(omics))
    for sample in lacking:
        n_lost = rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1])
        lost = rng.choice(len(omics), size=n_lost, replace=False, p=weights / weights.sum())
        keeps.iloc[sample, lost] = False
    return keeps


def _in_culture(
    cancer: pd.DataFrame, obs: pd.DataFrame, shift: np.ndarray, sd: float, rng: np.random.Generator
) -> np.ndarray:
    """Give samples their patients' values, lines what a dish adds, and all an assay's noise."""
    values = cancer.loc[obs["patient_id"]].to_numpy(np.float32)
    for rows in row_blocks(len(values)):
        values[rows] += np.where(is_line(obs)[rows, None], shift, np.float32(0))
        values[rows] += sd * rng.standard_normal(values[rows].shape, dtype=np.float32)
    return values


def rounded(values: np.ndarray, samples: pd.Index, features: pd.Index) -> pd.DataFrame:
    """Round and label values, (sample, feature), so that files are small."""
    short = np.empty(values.shape, np.float32)
    for rows in row_blocks(len(values)):
        # Adding 0 turns -0.0, which a rounding leaves behind, into 0.0.
        short[rows] = np.round(values[rows], DECIMALS).astype(np.float32) + np.float32(0)
    return pd.DataFrame(short, index=samples, columns=features)

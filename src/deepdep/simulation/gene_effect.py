"""Gene effects: what each patient's cells need, and what a screen reads of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.simulation.assay import rounded
from deepdep.simulation.biology import Biology, PlantedFact, gene_families
from deepdep.simulation.genes import GeneRoles
from deepdep.simulation.patients import Patients, row_blocks

NOISE_SD = 0.1  # of a screen
BASELINE_SD = 0.04  # of the mean effect of a gene that cells need only with a reason
RESIDUAL_SD = 0.05  # of what no programme or event explains
UNMEASURED = 0.65  # weight of what no omic shows, against the programmes it stands beside
QUALITY_SD = 0.08  # between screens, of the factor on all effects
OLD_LIBRARY = 0.2  # share of the lines screened with a library ...
NOT_IN_OLD_LIBRARY = 0.1  # ... that lacks this share of the genes
FAILED = 0.005  # share of the other values
N_FAMILY_PROGRAMMES = 2
FAMILY_PART = 0.8  # of a gene's programme weights, what it shares with its family


@dataclass(frozen=True)
class SelectiveProfile:
    """How genes that follow programmes do so: shape (programme, gene), and how strongly."""

    weights: pd.DataFrame
    scale: pd.Series

    @classmethod
    def draw(
        cls, genes: list[str], programmes: list[str], rng: np.random.Generator
    ) -> "SelectiveProfile":
        """Draw programme weights; genes of a family share most of theirs."""
        family_of = {g: family for family, members in gene_families().items() for g in members}
        names = [*gene_families(), ""]
        of_family = pd.DataFrame(
            [_few_weights(len(programmes), rng) for _ in names], index=names, columns=programmes
        )
        of_gene = np.array([_few_weights(len(programmes), rng) for _ in genes])
        shared = of_family.loc[[family_of.get(gene, "") for gene in genes]].to_numpy()
        weights = FAMILY_PART * shared + np.sqrt(1 - FAMILY_PART**2) * of_gene
        scale = pd.Series(rng.uniform(0.15, 0.4, len(genes)), index=genes)
        return cls(pd.DataFrame(weights.T, index=programmes, columns=genes), scale)


def draw_effects(
    roles: GeneRoles,
    profile: SelectiveProfile,
    patients: Patients,
    biology: Biology,
    kept: pd.Index,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the true gene effect of the cells of the patients ``kept``, shape (patient, gene).

    What the others have is drawn too and dropped, so that nobody's depends on who is kept.
    """
    info = patients.info
    is_kept = info.index.isin(kept)
    planted = _planted(roles.planted, patients, biology, rng)[is_kept]
    essential = _essential(roles.essential, patients, rng)[is_kept]
    selective = _selective(profile, patients, is_kept, rng)
    effects = pd.concat([planted, essential, selective], axis=1)
    effects += RESIDUAL_SD * _normal(is_kept, effects.shape[1], rng)
    return effects.reindex(columns=roles.all, fill_value=0.0)


def screen(
    effects: pd.DataFrame, obs: pd.DataFrame, unscreened: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Read gene effects of lines, but for a share and a few values; each screen is noisy."""
    screened = obs.index[rng.permutation(len(obs)) >= round(unscreened * len(obs))]
    values = effects.loc[obs.loc[screened, "patient_id"]].to_numpy()
    values = values * rng.normal(1, QUALITY_SD, (len(screened), 1))
    values = values + rng.normal(0, NOISE_SD, values.shape)
    old = rng.random(len(screened)) < OLD_LIBRARY
    absent = rng.random(values.shape[1]) < NOT_IN_OLD_LIBRARY
    values[np.outer(old, absent) | (rng.random(values.shape) < FAILED)] = np.nan
    return rounded(values, screened, effects.columns).sort_index(axis=1)


def _few_weights(n: int, rng: np.random.Generator) -> np.ndarray:
    weights = np.zeros(n)
    weights[rng.choice(n, N_FAMILY_PROGRAMMES, replace=False)] = rng.choice([-1, 1], 2)
    return weights / np.sqrt(N_FAMILY_PROGRAMMES)


def _planted(
    facts: Sequence[PlantedFact], patients: Patients, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Baseline, plus the strongest of a gene's events and identities, plus all its programmes."""
    genes = dict.fromkeys(fact.gene for fact in facts)
    columns = {}
    for gene in genes:
        of_gene = [fact for fact in facts if fact.gene == gene]
        programmes = [_term(f, patients, rng) for f in of_gene if f.kind == "programme"]
        switches = [_term(f, patients, rng) for f in of_gene if f.kind != "programme"]
        of_line = np.full(len(patients.info), rng.normal(0, BASELINE_SD))
        terms = programmes
        if switches:
            # Two reasons to need a gene do not add up: per patient, the one farthest from 0 counts.
            stacked = np.stack(switches)
            strongest = np.abs(stacked).argmax(axis=0)[None]
            terms = [*programmes, np.take_along_axis(stacked, strongest, axis=0)[0]]
        columns[gene] = biology.baselines.get(gene, 0.0) + of_line + np.sum(terms, axis=0)
    return pd.DataFrame(columns, index=patients.info.index)


def _term(fact: PlantedFact, patients: Patients, rng: np.random.Generator) -> np.ndarray:
    """Return what one planted fact adds to each patient."""
    if fact.kind == "programme":
        return fact.effect * _partly_measured(patients.programmes[fact.driver].to_numpy(), rng)
    strength = np.clip(rng.normal(1.0, 0.25, len(patients.info)), 0.3, 1.6)
    if fact.kind == "lineage_dependency":
        return fact.effect * strength * patients.identities[fact.driver].to_numpy()
    return fact.effect * strength * patients.carries(fact.carriers)


def _partly_measured(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scores of variance 1, of which part is replaced by something that no omic shows."""
    return _with_hidden(scores, rng.normal(0, 1, scores.shape))


def _with_hidden(scores: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    return np.sqrt(1 - UNMEASURED**2) * scores + UNMEASURED * hidden


def _normal(kept: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw standard normal values, shape (patient, n), a block at a time, and keep these rows."""
    blocks = [kept[rows] for rows in row_blocks(len(kept))]
    return np.concatenate([rng.normal(0, 1, (len(block), n))[block] for block in blocks])


def _essential(genes: list[str], patients: Patients, rng: np.random.Generator) -> pd.DataFrame:
    """Needed by all; a little more by cells that divide fast."""
    mean = np.clip(rng.normal(-1.05, 0.25, len(genes)), -1.8, -0.5)
    growth = patients.programmes["proliferation"].to_numpy()
    values = mean + np.outer(growth, rng.normal(-0.04, 0.04, len(genes)))
    return pd.DataFrame(values, index=patients.info.index, columns=genes)


def _selective(
    profile: SelectiveProfile, patients: Patients, kept: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Bend a sum of programmes: cells on one side need the gene, those on the other do not."""
    programmes = patients.programmes.loc[kept, profile.weights.index].to_numpy()
    score = programmes @ profile.weights.to_numpy()
    score = _with_hidden(score, _normal(kept, score.shape[1], rng))
    values = -profile.scale.to_numpy() * np.logaddexp(0, 2 * score - 0.5)
    return pd.DataFrame(values, patients.info.index[kept], profile.scale.index)

"""Expression of pure cancer cells: log2(TPM) from identities, programmes, copies and events."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import Biology, EventKind
from deepdep.data.simulation.patients import Patients

DOSAGE = 0.7  # change of log2(TPM) per log2(CN/2)
SILENCED = -4.5  # change of log2(TPM) of a gene that is lost or methylated away
DECAYED = -1.3  # ... and of a transcript that a truncating mutation marks for decay
OFF = -3.0  # log2(TPM) of a gene that cancer cells do not express
SIGNATURE_SHARE, SIGNATURE_SD = 0.03, 0.8  # of the genes an event moves, and how far
PATIENT_SD = 0.45  # of what neither identity nor programme explains


@dataclass(frozen=True)
class ExpressionModel:
    """How genes read the latent state: one level per gene, one loading per latent and gene."""

    level: pd.Series
    loadings: pd.DataFrame


def expression_model(
    genes: list[str], latent: list[str], biology: Biology, rng: np.random.Generator
) -> ExpressionModel:
    """Draw levels and loadings: strong ones for known genes, weak ones for all that vary."""
    silent = np.isin(genes, biology.genes_of(biology.families.silent))
    essential = np.isin(genes, biology.genes_of(biology.families.essential))
    level = np.where(essential, rng.normal(7.5, 1.2, len(genes)), rng.normal(4.5, 1.8, len(genes)))
    level = np.where(silent, rng.normal(OFF, 1.0, len(genes)), level)
    weak = rng.normal(0, 0.4, (len(latent), len(genes)))
    weak *= rng.random(weak.shape) < 2.5 / len(latent)  # a gene reads two or three
    weak *= ~silent
    table = pd.DataFrame(weak, index=latent, columns=genes)
    levels = pd.Series(level, index=genes)
    known = set(genes)
    for name, programme in biology.programmes.items():
        for members, sign in ((programme.up, 1.0), (programme.down, -1.0)):
            here = [gene for gene in members if gene in known]
            table.loc[name, here] = sign * rng.uniform(0.5, 1.1, len(here))
            levels[here] = np.maximum(levels[here], rng.uniform(3.0, 5.0, len(here)))
    for name, identity in biology.identities.items():
        here = [gene for gene in (*identity.markers, *identity.dependencies) if gene in known]
        table.loc[name, here] = rng.uniform(3.0, 5.5, len(here))
        levels[here] = rng.uniform(-1.5, 1.0, len(here))
    return ExpressionModel(levels, table)


def draw_expression(
    model: ExpressionModel,
    patients: Patients,
    copy_number: pd.DataFrame,
    biology: Biology,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw log2(TPM) of each patient's cancer cells, shape (patient, gene)."""
    latent = patients.latent[model.loadings.index]
    values = latent.to_numpy(np.float32) @ model.loadings.to_numpy(np.float32)
    values += model.level.to_numpy(np.float32)
    values += PATIENT_SD * rng.standard_normal(values.shape, dtype=np.float32)
    table = pd.DataFrame(values, index=latent.index, columns=model.level.index)
    shared = table.columns.intersection(copy_number.columns)
    table[shared] += np.float32(DOSAGE) * copy_number[shared]
    for name, event in biology.events.items():
        downstream = table.columns[rng.random(table.shape[1]) < SIGNATURE_SHARE]
        change = rng.normal(0, SIGNATURE_SD, len(downstream))
        table[downstream] += np.outer(patients.carries(name), change).astype(np.float32)
        shift = _shift(event.kind, event.truncating)
        if shift and event.gene in table.columns:
            table[event.gene] += np.float32(shift) * patients.carries(name)
    return table


def _shift(kind: EventKind, truncating: bool) -> float:
    if kind in (EventKind.SILENCING, EventKind.MSI, EventKind.LOSS):
        return SILENCED
    return DECAYED if truncating else 0.0

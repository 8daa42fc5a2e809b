"""Methylation of pure cancer cells: logit of the beta value of CpG probes near genes."""

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import Biology, EventKind
from deepdep.data.simulation.patients import Patients

METHYLATOR = "CpG island methylator"  # the programme that methylates promoters at large
PATIENT_SD = 0.35
SILENCED = 5.0  # change of the logit where an event methylates a promoter


def draw_probes(genes: list[str], rng: np.random.Generator) -> pd.Series:
    """Name one probe per gene, such as cg01234567: index probe, values gene.

    The numbers are drawn, they are not those of a real array.
    """
    numbers = rng.choice(10**8, size=len(genes), replace=False)
    return pd.Series(genes, index=[f"cg{number:08d}" for number in numbers])


def draw_methylation(
    probes: pd.Series, patients: Patients, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the logit of beta, shape (patient, probe).

    Promoters are unmethylated unless an identity's marker is off, the methylator programme is on
    or an event silences the gene; the other probes are of either state and follow two programmes.
    """
    latent = patients.latent
    promoter = rng.random(len(probes)) < 0.6
    silenced_by = {
        name: event.gene
        for name, event in biology.events.items()
        if event.kind in (EventKind.SILENCING, EventKind.MSI)
    }
    promoter |= probes.isin(silenced_by.values()).to_numpy()
    level = np.where(promoter, rng.normal(-2.8, 0.6, len(probes)), _either(len(probes), rng))
    loadings = rng.normal(0, 0.6, (latent.shape[1], len(probes)))
    loadings *= rng.random(loadings.shape) < 2.0 / latent.shape[1]
    loadings[latent.columns.get_loc(METHYLATOR)] = np.where(
        promoter, rng.uniform(0, 0.9, len(probes)), 0
    )
    for name, identity in biology.identities.items():
        marker = promoter & probes.isin(identity.markers).to_numpy()
        level = np.where(marker, 2.0, level)
        loadings[latent.columns.get_loc(name), marker] = -3.5
    values = latent.to_numpy(np.float32) @ loadings.astype(np.float32) + level.astype(np.float32)
    values += PATIENT_SD * rng.standard_normal(values.shape, dtype=np.float32)
    for name, gene in silenced_by.items():
        values += np.float32(SILENCED) * np.outer(
            patients.carries(name), (probes == gene).to_numpy()
        )
    return pd.DataFrame(values, index=latent.index, columns=probes.index)


def _either(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(n) < 0.75, rng.normal(2.2, 0.6, n), rng.normal(-1.5, 0.8, n))

"""Who is in a cohort: tumours, cell lines, their patients and lineages."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import Biology
from deepdep.data.simulation.settings import SimulationSettings
from deepdep.domain.cohort import Source

PATIENTS_PER_LINE = 0.84  # of DepMap's lines, about one in six has a sister from its patient
LINES_PER_LINEAGE = 6  # fewer lines than that cannot be split by patient


def n_lineages(settings: SimulationSettings) -> int:
    """As many lineages as the cell lines can fill."""
    return max(4, settings.n_cell_lines // LINES_PER_LINEAGE)


def draw_obs(
    settings: SimulationSettings, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw tumours and cell lines: columns ``patient_id``, ``lineage``, ``source``.

    Tumours have barcodes such as TCGA-S1-0001-01, whose first 12 characters are the patient;
    cell lines have ids such as ACH-000001, several of which may share a patient.
    """
    return pd.concat(
        [_tumors(settings.n_tumors, biology, rng), _lines(settings.n_cell_lines, biology, rng)]
    )


def _tumors(n: int, biology: Biology, rng: np.random.Generator) -> pd.DataFrame:
    shares = [lineage.tumors for lineage in biology.lineages.values()]
    patients = np.array([_barcode(number) for number in range(n)])
    lineages = _lineages(n, list(biology.lineages), shares, rng)
    return _obs([f"{patient}-01" for patient in patients], patients, lineages, Source.TUMOR)


def _barcode(number: int) -> str:
    """Name a patient; a site (S1, S2, ...) has 9,999 of them, so that twelve characters suffice."""
    site, place = divmod(number, 9_999)
    return f"TCGA-S{site + 1}-{place + 1:04d}"


def _lines(n: int, biology: Biology, rng: np.random.Generator) -> pd.DataFrame:
    n_patients = round(n * PATIENTS_PER_LINE)
    shares = [lineage.lines for lineage in biology.lineages.values()]
    lineages = _lineages(n_patients, list(biology.lineages), shares, rng)
    sisters = rng.integers(n_patients, size=n - n_patients)
    patient = rng.permutation(np.concatenate([np.arange(n_patients), sisters]))
    names = np.array([f"PT-{number:06d}" for number in range(1, n_patients + 1)])
    lines = [f"ACH-{number:06d}" for number in range(1, n + 1)]
    return _obs(lines, names[patient], lineages[patient], Source.CELL_LINE)


def _lineages(
    n: int, lineages: Sequence[str], shares: Sequence[float], rng: np.random.Generator
) -> np.ndarray:
    """Draw lineages in fixed numbers: each gets its share, rounded."""
    bounds = np.rint(np.cumsum(shares) / np.sum(shares) * n).astype(int)
    return rng.permutation(np.repeat(lineages, np.diff(bounds, prepend=0)))


def _obs(
    names: Sequence[str], patients: np.ndarray, lineages: np.ndarray, source: Source
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": patients.astype(object),
            "lineage": lineages.astype(object),
            "source": str(source),
        },
        index=pd.Index(np.array(names, dtype=object)),
    )

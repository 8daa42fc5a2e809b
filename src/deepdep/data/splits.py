"""Which cell lines are learned from, chosen on and judged on; no patient is in two of them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from deepdep.domain.errors import DeepDEPError
from deepdep.domain.settings import Settings


class Split(StrEnum):
    """The part a labelled cell line plays."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class SplitSettings(Settings):
    """The ``prepare.split`` group of params.yaml."""

    validation: float  # share of the labelled cell lines
    test: float
    seed: int


def split_by_patient(obs: pd.DataFrame, settings: SplitSettings) -> pd.DataFrame:
    """Draw the split: whole patients, every lineage spread over the parts.

    Parameters
    ----------
    obs
        One row per labelled cell line; columns ``patient_id`` and ``lineage``.

    Returns
    -------
    Columns ``patient_id``, ``lineage`` and ``split``, one row per cell line, sorted by name.
    """
    shares = {
        Split.TRAIN: 1 - settings.validation - settings.test,
        Split.VALIDATION: settings.validation,
        Split.TEST: settings.test,
    }
    if min(shares.values()) <= 0:
        raise DeepDEPError(
            f"prepare.split: shares of validation {settings.validation} and test {settings.test} "
            "leave a part empty; both must be above 0 and their sum below 1."
        )
    part_of_patient = _deal(_patients(obs, np.random.default_rng(settings.seed)), shares)
    parts = obs["patient_id"].map(part_of_patient)
    for part in shares:
        if not (parts == part).any():
            raise DeepDEPError(
                f"prepare.split: no patient is left for {part} among {len(part_of_patient)}; "
                "bring more labelled cell lines or change the shares."
            )
    return obs[["patient_id", "lineage"]].assign(split=parts.astype(str)).sort_index()


def _patients(obs: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Count the cell lines of each patient; patients of a lineage stand together, shuffled."""
    ordered = obs.sort_index()
    patients = ordered.groupby("patient_id")["lineage"].agg(["first", "size"]).sort_index()
    shuffled = patients.iloc[rng.permutation(len(patients))]
    return shuffled.sort_values("first", kind="stable")["size"]


def _deal(n_lines: pd.Series, shares: dict[Split, float]) -> dict[str, str]:
    """Give each patient in turn to the part that lacks most lines so far."""
    dealt = dict.fromkeys(shares, 0)
    part_of_patient = {}
    n_dealt = 0
    for patient, size in n_lines.items():
        n_dealt += size
        part = max(shares, key=lambda p: shares[p] * n_dealt - dealt[p])
        dealt[part] += size
        part_of_patient[str(patient)] = str(part)
    return part_of_patient

"""Which cell lines are learned from, chosen on and judged on; no patient is in two of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from deepdep.errors import DeepDEPError
from deepdep.settings import Settings


class Split(StrEnum):
    """The part a labelled cell line plays."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


LEARNED_FROM = (Split.TRAIN, Split.VALIDATION)  # by fitting, or by stopping and choosing

# What stands in place of figures where the test has no line.
NOT_JUDGED = (
    "No lines were kept to judge by (prepare.split.test of params.yaml is 0), so nothing says how "
    "good predictions are for patients that the predictor has not seen."
)


def lines_of(splits: pd.DataFrame, *parts: Split) -> pd.Index:
    """Return the cell lines of these parts, in the order of the table."""
    return splits.index[splits["split"].isin([str(part) for part in parts])]


@dataclass(frozen=True)
class SplitSettings(Settings):
    """The ``prepare.split`` group of params.yaml."""

    validation: float  # share of the labelled cell lines
    test: float  # 0 keeps no line to judge by
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
    if not (shares[Split.TRAIN] > 0 and settings.validation > 0 and settings.test >= 0):
        raise DeepDEPError(
            f"prepare.split: shares of validation {settings.validation} and test {settings.test} "
            "leave a part empty; validation must be above 0, test at least 0, which keeps no line "
            "to judge by, and their sum below 1."
        )
    shares = {part: share for part, share in shares.items() if share > 0}
    ordered = obs.sort_index()
    patients = ordered.groupby("patient_id")["lineage"].agg(["first", "size"]).sort_index()
    rng = np.random.default_rng(settings.seed)
    shuffled = patients.iloc[rng.permutation(len(patients))]
    # Patients of a lineage stand together, shuffled.
    by_lineage = shuffled.sort_values("first", kind="stable")["size"]
    part_of_patient = _deal(by_lineage, shares)
    parts = obs["patient_id"].map(part_of_patient)
    for part in shares:
        if not (parts == part).any():
            raise DeepDEPError(
                f"prepare.split: no patient is left for {part} among {len(part_of_patient)}; "
                "bring more labelled cell lines or change the shares."
            )
    return obs[["patient_id", "lineage"]].assign(split=parts.astype(str)).sort_index()


def deal(units: pd.DataFrame, shares: Sequence[float], rng: np.random.Generator) -> pd.Series:
    """Deal units to parts: the large ones first, each to the part that lacks most so far.

    What a part lacks is counted within the unit's stratum, twice, and over all, so that strata
    spread and sizes come out even. With equal shares, no part stays empty while there are units
    enough.

    Parameters
    ----------
    units
        One row per unit, that stays whole; columns ``size`` and ``stratum``. The order of the
        rows counts for nothing.
    shares
        Of the sizes; they sum to 1.

    Returns
    -------
    Number of the part that each unit goes to, by its name.
    """
    by_name = units.sort_index()
    shuffled = by_name.iloc[rng.permutation(len(by_name))]
    ordered = shuffled.sort_values("size", ascending=False, kind="stable")
    dealt = np.zeros(len(shares))
    dealt_in: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(shares)))
    parts = []
    for size, stratum in zip(ordered["size"], ordered["stratum"], strict=True):
        held = dealt + 2 * dealt_in[stratum]
        due = np.asarray(shares) * (held.sum() + 3 * size)
        part = int(np.argmax(due - held))
        dealt[part] += size
        dealt_in[stratum][part] += size
        parts.append(part)
    return pd.Series(parts, index=ordered.index, dtype=int)


def patient_folds(patient_id: pd.Series, n_folds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield positions of lines to fit and to judge on; a patient's lines are left out together.

    The folds depend on the names of the patients, not on the order of the lines. There are fewer
    folds where there are fewer patients.
    """
    from sklearn.model_selection import GroupKFold  # here: it takes a while to load

    folds = GroupKFold(min(n_folds, patient_id.nunique()))
    yield from folds.split(patient_id, groups=patient_id)


def patient_fold_of_line(patient_id: pd.Series, n_folds: int) -> pd.Series:
    """Return the number of the fold of ``patient_folds`` that leaves each line out."""
    fold_of_line = pd.Series(0, patient_id.index)
    for number, (_, left_out) in enumerate(patient_folds(patient_id, n_folds)):
        fold_of_line.iloc[left_out] = number
    return fold_of_line


def validation_folds(
    splits: pd.DataFrame, n_folds: int, rng: np.random.Generator
) -> list[pd.DataFrame]:
    """Deal all patients but those of the test to folds, each of which validates once.

    Parameters
    ----------
    splits
        As ``split_by_patient`` returns them; one fold is this split itself.
    """
    if n_folds == 1:
        return [splits]
    others = splits.loc[lines_of(splits, *LEARNED_FROM)]
    lineages = others.groupby("patient_id")["lineage"]
    patients = pd.DataFrame({"stratum": lineages.first(), "size": lineages.size()})
    if len(patients) < n_folds:
        raise DeepDEPError(
            f"tune.n_folds: {len(patients)} patients cannot be dealt to {n_folds} folds; lower it."
        )
    fold_of_line = others["patient_id"].map(deal(patients, [1 / n_folds] * n_folds, rng))
    folds = []
    for fold in range(n_folds):
        parts = splits["split"].copy()
        validates = np.where(fold_of_line == fold, str(Split.VALIDATION), str(Split.TRAIN))
        parts[fold_of_line.index] = validates
        folds.append(splits.assign(split=parts))
    return folds


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

"""Splits that take turns in which patients choose."""

import numpy as np
import pandas as pd

from deepdep.data.folds.deal import deal
from deepdep.data.splits import Split
from deepdep.domain.errors import DeepDEPError


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
    others = splits[splits["split"] != Split.TEST]
    lineages = others.groupby("patient_id")["lineage"]
    patients = pd.DataFrame({"stratum": lineages.first(), "size": lineages.size()})
    if len(patients) < n_folds:
        raise DeepDEPError(
            f"tune.n_folds: {len(patients)} patients cannot be dealt to {n_folds} folds; lower it."
        )
    fold_of_line = others["patient_id"].map(deal(patients, [1 / n_folds] * n_folds, rng))
    return [_validating_on(splits, fold_of_line == fold) for fold in range(n_folds)]


def _validating_on(splits: pd.DataFrame, is_validation: pd.Series) -> pd.DataFrame:
    parts = splits["split"].copy()
    parts[is_validation.index] = np.where(is_validation, str(Split.VALIDATION), str(Split.TRAIN))
    return splits.assign(split=parts)

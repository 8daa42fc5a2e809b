"""Whether two samples have nearly the same profile: they may be one under two names.

Profiles are compared after each feature was standardised over the samples, so that unrelated
samples correlate near 0, not near 1 as any two transcriptomes do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.validation.expectations import Expectation, none
from deepdep.data.validation.settings import ValidateSettings

# With fewer features, or fewer mutations, unrelated samples coincide.
MIN_FEATURES = 50
MIN_EVENTS = 10

SAMPLES_AT_A_TIME = 1024


@dataclass(frozen=True)
class Profiles:
    """Standardised profiles, shape (sample, feature), each of length 1; and whose they are."""

    values: np.ndarray
    patients: np.ndarray


def profile_summary(
    table: pd.DataFrame,
    features: pd.DataFrame,
    patients: pd.Series,
    settings: ValidateSettings,
    *,
    are_events: bool,
) -> pd.DataFrame:
    """Count the pairs of samples whose profiles correlate at ``settings.twin_r`` or above.

    Parameters
    ----------
    features
        Feature summary of the table.
    patients
        Patient by sample; a sample that is not there is a patient of its own.
    are_events
        Whether values other than 0 are rare and whole, as mutations are: samples with fewer than
        ten of them are left out.

    Returns
    -------
    One row: ``n_compared`` samples, ``n_of_one_patient`` and ``n_of_two_patients`` pairs.
    """
    profiles = _profiles(table, features, patients, settings.twin_features, are_events=are_events)
    n_all, n_of_one = _count_pairs(profiles, settings.twin_r)
    return pd.DataFrame(
        {
            "n_compared": [len(profiles.values)],
            "n_of_one_patient": [n_of_one],
            "n_of_two_patients": [n_all - n_of_one],
        }
    )


def profiles(
    noun: str, settings: ValidateSettings, *, belong_to_patient: bool
) -> list[Expectation]:
    """List what the profile summary of a table must satisfy.

    Parameters
    ----------
    noun
        Cell lines or tumours.
    belong_to_patient
        Whether samples of one patient may well have the same profile, as genomes may.
    """
    alike = f"that have nearly the same profile (r of {settings.twin_r:g} or more): {{observed:g}}"
    one = f"pairs of {noun} of one patient {alike}"
    two = f"pairs of {noun} of different patients {alike}"
    leak = (
        "Give both the same patient_id if they are one, or keep one of them: copies on both sides "
        "of the split flatter every figure"
    )
    keep = "Keep one of them, unless both were measured"
    of_two, of_one = (f"alike pairs of {noun} of {who}" for who in ("two patients", "one patient"))
    expected = [none("n_of_two_patients", of_two, two, "none", leak).as_note()]
    if not belong_to_patient:
        expected.append(none("n_of_one_patient", of_one, one, "none", keep).as_note())
    return expected


def _profiles(
    table: pd.DataFrame,
    features: pd.DataFrame,
    patients: pd.Series,
    n_features: int,
    *,
    are_events: bool,
) -> Profiles:
    """Standardise the most variable features; leave samples out of which too little is known."""
    varying = features[features["sd"] > 0].nlargest(n_features, "sd")
    values = table.iloc[:, varying.index.to_numpy()].to_numpy(np.float32)
    mean, sd = varying["mean"].to_numpy(np.float32), varying["sd"].to_numpy(np.float32)
    known = np.isfinite(values)
    enough = 2 * known.sum(axis=1) > len(varying)
    if are_events:
        enough &= (known & (values != 0)).sum(axis=1) >= MIN_EVENTS
    if len(varying) < MIN_FEATURES:
        enough[:] = False
    standardised = np.where(known, (values - mean) / sd, np.float32(0))[enough]
    length = np.linalg.norm(standardised, axis=1, keepdims=True)
    of_samples = patients.reindex(table.index).to_numpy(object)
    whose = np.where(pd.isna(of_samples), table.index, of_samples)[enough]
    return Profiles(standardised / np.maximum(length, np.finfo(np.float32).tiny), whose)


def _count_pairs(profiles: Profiles, twin_r: float) -> tuple[int, int]:
    """Count the pairs that correlate so much, and those of them that are of one patient."""
    n_all = n_of_one = 0
    for start in range(0, len(profiles.values), SAMPLES_AT_A_TIME):
        block = profiles.values[start : start + SAMPLES_AT_A_TIME]
        r = block @ profiles.values[start:].T
        first, second = np.nonzero(np.triu(r, k=1) >= twin_r)
        of_one = profiles.patients[start + first] == profiles.patients[start + second]
        n_all += len(first)
        n_of_one += int(of_one.sum())
    return n_all, n_of_one

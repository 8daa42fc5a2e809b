"""What validation knows of samples, without a name, and whether two are nearly the same."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.identifiers import same_in_r
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.validation import expectations as expect
from deepdep.validation.expectations import Expectation, ValidateSettings

# With fewer features, or fewer mutations, unrelated samples coincide.
MIN_FEATURES = 50
MIN_EVENTS = 10

SAMPLES_AT_A_TIME = 1024


def sample_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Describe each sample of a table (sample, feature), without naming it.

    Returns
    -------
    One row per sample: ``n_measured``, ``missing_share`` and ``n_rows``, how many rows of the
    table carry the sample's identifier.
    """
    n_measured = table.notna().to_numpy().sum(axis=1)
    return pd.DataFrame(
        {
            "n_measured": n_measured,
            "missing_share": 1 - n_measured / max(table.shape[1], 1),
            "n_rows": table.index.to_series().groupby(level=0).transform("size").to_numpy(),
        }
    )


def table_samples(settings: ValidateSettings) -> list[Expectation]:
    """List what the sample summary of any table must satisfy."""
    twice = "a sample occurs in {observed} rows"
    empty = "a sample has {observed} values"
    lacks = "a sample lacks a share of {observed} of its values"
    share, unmeasured = "share of a sample's values that are missing", "values of a sample"
    leave_out = "Leave samples out of a table that has no value of them"
    return [
        expect.rows(settings.min_samples, "samples", "Bring more samples, or leave the table out"),
        expect.at_most("n_rows", 1, "rows of a sample", twice, "Keep one row per sample"),
        expect.at_least("n_measured", 1, unmeasured, empty, leave_out),
        expect.at_most(
            "missing_share", settings.max_missing_share, share, lacks, "Judge it with care"
        ).as_note(),
    ]


def metadata_summary(samples: Samples) -> pd.DataFrame:
    """Say of each sample whether its patient and its lineage are stated, without naming it.

    Returns
    -------
    One row per sample that has metadata or a table: ``patient_id``, ``lineage`` (0 or 1) and
    ``known_lineage`` (0 where the lineage is ``unknown``).
    """
    names = samples.obs.index
    for of_omic in samples.tables.values():
        names = names.union(of_omic.table.index)
    obs = samples.obs.loc[~samples.obs.index.duplicated()].reindex(
        index=names.unique(), columns=["patient_id", "lineage"]
    )
    stated = obs.notna() & (obs.astype(str).apply(lambda column: column.str.strip()) != "")
    known_lineage = stated["lineage"] & (obs["lineage"] != UNKNOWN_LINEAGE)
    columns = stated.assign(known_lineage=known_lineage)
    return columns.astype(int).reset_index(drop=True)


def metadata() -> list[Expectation]:
    """List what the metadata summary must satisfy."""
    no_patient, no_lineage = "a sample has no patient_id", "a sample has no lineage"
    unknown = "a sample is of unknown lineage"
    each, fill = "one for every sample", "Fill the column of obs for every sample"
    return [
        expect.throughout("patient_id", 1, "every sample has a patient", no_patient, each, fill),
        expect.throughout("lineage", 1, "every sample has a lineage", no_lineage, each, fill),
        expect.throughout(
            "known_lineage", 1, "every lineage is known", unknown, each, fill
        ).as_note(),
    ]


def patient_by_sample(cohort: Cohort) -> pd.Series:
    """Return the patient by sample, as far as obs or the gene effects state it."""
    stated = [
        group.obs["patient_id"] for group in _groups(cohort) if "patient_id" in group.obs.columns
    ]
    if cohort.gene_effect is not None and cohort.gene_effect.patient_id is not None:
        stated.append(cohort.gene_effect.patient_id)
    patients = pd.concat([pd.Series(dtype=object), *stated])
    return patients[~patients.index.duplicated()]


def sample_names(cohort: Cohort) -> frozenset[str]:
    """Return the names of samples and patients, which nothing that leaves validation may hold.

    A table may stand on its side, with genes in rows: what is in a gene set, or a column of more
    tables than it is a row of, is no sample.
    """
    tables = [of_omic.table for group in _groups(cohort) for of_omic in group.tables.values()]
    if cohort.gene_effect is not None:
        tables.append(cohort.gene_effect.table)
    in_rows = Counter(name for table in tables for name in table.index)
    in_columns = Counter(name for table in tables for name in table.columns)
    genes = {gene for members in (cohort.gene_sets or {}).values() for gene in members}
    names = {*in_rows, *patient_by_sample(cohort).dropna()}
    names.update(*(group.obs.index for group in _groups(cohort)))
    return frozenset(
        str(name)
        for name in names
        if name not in genes and max(in_rows[name], 1) >= in_columns[name]
    )


def renamed_summary(names: Iterable[str], patients: pd.Series) -> pd.DataFrame:
    """Count samples with names of which R would make one, so that one of them went through R.

    Parameters
    ----------
    patients
        Patient by sample; a sample that is not there counts as a patient.

    Returns
    -------
    One row: groups of such names ``of_two_patients``, and ``of_one_patient``.
    """
    found = {"of_two_patients": 0, "of_one_patient": 0}
    for group in same_in_r(names):
        whose = {patients.get(name, name) for name in group}
        found["of_one_patient" if len(whose) == 1 else "of_two_patients"] += 1
    return pd.DataFrame([found])


def renamed(noun: str) -> list[Expectation]:
    """List what the summary of changed names must satisfy; ``noun`` is cell lines or tumours."""
    alike = "names that differ as R changes them (22RV1 and X22RV1), or in case"
    two = f"{{observed}} {noun} of several patients have {alike}"
    one = f"{{observed}} {noun} of one patient have {alike}"
    leak = (
        "Name them alike in all tables: one sample under two names would stand on both sides of "
        "the split"
    )
    several, same = (f"{noun} of {who} under a changed name" for who in ("two patients", "one"))
    return [
        expect.none("of_two_patients", several, two, "none", leak),
        expect.none("of_one_patient", same, one, "none", "Name them alike in all tables").as_note(),
    ]


def _groups(cohort: Cohort) -> list[Samples]:
    return [group for group in (cohort.cell_lines, cohort.tumors) if group is not None]


@dataclass(frozen=True)
class Profiles:
    """Standardised profiles, shape (sample, feature), each of length 1; and whose they are."""

    values: np.ndarray
    patients: np.ndarray

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        features: pd.DataFrame,
        patients: pd.Series,
        n_features: int,
        *,
        are_events: bool,
    ) -> "Profiles":
        """Standardise the most variable features; leave samples out of which little is known."""
        varying = features[features["sd"] > 0].nlargest(n_features, "sd")
        values = table.iloc[:, varying.index.to_numpy()].to_numpy(np.float32)
        mean, sd = varying["mean"].to_numpy(np.float32), varying["sd"].to_numpy(np.float32)
        measured = np.isfinite(values)
        enough = 2 * measured.sum(axis=1) > len(varying)
        if are_events:
            enough &= (measured & (values != 0)).sum(axis=1) >= MIN_EVENTS
        if len(varying) < MIN_FEATURES:
            enough[:] = False
        standardised = np.where(measured, (values - mean) / sd, np.float32(0))[enough]
        length = np.linalg.norm(standardised, axis=1, keepdims=True)
        stated = patients.reindex(table.index).to_numpy(object)
        patient = np.where(pd.isna(stated), table.index, stated)[enough]
        return cls(standardised / np.maximum(length, np.finfo(np.float32).tiny), patient)

    def count_pairs(self, least_r: float) -> tuple[int, int]:
        """Count the pairs that correlate so much: of one patient, and of two."""
        n_of_one = n_of_two = 0
        for start in range(0, len(self.values), SAMPLES_AT_A_TIME):
            block = self.values[start : start + SAMPLES_AT_A_TIME]
            r = block @ self.values[start:].T
            first, second = np.nonzero(np.triu(r, k=1) >= least_r)
            of_one = self.patients[start + first] == self.patients[start + second]
            n_of_one += int(of_one.sum())
            n_of_two += int((~of_one).sum())
        return n_of_one, n_of_two


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
        Patient by sample; a sample that is not there counts as a patient.
    are_events
        Whether values other than 0 are rare and whole, as mutations are: samples with fewer than
        ten of them are left out.

    Returns
    -------
    One row: ``n_compared`` samples, ``n_of_one_patient`` and ``n_of_two_patients`` pairs.
    """
    n_features = settings.twin_features
    profiles = Profiles.of(table, features, patients, n_features, are_events=are_events)
    n_of_one, n_of_two = profiles.count_pairs(settings.twin_r)
    return pd.DataFrame(
        {
            "n_compared": [len(profiles.values)],
            "n_of_one_patient": [n_of_one],
            "n_of_two_patients": [n_of_two],
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
    alike = f"that have nearly the same profile (r of {settings.twin_r:g} or more): {{observed}}"
    one = f"pairs of {noun} of one patient {alike}"
    two = f"pairs of {noun} of different patients {alike}"
    leak = (
        "Give both the same patient_id if they are one, or keep one of them: copies on both sides "
        "of the split flatter every figure"
    )
    keep = "Keep one of them, unless both were measured"
    of_two, of_one = (f"alike pairs of {noun} of {who}" for who in ("two patients", "one patient"))
    expected = [expect.none("n_of_two_patients", of_two, two, "none", leak).as_note()]
    if not belong_to_patient:
        expected.append(expect.none("n_of_one_patient", of_one, one, "none", keep).as_note())
    return expected

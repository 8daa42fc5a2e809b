"""What validation knows of samples: counts without a name, so that none can reach a report."""

from collections import Counter

import pandas as pd

from deepdep.data.validation.expectations import (
    Expectation,
    at_least,
    at_most,
    rows,
    throughout,
)
from deepdep.data.validation.settings import ValidateSettings
from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.io.omic_tables import tables_of


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
    twice = "a sample occurs in {observed:g} rows"
    empty = "a sample has {observed:g} values"
    lacks = "a sample lacks a share of {observed:g} of its values"
    share, unmeasured = "share of a sample's values that are missing", "values of a sample"
    leave_out = "Leave samples out of a table that has no value of them"
    return [
        rows(settings.min_samples, "samples", "Bring more samples, or leave the table out"),
        at_most("n_rows", 1, "rows of a sample", twice, "Keep one row per sample"),
        at_least("n_measured", 1, unmeasured, empty, leave_out),
        at_most(
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
    for known in tables_of(samples).values():
        names = names.union(known.table.index)
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
        throughout("patient_id", 1, "every sample has a patient", no_patient, each, fill),
        throughout("lineage", 1, "every sample has a lineage", no_lineage, each, fill),
        throughout("known_lineage", 1, "every lineage is known", unknown, each, fill).as_note(),
    ]


def patients_of(cohort: Cohort) -> pd.Series:
    """Return the patient by sample, as far as obs or the gene effects state it."""
    stated = [
        group.obs["patient_id"] for group in _groups(cohort) if "patient_id" in group.obs.columns
    ]
    if cohort.gene_effect is not None and cohort.gene_effect.patient_id is not None:
        stated.append(cohort.gene_effect.patient_id)
    patients = pd.concat([pd.Series(dtype=object), *stated])
    return patients[~patients.index.duplicated()]


def names_of_samples(cohort: Cohort) -> frozenset[str]:
    """Return the names of samples and patients, which nothing that leaves validation may hold.

    A table may stand on its side, with genes in rows: what is in a gene set, or a column of more
    tables than it is a row of, is no sample.
    """
    tables = [known.table for group in _groups(cohort) for known in tables_of(group).values()]
    if cohort.gene_effect is not None:
        tables.append(cohort.gene_effect.table)
    in_rows = Counter(name for table in tables for name in table.index)
    in_columns = Counter(name for table in tables for name in table.columns)
    genes = {gene for members in (cohort.gene_sets or {}).values() for gene in members}
    names = {*in_rows, *patients_of(cohort).dropna()}
    names.update(*(group.obs.index for group in _groups(cohort)))
    return frozenset(
        str(name)
        for name in names
        if name not in genes and max(in_rows[name], 1) >= in_columns[name]
    )


def _groups(cohort: Cohort) -> list[Samples]:
    return [group for group in (cohort.cell_lines, cohort.tumors) if group is not None]

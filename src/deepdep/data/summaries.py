"""What validation looks at: one row per feature or per sample of a matrix, never its values.

Frames about samples carry no identifier, so that none can reach a report.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from deepdep.domain.cohort import GeneSets, Samples
from deepdep.domain.omics import Omic

# Subunits of the ribosome and of the proteasome: no human cell line grows without them.
_SUBUNITS = {
    "RPL": (3, 4, 5, 7, 8, 11, 13, 14, 18, 19, 23, 27, 32, 35, 37),
    "RPS": (2, 3, 5, 6, 8, 9, 11, 13, 15, 18, 19, 23),
    "PSMA": (1, 2, 3, 5, 6, 7),
    "PSMB": (1, 2, 3, 4, 5, 7),
    "PSMC": (1, 2, 4, 6),
    "PSMD": (1, 3, 6, 7, 11),
}
COMMON_ESSENTIAL_GENES = frozenset(
    f"{family}{number}" for family, numbers in _SUBUNITS.items() for number in numbers
)

FEATURES_AT_A_TIME = 512  # keeps the block and its float64 copies in the processor's cache


def feature_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Describe each feature of a table (sample, feature).

    Returns
    -------
    One row per feature, in order: ``feature``, ``n`` (finite values), ``n_infinite``,
    ``n_fractional`` (values that are not whole), ``missing_share``, ``minimum``, ``maximum``,
    ``mean`` and ``sd`` of the finite values (NaN where there are too few), and ``constant``.
    """
    starts = range(0, max(table.shape[1], 1), FEATURES_AT_A_TIME)
    blocks = [table.iloc[:, start : start + FEATURES_AT_A_TIME] for start in starts]
    columns = pd.concat([_describe(block.to_numpy()) for block in blocks], ignore_index=True)
    columns.insert(0, "feature", table.columns.astype(str))
    return columns


def _describe(values: np.ndarray) -> pd.DataFrame:
    values = values.astype(np.float64)
    finite = np.isfinite(values)
    n = finite.sum(axis=0)
    n_missing = np.isnan(values).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(finite, values, 0).sum(axis=0) / n
        deviation = np.where(finite, values - mean, 0)
        sd = np.sqrt((deviation**2).sum(axis=0) / np.where(n > 1, n - 1, np.nan))
        missing_share = n_missing / len(values)
    minimum = np.where(finite, values, np.inf).min(axis=0, initial=np.inf)
    maximum = np.where(finite, values, -np.inf).max(axis=0, initial=-np.inf)
    return pd.DataFrame(
        {
            "n": n,
            "n_infinite": len(values) - n - n_missing,
            "n_fractional": (finite & (values != np.rint(values))).sum(axis=0),
            "missing_share": missing_share,
            "minimum": np.where(n > 0, minimum, np.nan),
            "maximum": np.where(n > 0, maximum, np.nan),
            "mean": mean,
            "sd": sd,
            "constant": minimum == maximum,
        }
    )


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


def metadata_summary(samples: Samples) -> pd.DataFrame:
    """Say of each sample whether its patient and its lineage are stated, without naming it.

    Returns
    -------
    One row per sample that has metadata or an omic: ``patient_id``, ``lineage`` (0 or 1) and
    ``known_lineage`` (0 where the lineage is ``unknown``).
    """
    names = samples.obs.index
    for table in samples.omics.values():
        names = names.union(table.index)
    obs = samples.obs.loc[~samples.obs.index.duplicated()].reindex(
        index=names.unique(), columns=["patient_id", "lineage"]
    )
    stated = obs.notna() & (obs.astype(str).apply(lambda column: column.str.strip()) != "")
    known_lineage = stated["lineage"] & (obs["lineage"] != "unknown")
    columns = stated.assign(known_lineage=known_lineage)
    return columns.astype(int).reset_index(drop=True)


def overlap_summary(cell_lines: Samples, tumors: Samples) -> pd.DataFrame:
    """Compare tumours with cell lines, omic by omic.

    Returns
    -------
    One row per omic that both have: ``omic``, ``n_shared`` features, ``shared_share`` of the
    features of the cell lines, and ``same_unit`` (0 or 1).
    """
    omics = [omic for omic in Omic if omic in cell_lines.omics and omic in tumors.omics]
    n_shared = [
        len(set(cell_lines.omics[omic].columns) & set(tumors.omics[omic].columns)) for omic in omics
    ]
    n_features = [cell_lines.omics[omic].columns.nunique() for omic in omics]
    return pd.DataFrame(
        {
            "omic": [str(omic) for omic in omics],
            "n_shared": n_shared,
            "shared_share": [n / max(of, 1) for n, of in zip(n_shared, n_features, strict=True)],
            "same_unit": [int(cell_lines.units[omic] == tumors.units[omic]) for omic in omics],
        }
    )


def essential_summary(genes: pd.DataFrame) -> pd.DataFrame:
    """Compare common essentials with all other genes, given the feature summary of gene effects.

    Returns
    -------
    One row: ``n_essential`` genes that were screened, ``median_essential`` and
    ``median_difference`` to the others, both medians of the genes' means.
    """
    essential = genes["feature"].isin(COMMON_ESSENTIAL_GENES)
    median = genes.loc[essential, "mean"].median()
    others = genes.loc[~essential, "mean"].median()
    return pd.DataFrame(
        {
            "n_essential": [int(essential.sum())],
            "median_essential": [median],
            "median_difference": [median - others],
        }
    )


def label_summary(
    gene_effect: pd.DataFrame, cell_lines: Samples, gene_sets: GeneSets | None
) -> pd.DataFrame:
    """Count what a predictor can learn from: screened lines with an omic, genes with a set.

    Returns
    -------
    One row: ``n_labelled_lines`` that have an omic and ``n_described_genes`` in a gene set.
    """
    measured = _all_names(table.index for table in cell_lines.omics.values())
    described = _all_names((gene_sets or {}).values())
    return pd.DataFrame(
        {
            "n_labelled_lines": [len(set(gene_effect.index) & measured)],
            "n_described_genes": [len(set(gene_effect.columns) & described)],
        }
    )


def _all_names(groups: Iterable[Iterable[str]]) -> set[str]:
    return {name for names in groups for name in names}

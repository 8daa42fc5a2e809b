"""A cohort: tumours without labels, cell lines with gene effects, and gene sets."""

from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic

GeneSets = dict[str, tuple[str, ...]]  # gene symbols by name of the set


class Source(StrEnum):
    """Where a sample comes from; the same profile reads differently in a dish and in a body."""

    TUMOR = "tumor"
    CELL_LINE = "cell_line"


@dataclass(frozen=True)
class Supplement:
    """Another assay of an omic, perhaps of other samples, of other features, in another unit.

    Attributes
    ----------
    table
        Shape (sample, feature), with only the samples that have it.
    unit
        Name of a unit in ``domain.omics.UNITS``.
    """

    omic: Omic
    table: pd.DataFrame
    unit: str


@dataclass(frozen=True)
class Samples:
    """Samples of one source, and what was measured of them.

    Attributes
    ----------
    omics
        One table (sample, feature) per omic, with only the samples that have it.
    obs
        One row per sample that has any omic, a supplement or a label; columns ``patient_id``,
        ``lineage`` and ``source``.
    units
        Name of a unit in ``domain.omics.UNITS``, per omic.
    assembly
        ``hg19`` or ``hg38``, where a feature is a place in the genome; else None.
    release
        Source and release of the files, in words; None where it is not known.
    supplements
        By name, such as ``expression_ccle``; see ``domain.omics.supplement_omic``.
    """

    omics: dict[Omic, pd.DataFrame]
    obs: pd.DataFrame
    units: dict[Omic, str]
    assembly: str | None = None
    release: str | None = None
    supplements: dict[str, Supplement] = field(default_factory=dict)


@dataclass(frozen=True)
class Cohort:
    """All that one run of the pipeline starts from."""

    cell_lines: Samples
    tumors: Samples | None
    gene_effect: GeneEffect | None
    gene_sets: GeneSets | None


@dataclass(frozen=True)
class CohortPart:
    """What one import brings to a cohort."""

    cell_lines: Samples | None = None
    tumors: Samples | None = None
    gene_effect: GeneEffect | None = None
    gene_sets: GeneSets | None = None

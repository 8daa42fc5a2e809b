"""A cohort: tumours without labels, cell lines with gene effects, and gene sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import pandas as pd

from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import UNITS, Omic, supplement_omic

# The files of a cohort's folder.
TUMORS = "tumors.h5mu"
CELL_LINES = "cell_lines.h5mu"
GENE_EFFECT = "gene_effect.h5ad"
GENE_SETS = "gene_sets.gmt"
COHORT_FILES = frozenset({TUMORS, CELL_LINES, GENE_EFFECT, GENE_SETS})

GeneSets = dict[str, tuple[str, ...]]  # gene symbols by name of the set


class Source(StrEnum):
    """Where a sample comes from; the same profile reads differently in a dish and in a body."""

    TUMOR = "tumor"
    CELL_LINE = "cell_line"


@dataclass(frozen=True)
class OmicTable:
    """What was measured of samples, shape (sample, feature), and in which unit."""

    table: pd.DataFrame
    unit: str  # name of a unit in ``domain.omics.UNITS``
    is_guess: bool = False  # whether neither file, values nor user told the unit

    @property
    def omic(self) -> Omic:
        """What was measured; a unit is of one omic."""
        return UNITS[self.unit].omic


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
    is_guess: bool = False  # of the unit


def samples_in(tables: Mapping[str, OmicTable] | Mapping[Omic, OmicTable]) -> pd.Index:
    """Names of the samples that any of the tables has, sorted."""
    return pd.Index(sorted({name for of_omic in tables.values() for name in of_omic.table.index}))


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
    simulated
        Whether nobody was measured.
    supplements
        By name, such as ``expression_ccle``; see ``domain.omics.supplement_omic``.
    guesses
        Omics whose unit neither file, values nor user told.
    """

    omics: dict[Omic, pd.DataFrame]
    obs: pd.DataFrame
    units: dict[Omic, str]
    assembly: str | None = None
    release: str | None = None
    simulated: bool = False
    supplements: dict[str, Supplement] = field(default_factory=dict)
    guesses: frozenset[Omic] = frozenset()

    @classmethod
    def of_tables(
        cls,
        tables: Mapping[str, OmicTable] | Mapping[Omic, OmicTable],
        obs: pd.DataFrame,
        *,
        assembly: str | None = None,
        release: str | None = None,
        simulated: bool = False,
    ) -> "Samples":
        """Put tables together; their names tell omics from supplements."""
        return cls(
            omics={omic: tables[omic].table for omic in Omic if omic in tables},
            obs=obs,
            units={omic: tables[omic].unit for omic in Omic if omic in tables},
            assembly=assembly,
            release=release,
            simulated=simulated,
            supplements={
                name: Supplement(omic, assay.table, assay.unit, assay.is_guess)
                for name, assay in tables.items()
                if (omic := supplement_omic(name)) is not None
            },
            guesses=frozenset(o for o in Omic if o in tables and tables[o].is_guess),
        )

    @property
    def tables(self) -> dict[str, OmicTable]:
        """Tables by name, such as ``expression`` or ``expression_ccle``; supplements come last."""
        omics = {
            str(omic): OmicTable(table, self.units[omic], omic in self.guesses)
            for omic, table in self.omics.items()
        }
        assays = self.supplements.items()
        return omics | {name: OmicTable(s.table, s.unit, s.is_guess) for name, s in assays}


@dataclass(frozen=True)
class CohortIdentity:
    """Which cohort something was made from.

    ``name`` is None where nothing tells it; ``sha256`` is of the files, None for one in memory.
    """

    name: str | None
    simulated: bool
    sha256: str | None


@dataclass(frozen=True)
class Cohort:
    """All that one run of the pipeline starts from.

    ``sha256`` is of the files that it was read from, None for one that was made in memory.
    """

    cell_lines: Samples
    tumors: Samples | None
    gene_effect: GeneEffect | None
    gene_sets: GeneSets | None
    sha256: str | None = None

    @property
    def identity(self) -> CohortIdentity:
        """Name it where a result is shown."""
        return CohortIdentity(self.name, self.simulated, self.sha256)

    @property
    def name(self) -> str | None:
        """Sources and releases of its samples, in words; None where none is known."""
        samples = (self.cell_lines, self.tumors)
        releases = [each.release for each in samples if each is not None and each.release]
        return " and ".join(dict.fromkeys(releases)) or None

    @property
    def simulated(self) -> bool:
        """Whether lines or tumours are nobody's."""
        samples = (self.cell_lines, self.tumors)
        return any(each.simulated for each in samples if each is not None)

    def named(self, name: str) -> "Cohort":
        """Return the cohort with this for the source and release of its samples."""
        tumors = None if self.tumors is None else replace(self.tumors, release=name)
        return replace(self, cell_lines=replace(self.cell_lines, release=name), tumors=tumors)


@dataclass(frozen=True)
class CohortPart:
    """What one import brings to a cohort."""

    cell_lines: Samples | None = None
    tumors: Samples | None = None
    gene_effect: GeneEffect | None = None
    gene_sets: GeneSets | None = None

"""What a user asks of an import, and says about its files."""

from dataclasses import dataclass, replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.genome import Assembly, Bins, Uncovered
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.sources import sources
from deepdep.sources.feature_lists import Fills, apply_feature_lists, read_feature_lists
from deepdep.sources.gene_names import read_gene_table
from deepdep.sources.probes import ProbeChoice
from deepdep.sources.units import NO_UNITS, StatedUnits

# About 3,000 bins: as many as there are regions that tumours gain and lose apart.
DEFAULT_BIN_WIDTH = 1_000_000


@dataclass(frozen=True)
class ImportRequest:
    """What a user asks of an import; None where they said nothing.

    Attributes
    ----------
    source
        ``depmap``, ``tcga``, ``prep4deepdep``, ``tables``, ``anndata`` or ``gmt``.
    gene_effect
        Name of the table of gene effects, for ``tables``.
    units
        What tables are in, as ``expression=log2(TPM+1)``; the files or values tell the others.
    probes, promoters, most_variable
        Which probes of a methylation array to keep, see ``sources.probes``; one of them at most.
    feature_lists
        Folder whose lists say which features to keep.
    """

    source: str
    path: Path
    gene_effect: str | None = None
    gene_sets: Path | None = None
    genes_table: Path | None = None
    probes: Path | None = None
    promoters: Path | None = None
    most_variable: int | None = None
    assembly: Assembly | None = None
    bin_width: int | None = None
    units: tuple[str, ...] = ()
    feature_lists: Path | None = None
    fills: Fills = Fills.NONE
    allow_missing_features: bool = False

    def read(self, notes: Notes) -> CohortPart:
        """Read what is asked for, from whichever source."""
        if self.gene_effect is not None and self.source != "tables":
            raise DeepDEPError(f"--gene-effect: import {self.source} finds its own; leave it out.")
        if self.fills is not Fills.NONE and self.feature_lists is None:
            raise DeepDEPError("--fills: says what fills listed features; add --feature-lists.")
        lists = None if self.feature_lists is None else read_feature_lists(self.feature_lists)
        if lists is not None:
            for omic, typical in lists.typical.items():
                notes.about(lists.origin).count(len(typical), "feature", f"of {omic} listed")
        genes = NO_GENE_TABLE
        if self.genes_table is not None:
            genes = read_gene_table(self.genes_table)
            notes.about(self.genes_table.name).count(len(genes.symbols), "gene", "listed")
        bins = self.bin_width if lists is None else lists.bins or self.bin_width
        uncovered = Uncovered.ZERO if self.fills is Fills.PUBLISHED else Uncovered.MISSING
        units = StatedUnits.read(self.units)
        probes = ProbeChoice.read(self.probes, self.promoters, self.most_variable)
        if probes is not None and self.source != "tcga":
            raise DeepDEPError(f"import {self.source}: chooses no probes; leave the option out.")
        options = ImportOptions(genes, self.assembly, bins, uncovered, units, probes)
        source = next(each for each in sources() if each.name == self.source)
        part = source.read(self, options, notes)
        units.require_tables(part, self.path)
        tumors = part.tumors.omics if part.tumors else {}
        if probes is not None and Omic.METHYLATION not in tumors:
            raise BadFileError(self.path, "has no table of probes", "Ask for no probes")
        if self.gene_sets is not None:
            if part.gene_sets is not None:
                problem = "the import brings gene sets of its own"
                raise BadFileError(self.gene_sets, problem, "Leave this one out")
            brought = ImportRequest("gmt", self.gene_sets, genes_table=self.genes_table).read(notes)
            part = replace(part, gene_sets=brought.gene_sets)
        if lists is None:
            return part
        allow_missing = self.allow_missing_features
        return apply_feature_lists(
            part, lists, self.fills, notes, allow_missing=allow_missing, genes=genes
        )


@dataclass(frozen=True)
class ImportOptions:
    """What files do not say of themselves.

    Attributes
    ----------
    genes
        Current names of genes; empty where the user has no table of them.
    assembly
        Genome build of segments in files that do not tell it; None where nothing was said.
    bins
        Places to which copy-number segments are averaged, or the width of bins over the whole
        genome; None where nothing was said: a table by gene comes first then.
    units
        What the user says that tables are in.
    probes
        Which probes to keep; None keeps all.
    uncovered
        What bins of Prep4DeepDEP's segments hold where no segment covers them.
    """

    genes: GeneTable
    assembly: Assembly | None
    bins: Bins | int | None
    uncovered: Uncovered = Uncovered.MISSING
    units: StatedUnits = NO_UNITS
    probes: ProbeChoice | None = None

    def bins_on(self, assembly: Assembly, source: Path) -> Bins:
        """Bins for the segments of a file; listed bins of another build are a BadFileError."""
        if isinstance(self.bins, Bins):
            if self.bins.assembly is not assembly:
                raise BadFileError(
                    source,
                    f"is on {assembly}, and the listed bins on {self.bins.assembly}",
                    f"Bring segments on {self.bins.assembly}, or lists without bins",
                )
            return self.bins
        return Bins.uniform(self.bins or DEFAULT_BIN_WIDTH, assembly)

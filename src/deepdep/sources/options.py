"""What a user may say about files that they import."""

from dataclasses import dataclass
from pathlib import Path

from deepdep.domain.genome import Assembly, Bins, Uncovered
from deepdep.domain.identifiers import GeneTable
from deepdep.errors import BadFileError

# About 3,000 bins: as many as there are regions that tumours gain and lose apart.
DEFAULT_BIN_WIDTH = 1_000_000


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
    copy_number_unit
        ``linear``, ``log2(x+1)`` or ``log2(CN/2)``, for tables whose values do not tell; or None.
    uncovered
        What bins of Prep4DeepDEP's segments hold where no segment covers them.
    """

    genes: GeneTable
    assembly: Assembly | None
    bins: Bins | int | None
    copy_number_unit: str | None
    uncovered: Uncovered = Uncovered.MISSING

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

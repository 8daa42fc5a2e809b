"""The names of human genes: which symbol is current, and what else a gene is called."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class GeneTable:
    """Current symbols, and the current symbol by other names of a gene.

    Attributes
    ----------
    symbols
        All current symbols; empty where no table was given.
    by_entrez, by_ensembl
        By NCBI gene id, and by Ensembl gene id without its version.
    by_previous
        By former symbols, those only that led to one gene and are no gene's current symbol.
    """

    symbols: frozenset[str]
    by_entrez: Mapping[str, str]
    by_ensembl: Mapping[str, str]
    by_previous: Mapping[str, str]

    def __bool__(self) -> bool:
        """Whether a table was given."""
        return bool(self.symbols)


NO_GENE_TABLE = GeneTable(frozenset(), {}, {}, {})

"""A pinned copy of HGNC's complete set of gene names."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import GeneTable
from deepdep.io.columns import Choice, read_columns
from deepdep.io.labels import refuse_repeated

NEEDED = ("symbol", "prev_symbol", "entrez_id", "ensembl_gene_id")


def read_gene_table(source: Path) -> GeneTable:
    """Read ``hgnc_complete_set.txt``, tab-separated, by the names of its columns.

    A former symbol, or an id, that belongs to several genes names none of them.
    """

    def choose(header: list[str]) -> Choice:
        absent = [column for column in NEEDED if column not in header]
        if absent:
            raise BadFileError(
                source, f"lacks the column {absent[0]!r}", "Bring HGNC's hgnc_complete_set.txt"
            )
        return Choice([header.index(column) for column in NEEDED], [])

    columns = read_columns(source, choose).texts
    symbol, previous, entrez, ensembl = (list(columns[column]) for column in NEEDED)
    refuse_repeated(symbol, "symbol", source)
    current = frozenset(symbol)
    former = (
        (name.strip(), gene)
        for names, gene in zip(previous, symbol, strict=True)
        for name in names.split("|")
    )
    return GeneTable(
        symbols=current,
        by_entrez=dict(_of_one_gene(zip(entrez, symbol, strict=True))),
        by_ensembl=dict(_of_one_gene(zip(ensembl, symbol, strict=True))),
        by_previous=dict(_of_one_gene(pair for pair in former if pair[0] not in current)),
    )


def _of_one_gene(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    genes: dict[str, set[str]] = {}
    for name, symbol in pairs:
        genes.setdefault(name, set()).add(symbol)
    return ((name, min(of)) for name, of in genes.items() if name and len(of) == 1)

"""Gene sets in GMT files: name, description, genes, separated by tabs; gzipped or not.

Files of our own and of others alike; ``sources.gene_names`` checks genes that others named.
"""

from dataclasses import dataclass
from pathlib import Path

from deepdep.domain.cohort import GeneSets
from deepdep.errors import BadFileError
from deepdep.io.files import write_text
from deepdep.io.text import open_text, unquoted


@dataclass(frozen=True)
class GeneSetRow:
    """One line of a GMT file; its genes are in order, each once."""

    line: int
    name: str
    description: str
    genes: tuple[str, ...]


def gene_set_rows(source: Path) -> list[GeneSetRow]:
    """Read a GMT file line by line; a set with no gene or a repeated name is a BadFileError."""
    rows: dict[str, GeneSetRow] = {}
    with open_text(source) as text:
        lines = [line.rstrip("\r\n") for line in text]
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = map(unquoted, line.split("\t"))
        members = dict.fromkeys(rest[1:])
        members.pop("", None)
        if not members:
            raise BadFileError(
                source,
                f"set {name!r} has fewer than three tab-separated fields",
                "A GMT line is: name, description, gene, gene ...",
                where=f"line {number}",
            )
        if name in rows:
            raise BadFileError(
                source,
                f"set {name!r} occurs more than once",
                "Rename or remove one",
                where=f"line {number}",
            )
        rows[name] = GeneSetRow(number, name, rest[0], tuple(members))
    if not rows:
        raise BadFileError(source, "holds no gene set", "Bring a GMT file")
    return list(rows.values())


def read_gene_sets(source: Path) -> GeneSets:
    """Read the sets of a GMT file as they are."""
    return {row.name: row.genes for row in gene_set_rows(source)}


def write_gene_sets(gene_sets: GeneSets, target: Path) -> None:
    """Write a plain GMT file; the description field is left empty."""
    write_text("".join("\t".join((name, "", *g)) + "\n" for name, g in gene_sets.items()), target)

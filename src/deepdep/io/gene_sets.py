"""Gene sets in GMT files: name, description, genes, separated by tabs; gzipped or not."""

from pathlib import Path

from deepdep.domain.cohort import GeneSets
from deepdep.errors import BadFileError
from deepdep.io.files import write_text
from deepdep.io.text import open_text


def read_gene_sets(source: Path) -> GeneSets:
    """Read a GMT file; a set with no gene or a repeated name is an error."""
    gene_sets: GeneSets = {}
    with open_text(source) as text:
        lines = [line.rstrip("\r\n") for line in text]
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = line.split("\t")
        members = dict.fromkeys(rest[1:])
        members.pop("", None)
        genes = tuple(members)
        if not genes:
            raise BadFileError(
                source,
                f"set {name!r} has fewer than three tab-separated fields",
                "A GMT line is: name, description, gene, gene ...",
                where=f"line {number}",
            )
        if name in gene_sets:
            raise BadFileError(
                source,
                f"set {name!r} occurs more than once",
                "Rename or remove one",
                where=f"line {number}",
            )
        gene_sets[name] = genes
    if not gene_sets:
        raise BadFileError(source, "holds no gene set", "Bring a GMT file")
    return gene_sets


def write_gene_sets(gene_sets: GeneSets, target: Path) -> None:
    """Write a plain GMT file; the description field is left empty."""
    write_text("".join("\t".join((name, "", *g)) + "\n" for name, g in gene_sets.items()), target)

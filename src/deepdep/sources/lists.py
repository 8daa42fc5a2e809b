"""What helps to read other files, or stands beside them: gene sets, names of genes, lists."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Count, Notes, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.gene_sets import read_gene_sets
from deepdep.sources.feature_lists import (
    GENES_OF_INTEREST,
    GMT_SUFFIXES,
    LIST_COLUMNS,
    list_content,
    read_list_files,
)
from deepdep.sources.gene_names import (
    NEEDED,
    read_gene_list,
    read_gene_table,
    read_public_gene_sets,
)
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import feature_names
from deepdep.sources.inspection.found import SeenTable, TableFacts
from deepdep.sources.inspection.look import look_at_names, require_whole
from deepdep.sources.source import (
    Accepted,
    Command,
    FileSource,
    Look,
    Recognised,
    Route,
    one_line,
)

ORIGIN = "DeepDEP's lists"

ONE_SET_PER_ROW = "one gene set per row"
ONE_FEATURE_PER_ROW = "one feature per row"


def read_gene_sets_alone(source: Path, genes: GeneTable, notes: Notes) -> CohortPart:
    """Read a GMT file as a part of a cohort."""
    notes = notes.about(source.name)
    size = notes.place()
    gene_sets = read_public_gene_sets(source, genes, notes)
    size.add(Count(len(gene_sets), "gene set"))
    return CohortPart(gene_sets=gene_sets)


def recognise_gene_sets(source: Path) -> Recognised | None:
    """Tell a GMT file by its name, for it has no header."""
    if not source.name.endswith(GMT_SUFFIXES):
        return None
    route = Route(
        Command("gmt", source),
        read=lambda options, notes: read_gene_sets_alone(source, options.genes, notes),
        subject=source.name,
    )
    return Recognised(
        "gmt",
        None,
        "gene_sets",
        look=lambda: _look_at_gene_sets(source),
        routes=lambda _: (route,),
    )


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a list by the names of its columns; None for another file."""
    if set(NEEDED) <= set(header):
        return _gene_table(source)
    try:
        content = list_content(source)
    except BadFileError:
        return None
    # A column Gene alone is what Prep4DeepDEP reads, too.
    return None if content == GENES_OF_INTEREST else _feature_list(source, content)


LISTS = FileSource(None, read=lambda *_: CohortPart(), by_header=recognise)
GENE_SETS = FileSource(
    "gmt",
    read=lambda request, options, notes: read_gene_sets_alone(request.path, options.genes, notes),
    by_name=recognise_gene_sets,
    one_by_one=True,
    accepts=lambda: [
        Accepted(
            "gene_sets",
            [f"*{suffix}" for suffix in GMT_SUFFIXES],
            "genes without weights, by symbol",
            ["refused: dates, several genes in one field, ids without --genes-table"],
        )
    ],
)


def text_of_one_column(source: Path) -> Recognised:
    """Take a file for a list of names, one per line."""

    def look() -> Look:
        try:
            names = read_gene_list(source)
        except BadFileError as error:
            seen = SeenTable(TableFacts(orientation="one name per row"))
            return Look((seen,), problem=one_line(error))
        facts = TableFacts(
            orientation="one name per row", n_rows=len(names), features=feature_names(names)
        )
        return Look((SeenTable(facts, names),))

    return Recognised(
        None,
        None,
        "text of one column",
        look=look,
        routes=lambda _: (),
        remarks=(
            "if these are genes, deepdep predict --genes takes them; import reads no such file",
        ),
    )


def _look_at_gene_sets(source: Path) -> Look:
    try:
        gene_sets = read_gene_sets(source)
    except BadFileError:
        require_whole(source)
        return Look((SeenTable(TableFacts(orientation=ONE_SET_PER_ROW)),))
    genes = list(dict.fromkeys(gene for genes in gene_sets.values() for gene in genes))
    facts = TableFacts(
        orientation=ONE_SET_PER_ROW, n_rows=len(gene_sets), features=feature_names(genes)
    )
    sizes = [len(genes) for genes in gene_sets.values()]
    about = f"sets of {min(sizes):,} to {max(sizes):,} genes, median {statistics.median(sizes):,g}"
    return Look((SeenTable(facts, genes),), remarks=(about,))


def _gene_table(source: Path) -> Recognised:
    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        genes = read_gene_table(source)
        ids = counted(len(genes.by_entrez), "Entrez id")
        former = counted(len(genes.by_previous), "former symbol")
        notes.add(f"{counted(len(genes.symbols), 'gene')}, {ids}, {former}")
        return CohortPart()

    route = Route(
        Command("SOURCE", "PATH", {"--genes-table": source}),
        read,
        ("gives genes the symbols that they have now",),
    )
    return Recognised(
        None,
        "HGNC",
        "table of genes",
        look=lambda: look_at_names(source, "symbol", "one gene per row"),
        routes=lambda _: (route,),
    )


def _feature_list(source: Path, content: str) -> Recognised:
    def read(_: ImportOptions, notes: Notes) -> CohortPart:
        lists = read_list_files({content: source}, str(source.parent))
        notes.add(Count(len(lists.typical[Omic(content)]), "feature"))
        return CohortPart()

    name = "CNA" if content == Omic.COPY_NUMBER else LIST_COLUMNS[Omic(content)][0]
    route = Route(
        Command("SOURCE", "PATH", {"--feature-lists": "FOLDER"}),
        read,
        ("one of the lists in FOLDER: import keeps these features only",),
    )
    return Recognised(
        None,
        ORIGIN,
        f"feature list of {content}",
        look=lambda: look_at_names(source, name, ONE_FEATURE_PER_ROW),
        routes=lambda _: (route,),
    )

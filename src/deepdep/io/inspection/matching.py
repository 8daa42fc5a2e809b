"""How many features of a file are known, and how many of the wanted ones a file has."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart
from deepdep.domain.errors import BadFileError
from deepdep.domain.feature_lists import match_features
from deepdep.io.gene_labels import current_symbols
from deepdep.io.inspection.identifiers import are_genes
from deepdep.io.inspection.inspection import Match
from deepdep.io.inspection.look import SeenTable
from deepdep.io.inspection.options import (
    GENE_EFFECT_CONTENT,
    GENE_SETS_CONTENT,
    LISTED,
    LISTED_GENES,
    References,
)
from deepdep.io.omic_tables import tables_of


def known_genes(seen: SeenTable, references: References, source: Path) -> tuple[Match, ...]:
    """Count genes that have a current symbol in the table of genes, if there is one."""
    path, labels = references.options.genes_table, list(seen.features)
    if path is None or seen.facts.features is None or not are_genes(seen.facts.features):
        return ()
    try:
        symbols = current_symbols(labels, references.genes, source).value
    except BadFileError:
        return ()
    n_known = sum(symbol in references.genes.symbols for symbol in symbols)
    return (Match("features of the file", len(labels), n_known, str(path)),)


def wanted_features(
    part: CohortPart, content: str | None, references: References
) -> tuple[Match, ...]:
    """Count the wanted features of an omic, or wanted genes with an effect or in a gene set."""
    columns = _columns(part)
    if content is None or content not in columns:
        return ()
    wanted_of = GENE_EFFECT_CONTENT if content == GENE_SETS_CONTENT else content
    return tuple(
        _match(columns[content], wanted[wanted_of], names, references)
        for names, wanted in references.features.items()
        if wanted_of in wanted
    )


def _match(columns: pd.Index, wanted: pd.Index, names: str, references: References) -> Match:
    found = match_features(columns, wanted, references.genes)
    options = references.options
    where = options.feature_lists if names in (LISTED, LISTED_GENES) else options.against
    return Match(names, len(wanted), len(wanted) - len(found.missing), str(where))


def _columns(part: CohortPart) -> Mapping[str, pd.Index]:
    columns: dict[str, pd.Index] = {}
    for samples in (part.cell_lines, part.tumors):
        if samples is not None:
            tables = tables_of(samples).items()
            columns |= {name: known.table.columns for name, known in tables}
    if part.gene_effect is not None:
        columns[GENE_EFFECT_CONTENT] = part.gene_effect.table.columns
    if part.gene_sets is not None:
        columns[GENE_SETS_CONTENT] = pd.Index(sorted(set().union(*part.gene_sets.values())))
    return columns

"""What a user gives to compare a file with, and how many of its features are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CELL_LINES, GENE_EFFECT, TUMORS, CohortPart
from deepdep.domain.features import FeatureLists, match_features
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.containers import read_gene_effect, read_modalities
from deepdep.io.features import read_feature_space
from deepdep.sources.feature_lists import read_feature_lists
from deepdep.sources.gene_names import current_symbols, read_gene_table
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import are_genes
from deepdep.sources.inspection.found import (
    GENE_EFFECT_CONTENT,
    GENE_SETS_CONTENT,
    Match,
    SeenTable,
)

LISTED, LISTED_GENES = "listed features", "listed genes of interest"


@dataclass(frozen=True)
class InspectOptions:
    """What a user said; None where they said nothing.

    Attributes
    ----------
    genes_table
        HGNC's complete set.
    feature_lists
        Folder of lists, as for import.
    against
        Folder of a cohort or of a model.
    """

    genes_table: Path | None = None
    feature_lists: Path | None = None
    against: Path | None = None


@dataclass(frozen=True)
class References:
    """What the files that a user named hold.

    Attributes
    ----------
    features
        By what has them, in words, and then by omic or ``gene_effect``: features to be found.
    """

    genes: GeneTable
    lists: FeatureLists | None
    features: Mapping[str, Mapping[str, pd.Index]]
    options: InspectOptions

    @property
    def import_options(self) -> ImportOptions:
        """What import would be told."""
        bins = None if self.lists is None else self.lists.bins
        return ImportOptions(self.genes, assembly=None, bins=bins, copy_number_unit=None)


def read_references(options: InspectOptions) -> References:
    """Read what a user named."""
    genes = NO_GENE_TABLE if options.genes_table is None else read_gene_table(options.genes_table)
    lists = None if options.feature_lists is None else read_feature_lists(options.feature_lists)
    features: dict[str, Mapping[str, pd.Index]] = {}
    if lists is not None:
        features |= _of_lists(lists)
    if options.against is not None:
        features |= _of_folder(options.against)
    return References(genes, lists, features, options)


def _of_lists(lists: FeatureLists) -> dict[str, Mapping[str, pd.Index]]:
    omics = {str(omic): typical.index for omic, typical in lists.typical.items()}
    genes = lists.genes_of_interest
    of_genes = {} if genes is None else {GENE_EFFECT_CONTENT: pd.Index(genes)}
    return {LISTED: omics, LISTED_GENES: of_genes}


def _of_folder(folder: Path) -> dict[str, Mapping[str, pd.Index]]:
    stems = {omic: folder / f"features_{omic}" for omic in Omic}
    of_model = {
        str(omic): read_feature_space(stem).table.index
        for omic, stem in stems.items()
        if stem.with_suffix(".csv").is_file()
    }
    if of_model:
        return {"features of the model": of_model}
    names = {"features of the cell lines": CELL_LINES, "features of the tumors": TUMORS}
    of_cohort: dict[str, Mapping[str, pd.Index]] = {
        name: {table: found.var_names for table, found in read_modalities(folder / file)[0].items()}
        for name, file in names.items()
        if (folder / file).is_file()
    }
    if (folder / GENE_EFFECT).is_file():
        genes = read_gene_effect(folder / GENE_EFFECT).table.columns
        of_cohort["genes of the gene effects"] = {GENE_EFFECT_CONTENT: genes}
    if not of_cohort:
        raise BadFileError(
            folder, "is neither a cohort nor a model", "Name a folder that import or train wrote"
        )
    return of_cohort


def known_genes(seen: SeenTable, references: References, source: Path) -> tuple[Match, ...]:
    """Count genes that have a current symbol in the table of genes, if there is one."""
    path, labels = references.options.genes_table, list(seen.features)
    if path is None or seen.facts.features is None or not are_genes(seen.facts.features):
        return ()
    try:
        symbols = current_symbols(labels, references.genes, source, Notes())
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
            tables = samples.tables.items()
            columns |= {name: known.table.columns for name, known in tables}
    if part.gene_effect is not None:
        columns[GENE_EFFECT_CONTENT] = part.gene_effect.table.columns
    if part.gene_sets is not None:
        columns[GENE_SETS_CONTENT] = pd.Index(sorted(set().union(*part.gene_sets.values())))
    return columns

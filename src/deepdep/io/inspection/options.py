"""What a user gives to compare a file with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.feature_lists import FeatureLists
from deepdep.domain.gene_table import NO_GENE_TABLE, GeneTable
from deepdep.domain.omics import Omic
from deepdep.io.cohort import CELL_LINES, GENE_EFFECT, TUMORS, read_gene_effect, read_modalities
from deepdep.io.feature_lists import read_feature_lists
from deepdep.io.feature_space import read_feature_space
from deepdep.io.gene_table import read_gene_table
from deepdep.io.import_options import ImportOptions

LISTED, LISTED_GENES = "listed features", "listed genes of interest"

GENE_EFFECT_CONTENT, GENE_SETS_CONTENT = "gene_effect", "gene_sets"


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

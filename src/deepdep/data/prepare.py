"""From a cohort to what training reads: genes, split, features."""

from dataclasses import dataclass
from typing import cast

import pandas as pd

from deepdep.data.features import fit_features, transform_features
from deepdep.data.listed_features import Features, ListedFills, fit_listed_features
from deepdep.data.splits import Split, SplitSettings, split_by_patient
from deepdep.domain.cohort import Cohort, GeneSets, Samples, Source
from deepdep.domain.errors import DeepDEPError, shown
from deepdep.domain.feature_lists import FeatureLists
from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.fingerprints import genes_without_fingerprint
from deepdep.domain.gene_effect import GeneEffect, dependent_share
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.io.cohort import GENE_EFFECT, GENE_SETS
from deepdep.io.prepared import Prepared, PreparedOmic


@dataclass(frozen=True)
class PrepareSettings(Settings):
    """The ``prepare`` group of params.yaml."""

    gene_list: str  # file with the symbols to keep; a file without symbols keeps all
    dependent_share: tuple[float, float]  # of training lines; genes outside are left out
    min_screened_share: float  # of training lines; genes screened in fewer are left out
    min_genes_per_set: int  # of the kept genes; smaller sets tell no two genes apart
    split: SplitSettings
    features: Features
    feature_lists: str  # folder of the lists that a preset keeps to
    fills: ListedFills  # what a preset puts where a value is missing

    @property
    def is_preset(self) -> bool:
        """Whether features are those of published lists."""
        return isinstance(self.features, str)


def prepare(
    cohort: Cohort,
    settings: PrepareSettings,
    omics: tuple[Omic, ...],
    gene_list: list[str],
    feature_lists: FeatureLists | None = None,
) -> Prepared:
    """Draw the split, then learn everything else from its training lines and the tumours.

    Parameters
    ----------
    feature_lists
        Needed where the settings name a preset.
    """
    if cohort.gene_effect is None or cohort.gene_sets is None:
        absent = GENE_EFFECT if cohort.gene_effect is None else GENE_SETS
        raise DeepDEPError(
            f"{absent}: the cohort has no gene effects or no gene sets; import them first."
        )
    labelled = _labelled_lines(cohort)
    splits = split_by_patient(cohort.cell_lines.obs.loc[labelled], settings.split)
    train_lines = splits.index[splits["split"] == Split.TRAIN]
    genes = _choose_genes(cohort.gene_effect, train_lines, settings, gene_list)
    gene_sets = _choose_gene_sets(cohort.gene_sets, genes, settings.min_genes_per_set)
    without = genes_without_fingerprint(genes, gene_sets)
    if len(without) == len(genes):
        raise DeepDEPError(
            f"prepare: none of the {len(genes)} genes kept is in a gene set; use gene sets with "
            "the same symbols, or lower prepare.min_genes_per_set."
        )
    genes = [gene for gene in genes if gene not in set(without)]
    return Prepared(
        omics={
            omic: _prepare_omic(cohort, omic, settings, feature_lists, train_lines)
            for omic in omics
        },
        cell_lines=cohort.cell_lines.obs,
        tumors=cohort.cell_lines.obs.iloc[:0] if cohort.tumors is None else cohort.tumors.obs,
        splits=splits,
        gene_effect=GeneEffect(
            cohort.gene_effect.table.loc[splits.index, genes], cohort.gene_effect.kind
        ),
        gene_sets=gene_sets,
        genes_without_fingerprint=without,
    )


def _labelled_lines(cohort: Cohort) -> list[str]:
    labelled = cast(GeneEffect, cohort.gene_effect).table.index
    lines = [line for line in labelled if line in cohort.cell_lines.obs.index]
    if not lines:
        raise DeepDEPError(
            f"gene_effect.h5ad: none of its lines ({shown(list(labelled))}) is in cell_lines.h5mu "
            f"({shown(list(cohort.cell_lines.obs.index))}); use the same identifiers."
        )
    return lines


def _choose_genes(
    gene_effect: GeneEffect,
    train_lines: pd.Index,
    settings: PrepareSettings,
    gene_list: list[str],
) -> list[str]:
    table = gene_effect.table.loc[train_lines]
    if gene_list:
        table = table.loc[:, table.columns.isin(gene_list)]
    screened = table.notna().mean() >= settings.min_screened_share
    low, high = settings.dependent_share
    share = dependent_share(GeneEffect(table, gene_effect.kind))
    genes = list(table.columns[screened & (share >= low) & (share <= high)])
    if not genes:
        raise DeepDEPError(
            f"prepare: no gene of {gene_effect.table.shape[1]} is left; check prepare.gene_list "
            f"({settings.gene_list}), dependent_share and min_screened_share."
        )
    return genes


def _choose_gene_sets(gene_sets: GeneSets, genes: list[str], min_genes: int) -> GeneSets:
    kept = set(genes)
    return {n: members for n, members in gene_sets.items() if len(kept & {*members}) >= min_genes}


def _prepare_omic(
    cohort: Cohort,
    omic: Omic,
    settings: PrepareSettings,
    lists: FeatureLists | None,
    train_lines: pd.Index,
) -> PreparedOmic:
    cell_lines = cohort.cell_lines.omics.get(omic)
    if cell_lines is None:
        raise DeepDEPError(
            f"cell_lines.h5mu: has no {omic}; bring that table or take it out of omics."
        )
    tumors = None if cohort.tumors is None else cohort.tumors.omics.get(omic)
    units = {Source.CELL_LINE: cohort.cell_lines.units[omic]}
    if tumors is not None:
        units[Source.TUMOR] = cast(Samples, cohort.tumors).units[omic]
    train = cell_lines.loc[cell_lines.index.isin(train_lines)]
    name = f"cell_lines.h5mu: {omic}"
    if len(train) < 2:
        raise DeepDEPError(
            f"{name}: fewer than two training lines have it; take it out of omics in params.yaml."
        )
    space = _fit(train, tumors, omic, settings, lists, units, name)
    return PreparedOmic(
        cell_lines=_transform(cell_lines, space, Source.CELL_LINE, units, name),
        tumors=None
        if tumors is None
        else _transform(tumors, space, Source.TUMOR, units, f"tumors.h5mu: {omic}"),
        space=space,
    )


def _fit(
    train_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    omic: Omic,
    settings: PrepareSettings,
    lists: FeatureLists | None,
    units: dict[Source, str],
    name: str,
) -> FeatureSpace:
    if isinstance(settings.features, str):
        if lists is None:
            raise ValueError(f"{settings.features} needs feature lists")
        return fit_listed_features(
            train_lines, tumors, omic, lists, settings.fills, units, table_name=name
        )
    if omic not in settings.features:
        raise DeepDEPError(f"params.yaml: prepare.features.{omic}: is missing; add it.")
    return fit_features(train_lines, tumors, settings.features[omic], units, table_name=name)


def _transform(
    samples: pd.DataFrame, space: FeatureSpace, source: Source, units: dict[Source, str], name: str
) -> pd.DataFrame:
    return transform_features(samples, space, source, unit=units[source], table_name=name)

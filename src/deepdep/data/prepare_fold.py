"""From a cohort and a fold to what training reads, and what is judged."""

from dataclasses import dataclass
from typing import cast

import pandas as pd

from deepdep.data.folds import SplitMode
from deepdep.data.prepare import (
    PrepareSettings,
    background_of,
    choose_gene_sets,
    choose_genes,
    prepare_split,
    require_labels,
    train_lines_of,
)
from deepdep.data.splits import Split
from deepdep.domain.cohort import Cohort, GeneSets
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.feature_lists import FeatureLists
from deepdep.domain.fingerprints import genes_without_fingerprint
from deepdep.domain.folds import Fold
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.io.prepared import Prepared


@dataclass(frozen=True)
class PreparedFold:
    """What a fold is learned from, and what it is judged on."""

    prepared: Prepared  # without the genes that are not learned from
    lines: pd.Index  # to predict; where only genes are unseen, those that are learned from too
    genes: pd.Index  # to predict
    gene_effect: GeneEffect  # of all lines of the fold x ``genes``, to judge by


def prepare_fold(
    cohort: Cohort,
    settings: PrepareSettings,
    omics: tuple[Omic, ...],
    gene_list: list[str],
    fold: Fold,
    mode: SplitMode,
    feature_lists: FeatureLists | None = None,
) -> PreparedFold:
    """Prepare a cohort as ``prepare`` does, with the parts and genes of a fold for the split.

    A gene is learned from, or judged, when the fold says so, the training lines' labels choose it
    and a gene set holds it; gene sets are those that tell training genes apart. A line that is
    both learned from and judged is ``train`` or ``validation`` in the splits.
    """
    screened = require_labels(cohort)
    splits = _splits_of(fold, cohort.cell_lines.obs)
    chosen = pd.Index(choose_genes(screened, train_lines_of(splits), settings, gene_list))
    to_learn = list(chosen[chosen.isin(fold.train_genes)])
    background = _background(cohort, splits, fold, mode)
    prepared = prepare_split(cohort, splits, to_learn, background, settings, omics, feature_lists)
    to_judge = chosen[chosen.isin(fold.test_genes)]
    without = genes_without_fingerprint(list(to_judge), prepared.gene_sets)
    genes = to_judge[~to_judge.isin(without)]
    if genes.empty:
        raise DeepDEPError(
            f"fold {fold.name}: prepare.dependent_share and prepare.min_screened_share leave none "
            f"of its {len(fold.test_genes)} genes to judge; choose fewer folds or wider limits."
        )
    judged = GeneEffect(screened.table.loc[splits.index, genes], screened.kind)
    return PreparedFold(prepared, fold.test, genes, judged)


def foldable_gene_sets(cohort: Cohort, settings: PrepareSettings, gene_list: list[str]) -> GeneSets:
    """Return the gene sets that tell the genes of the list apart, before any label is looked at.

    The genes in them are what folds are drawn of.
    """
    screened = require_labels(cohort).table.columns
    listed = list(screened[screened.isin(gene_list)] if gene_list else screened)
    sets = choose_gene_sets(cast(GeneSets, cohort.gene_sets), listed, settings.min_genes_per_set)
    kept = set(listed)
    return {name: tuple(gene for gene in members if gene in kept) for name, members in sets.items()}


def _background(cohort: Cohort, splits: pd.DataFrame, fold: Fold, mode: SplitMode) -> GeneEffect:
    """Return effects of lines and genes that tell nothing of what the fold judges.

    Genes outside the fold may be paralogs of those it judges, and lines outside it of the lineage.
    """
    background = background_of(cohort, splits)
    table = background.table
    if mode in (SplitMode.GENE, SplitMode.BOTH):
        table = table.loc[:, table.columns.isin(fold.train_genes)]
    if mode is SplitMode.LINEAGE:
        table = table.loc[table.index.isin(fold.train.union(fold.validation))]
    patient_id = cast(pd.Series, background.patient_id)
    return GeneEffect(table, background.kind, patient_id.loc[table.index])


def _splits_of(fold: Fold, obs: pd.DataFrame) -> pd.DataFrame:
    parts = (
        pd.Series(str(Split.TEST), index=fold.test.difference(fold.train.union(fold.validation))),
        pd.Series(str(Split.TRAIN), index=fold.train),
        pd.Series(str(Split.VALIDATION), index=fold.validation),
    )
    split = pd.concat(parts).sort_index()
    return obs.loc[split.index, ["patient_id", "lineage"]].assign(split=split)

"""From a cohort to what training reads: genes, split or fold, features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import pandas as pd

from deepdep.data.features import (
    Features,
    ListedFills,
    fit_features,
    fit_listed_features,
    transform_features,
)
from deepdep.data.folds import SplitMode
from deepdep.data.prepared import Prepared, PreparedOmic
from deepdep.data.purity import PuritySettings, fit_purity
from deepdep.data.splits import Split, SplitSettings, lines_of, split_by_patient
from deepdep.data.translation import fit_translation, with_translated
from deepdep.domain.cohort import (
    CELL_LINES,
    GENE_EFFECT,
    GENE_SETS,
    TUMORS,
    Cohort,
    GeneSets,
    Source,
)
from deepdep.domain.features import FeatureLists, FeatureSpace, Translation
from deepdep.domain.fingerprints import genes_without_fingerprint
from deepdep.domain.folds import Fold
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.identifiers import same_in_r
from deepdep.domain.omics import of_table, omic_of_table
from deepdep.errors import DeepDEPError, shown
from deepdep.settings import Settings
from deepdep.stage import with_progress


@dataclass(frozen=True)
class PrepareSettings(Settings):
    """The ``prepare`` group of params.yaml."""

    gene_list: str  # file with the symbols to keep; a file without symbols keeps all
    dependent_share: tuple[float, float]  # of training lines; genes outside are left out
    min_screened_share: float  # of training lines; genes screened in fewer are left out
    min_genes_per_set: int  # of the kept genes; smaller sets tell no two genes apart
    split: SplitSettings
    features: Features
    purity: PuritySettings | None  # what is taken out of tumours; null leaves them as they are
    feature_lists: str  # folder of the lists that a preset keeps to
    fills: ListedFills  # what a preset puts where a value is missing

    @property
    def is_preset(self) -> bool:
        """Whether features are those of published lists."""
        return isinstance(self.features, str)


def prepare(
    cohort: Cohort,
    settings: PrepareSettings,
    omics: tuple[str, ...],
    gene_list: Sequence[str] = (),
    feature_lists: FeatureLists | None = None,
) -> Prepared:
    """Draw the split, then learn everything else from its training lines and the tumours.

    Parameters
    ----------
    gene_list
        Symbols of the genes to learn; none keeps every screened gene.
    feature_lists
        Needed where the settings name a preset.

    Examples
    --------
    >>> prepared = deepdep.prepare(cohort, settings.prepare, settings.omics)
    >>> list(prepared.profiles) == list(settings.omics)
    True
    """
    screened = require_labels(cohort)
    obs = cohort.cell_lines.obs.loc[labelled_lines(cohort)]
    splits = split_by_patient(obs, settings.split)
    genes = choose_genes(screened, lines_of(splits, Split.TRAIN), settings, gene_list)
    background = background_of(cohort, splits)
    return prepare_split(cohort, splits, genes, background, settings, omics, feature_lists)


def prepare_split(
    cohort: Cohort,
    splits: pd.DataFrame,
    genes: list[str],
    background: GeneEffect,
    settings: PrepareSettings,
    omics: tuple[str, ...],
    feature_lists: FeatureLists | None,
) -> Prepared:
    """Learn everything else from the training lines of a split and the tumours."""
    screened, train_lines = require_labels(cohort), lines_of(splits, Split.TRAIN)
    gene_sets = choose_gene_sets(
        cast(GeneSets, cohort.gene_sets), genes, settings.min_genes_per_set
    )
    without = genes_without_fingerprint(genes, gene_sets)
    if len(without) == len(genes):
        raise DeepDEPError(
            f"prepare: none of the {len(genes)} genes kept is in a gene set; use gene sets with "
            "the same symbols, or lower prepare.min_genes_per_set."
        )
    genes = [gene for gene in genes if gene not in set(without)]
    prepared = {
        omic: _prepare_omic(cohort, omic, settings, feature_lists, train_lines)
        for omic in with_progress(omics, "prepare", "omic")
    }
    translations = _translations(cohort, prepared, splits)
    profiles = with_translated(
        {omic: tables.cell_lines for omic, tables in prepared.items()},
        cohort.cell_lines,
        translations,
        Source.CELL_LINE,
        file_name=CELL_LINES,
    )
    return Prepared(
        omics={o: replace(t, cell_lines=profiles[o]) for o, t in prepared.items()},
        cell_lines=cohort.cell_lines.obs,
        tumors=cohort.cell_lines.obs.iloc[:0] if cohort.tumors is None else cohort.tumors.obs,
        splits=splits,
        gene_effect=GeneEffect(screened.table.loc[splits.index, genes], screened.kind),
        gene_sets=gene_sets,
        genes_without_fingerprint=without,
        background=background,
        translations=translations,
    )


def require_labels(cohort: Cohort) -> GeneEffect:
    """Return the gene effects of a cohort that has them, and gene sets."""
    if cohort.gene_effect is None or cohort.gene_sets is None:
        absent = GENE_EFFECT if cohort.gene_effect is None else GENE_SETS
        raise DeepDEPError(
            f"{absent}: the cohort has no gene effects or no gene sets; import them first."
        )
    return cohort.gene_effect


def background_of(cohort: Cohort, splits: pd.DataFrame) -> GeneEffect:
    """Return effects of every screened gene, of all lines but those of patients who are judged.

    A line whose patient is not known may be a sister of one that is judged; it is left out.
    """
    effects = cast(GeneEffect, cohort.gene_effect)
    patient_id = pd.Series(None, index=effects.table.index, dtype=object)
    of_cohort = cohort.cell_lines.obs["patient_id"]
    if effects.patient_id is not None:
        patient_id = effects.patient_id.reindex(patient_id.index)
    patient_id = of_cohort.reindex(patient_id.index).fillna(patient_id).dropna().astype(str)
    judged = set(splits.loc[lines_of(splits, Split.TEST), "patient_id"])
    lines = sorted(patient_id.index[~patient_id.isin(judged)])
    lineage = cohort.cell_lines.obs["lineage"].reindex(lines)
    if effects.lineage is not None:
        lineage = lineage.fillna(effects.lineage.reindex(lines))
    return GeneEffect(effects.table.loc[lines], effects.kind, patient_id[lines], lineage)


def labelled_lines(cohort: Cohort) -> list[str]:
    """Return the screened cell lines that the cohort describes.

    Raises
    ------
    DeepDEPError
        When there are none; or when lines of several patients have names that differ as R changes
        them, or in case, so that they are one line that would stand on both sides of a split.
    """
    effects, obs = cast(GeneEffect, cohort.gene_effect), cohort.cell_lines.obs
    labelled = effects.table.index
    stated = {} if effects.patient_id is None else effects.patient_id.dropna().to_dict()
    patients = stated | obs["patient_id"].to_dict()
    for names in same_in_r(map(str, patients)):
        if len({patients[name] for name in names}) > 1:
            raise DeepDEPError(
                f"{CELL_LINES}: {shown(names)}: are one name, changed by R or in case, and of "
                "several patients; name it alike in all tables, or give both the same patient_id."
            )
    lines = [line for line in labelled if line in obs.index]
    if not lines:
        raise DeepDEPError(
            f"gene_effect.h5ad: none of its lines ({shown(list(labelled))}) is in cell_lines.h5mu "
            f"({shown(list(obs.index))}); use the same identifiers."
        )
    return lines


def choose_genes(
    gene_effect: GeneEffect,
    train_lines: pd.Index,
    settings: PrepareSettings,
    gene_list: Sequence[str],
) -> list[str]:
    """Return the genes of the list (of all, if it is empty) that training lines' labels allow."""
    table = gene_effect.table.loc[train_lines]
    if gene_list:
        table = table.loc[:, table.columns.isin(gene_list)]
    screened = table.notna().mean() >= settings.min_screened_share
    low, high = settings.dependent_share
    share = GeneEffect(table, gene_effect.kind).dependent_share
    genes = list(table.columns[screened & (share >= low) & (share <= high)])
    if not genes:
        raise DeepDEPError(
            f"prepare: no gene of {gene_effect.table.shape[1]} is left; check prepare.gene_list "
            f"({settings.gene_list}), dependent_share and min_screened_share."
        )
    return genes


def choose_gene_sets(gene_sets: GeneSets, genes: list[str], min_genes: int) -> GeneSets:
    """Return the gene sets with so many of the genes."""
    kept = set(genes)
    return {n: members for n, members in gene_sets.items() if len(kept & {*members}) >= min_genes}


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
    omics: tuple[str, ...],
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
    chosen = pd.Index(choose_genes(screened, lines_of(splits, Split.TRAIN), settings, gene_list))
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


def _prepare_omic(
    cohort: Cohort,
    omic: str,
    settings: PrepareSettings,
    lists: FeatureLists | None,
    train_lines: pd.Index,
) -> PreparedOmic:
    name = f"{CELL_LINES}: {omic}"
    if omic not in cohort.cell_lines.tables:
        raise DeepDEPError(
            f"{CELL_LINES}: has no {omic}; bring that table or take it out of omics. It has "
            f"{', '.join(cohort.cell_lines.tables)}."
        )
    tables = {Source.CELL_LINE: cohort.cell_lines.tables[omic]}
    if cohort.tumors is not None and omic in cohort.tumors.tables:
        tables[Source.TUMOR] = cohort.tumors.tables[omic]
    cell_lines = tables[Source.CELL_LINE].table
    tumors = tables[Source.TUMOR].table if Source.TUMOR in tables else None
    units = {source: of_source.unit for source, of_source in tables.items()}
    train = cell_lines.loc[cell_lines.index.isin(train_lines)]
    if len(train) < 2:
        raise DeepDEPError(
            f"{name}: fewer than two training lines have it, and these do: "
            f"{shown(list(cell_lines.index))}; name lines as {GENE_EFFECT} does, or take it out of "
            "omics in params.yaml."
        )
    space = _fit(train, tumors, omic, settings, lists, units, name)
    files = {Source.CELL_LINE: CELL_LINES, Source.TUMOR: TUMORS}
    standardized = {
        source: transform_features(
            each.table, space, source, unit=each.unit, table_name=f"{files[source]}: {omic}"
        )
        for source, each in tables.items()
    }
    if settings.purity is not None and omic in settings.purity.tables:
        if cohort.tumors is None or tumors is None:
            raise DeepDEPError(
                f"params.yaml: prepare.purity.tables: {omic}: no tumour has it; take it out."
            )
        as_measured = standardized[Source.TUMOR]
        space = fit_purity(space, as_measured, cohort.tumors.obs, settings.purity)
        standardized[Source.TUMOR] = space.without_purity(as_measured, Source.TUMOR)
    return PreparedOmic(standardized[Source.CELL_LINE], standardized.get(Source.TUMOR), space)


def _fit(
    train_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    omic: str,
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
    of_omic = of_table(settings.features, omic)
    if of_omic is None:
        raise DeepDEPError(
            f"params.yaml: prepare.features.{omic_of_table(omic)}: is missing; add it."
        )
    return fit_features(train_lines, tumors, of_omic, units, table_name=name)


def _translations(
    cohort: Cohort, prepared: Mapping[str, PreparedOmic], splits: pd.DataFrame
) -> dict[str, Translation]:
    """Learn assays that are no block of their own, from lines of no patient who is judged."""
    obs = cohort.cell_lines.obs
    unseen = splits.loc[lines_of(splits, Split.VALIDATION, Split.TEST), "patient_id"]
    may_teach = obs.index[~obs["patient_id"].isin(set(unseen))]
    found = {}
    for name, supplement in sorted(cohort.cell_lines.supplements.items()):
        if supplement.omic in prepared and name not in prepared:
            tables = prepared[supplement.omic]
            found[name] = fit_translation(
                supplement.table.loc[supplement.table.index.isin(may_teach)],
                tables.cell_lines,
                supplement.omic,
                supplement.unit,
                within_sample=tables.space.within_sample,
                table_name=f"{CELL_LINES}: {name}",
            )
    return {name: translation for name, translation in found.items() if translation is not None}


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
    return background.with_table(table)


def _splits_of(fold: Fold, obs: pd.DataFrame) -> pd.DataFrame:
    parts = (
        pd.Series(str(Split.TEST), index=fold.test.difference(fold.train.union(fold.validation))),
        pd.Series(str(Split.TRAIN), index=fold.train),
        pd.Series(str(Split.VALIDATION), index=fold.validation),
    )
    split = pd.concat(parts).sort_index()
    return obs.loc[split.index, ["patient_id", "lineage"]].assign(split=split)

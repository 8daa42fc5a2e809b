from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.folds import FoldSettings, SplitMode, draw_folds, gene_groups
from deepdep.data.prepare import labelled_lines, prepare
from deepdep.data.prepare_fold import foldable_gene_sets, prepare_fold
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.omics import Omic

OMICS = (Omic.MUTATION, Omic.EXPRESSION)


@pytest.fixture(scope="module")
def folds(cohort, prepare_settings):
    """Return the first two folds of a mode."""

    def draw(mode):
        sets = foldable_gene_sets(cohort, prepare_settings, [])
        genes = pd.Index(sorted(set().union(*sets.values())))
        settings = FoldSettings(mode, n_folds=3, validation=0.2, seed=1, min_lines_per_lineage=5)
        obs = cohort.cell_lines.obs.loc[labelled_lines(cohort)]
        return draw_folds(obs, genes, gene_groups(genes, sets), settings)[:2]

    return draw


def parts(prepared):
    return {p: list(of.index) for p, of in prepared.splits.groupby("split")}


@pytest.mark.parametrize("mode", [SplitMode.PATIENT, SplitMode.LINEAGE])
def test_where_lines_are_unseen_it_is_prepare_with_another_split(
    cohort, prepare_settings, folds, mode
):
    fold = folds(mode)[0]
    found = prepare_fold(cohort, prepare_settings, OMICS, [], fold, mode)
    assert parts(found.prepared) == {
        "train": list(fold.train),
        "validation": list(fold.validation),
        "test": list(fold.test),
    }
    usual = prepare(cohort, prepare_settings, OMICS, [])
    # Nearly all genes are kept in these settings, whatever the training lines are.
    assert list(found.prepared.gene_effect.table) == list(usual.gene_effect.table)
    assert list(found.genes) == list(usual.gene_effect.table)
    assert list(found.lines) == list(fold.test)
    pd.testing.assert_frame_equal(
        found.gene_effect.table,
        cohort.gene_effect.table.loc[found.prepared.splits.index, found.genes],
    )


def test_where_genes_are_unseen_training_does_not_see_them(cohort, prepare_settings, folds):
    for mode in (SplitMode.GENE, SplitMode.BOTH):
        for fold in folds(mode):
            found = prepare_fold(cohort, prepare_settings, OMICS, [], fold, mode)
            learned = found.prepared.gene_effect.table.columns
            assert len(learned) > len(found.genes) > 3
            assert learned.isin(fold.train_genes).all()
            assert found.genes.isin(fold.test_genes).all()
            assert list(found.gene_effect.table) == list(found.genes)


def test_a_line_that_is_learned_from_and_judged_is_learned_from(cohort, prepare_settings, folds):
    fold = folds(SplitMode.GENE)[0]
    found = prepare_fold(cohort, prepare_settings, OMICS, [], fold, SplitMode.GENE)
    assert parts(found.prepared) == {"train": list(fold.train), "validation": list(fold.validation)}
    assert list(found.lines) == list(fold.test) == list(found.prepared.splits.index)


def test_the_background_tells_nothing_of_what_is_judged(cohort, prepare_settings, folds):
    for mode in SplitMode:
        for fold in folds(mode):
            background = prepare_fold(
                cohort, prepare_settings, OMICS, [], fold, mode
            ).prepared.background
            table = background.table
            patients = cohort.cell_lines.obs["patient_id"]
            assert len(table) == len(background.patient_id) >= len(fold.train)
            if mode is not SplitMode.GENE:
                assert not set(background.patient_id) & set(patients[fold.test])
            if mode in (SplitMode.GENE, SplitMode.BOTH):
                assert not table.columns.isin(fold.test_genes).any()
            if mode is SplitMode.LINEAGE:
                lineages = cohort.cell_lines.obs.loc[table.index, "lineage"]
                assert fold.name not in set(lineages)
                assert "unknown" not in set(lineages)


def test_gene_sets_are_chosen_by_the_genes_that_are_learned_from(cohort, prepare_settings, folds):
    fold = folds(SplitMode.GENE)[0]
    unseen, seen = fold.test_genes[:3], fold.train_genes[:3]
    sets = {**cohort.gene_sets, "UNSEEN": tuple(unseen), "SEEN": tuple(seen)}
    with_more = replace(cohort, gene_sets=sets)
    kept = prepare_fold(
        with_more, prepare_settings, OMICS, [], fold, SplitMode.GENE
    ).prepared.gene_sets
    assert "SEEN" in kept
    assert "UNSEEN" not in kept


def test_a_gene_is_judged_when_training_lines_choose_it(cohort, prepare_settings, folds):
    fold = folds(SplitMode.PATIENT)[0]
    table = cohort.gene_effect.table.copy()
    needed, unneeded = fold.test_genes[:2]
    table[needed], table[unneeded] = -2.0, -2.0
    table.loc[fold.train[:15], needed] = 0.0
    table.loc[fold.test, unneeded] = 0.0
    changed = replace(cohort, gene_effect=replace(cohort.gene_effect, table=table))
    choosy = replace(prepare_settings, dependent_share=(0.05, 0.95))
    genes = prepare_fold(changed, choosy, OMICS, [], fold, SplitMode.PATIENT).genes
    assert needed in genes
    assert unneeded not in genes


def test_only_listed_genes_in_gene_sets_are_drawn_from(cohort, prepare_settings):
    in_sets = sorted(set().union(*cohort.gene_sets.values()) & set(cohort.gene_effect.table))
    listed = in_sets[:20]
    sets = foldable_gene_sets(cohort, prepare_settings, [*listed, "NOT_SCREENED"])
    assert set().union(*sets.values()) <= set(listed)
    assert all(len(set(genes)) >= prepare_settings.min_genes_per_set for genes in sets.values())


def test_a_fold_without_a_gene_to_judge_is_refused(cohort, prepare_settings, folds):
    fold = folds(SplitMode.GENE)[0]
    table = cohort.gene_effect.table.copy()
    table[fold.test_genes] = np.nan
    unscreened = replace(cohort, gene_effect=replace(cohort.gene_effect, table=table))
    with pytest.raises(DeepDEPError, match=r"fold 1: .* leave none of its .* genes to judge"):
        prepare_fold(unscreened, prepare_settings, OMICS, [], fold, SplitMode.GENE)
